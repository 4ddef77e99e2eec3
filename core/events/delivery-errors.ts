/**
 * Longest delay of a retry, in seconds. SQS keeps a message invisible for at most 12 hours after it was received. The
 * time that its batch may have waited and run is subtracted.
 */
export const MAX_RETRY_DELAY_SECONDS = 12 * 3600 - 300 - 900;

/**
 * Thrown by a listener, an inbound part or a publisher to choose the delay before the next attempt. The attempt is not
 * logged as a failure, but it counts: after the last one the message moves to the dead-letter queue.
 * @example
 * throw new RetryAfterError(60, "The service is rate limited.");
 */
export class RetryAfterError extends Error {
  override readonly name = "RetryAfterError";
  /** Whole seconds. */
  readonly seconds: number;

  /**
   * @param seconds the shortest delay before the next attempt, 0 to 42,000; rounded up to whole seconds
   * @param reason logged, and kept with the message if it is dead-lettered
   * @throws RangeError when `seconds` is out of range
   */
  constructor(seconds: number, reason: string) {
    super(reason);
    if (!(seconds >= 0 && seconds <= MAX_RETRY_DELAY_SECONDS))
      throw new RangeError(`The delay of a retry must be 0 to ${MAX_RETRY_DELAY_SECONDS} seconds, not ${seconds}`);
    this.seconds = Math.ceil(seconds);
  }
}

/**
 * A failure that no retry can fix. The message moves to the dead-letter queue at once. Any error whose property
 * `permanent` is `true` is treated alike.
 * @example
 * throw new PermanentError("The account does not exist.");
 */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly permanent = true;
}

/** Whether a retry would fail in the same way: true for errors with `permanent: true`. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof Error && "permanent" in error && error.permanent === true;

/**
 * The handler did not run, because of `cause`: it is unknown whether the message was handled before. The message is
 * received again.
 */
export class NotAttemptedError extends Error {
  override readonly name = "NotAttemptedError";
}

/** An attempt that failed with `cause`. A message may be received more often than it is attempted. */
export class FailedAttemptError extends Error {
  override readonly name = "FailedAttemptError";
  /** 1 for the first attempt. */
  readonly attempt: number;

  constructor(cause: unknown, attempt: number) {
    super(`Attempt ${attempt} failed`, { cause });
    this.attempt = attempt;
  }
}

/**
 * Several workers ended while they handled this message. The message may be the cause, so it is not attempted again.
 */
export class PoisonMessageError extends Error {
  override readonly name = "PoisonMessageError";
}

/** Work that did not end within its time limit. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}
