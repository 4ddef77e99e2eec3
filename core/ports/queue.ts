/** The port to the listeners' queues. */
export interface Queue {
  /**
   * Sends messages in as few calls as possible and keeps the order within each group.
   * @returns the messages that the queues did not accept
   */
  send(messages: readonly QueueMessage[]): Promise<readonly QueueRejection[]>;
  /** Sets the visibility timeout of a received message. */
  postpone(queue: string, receipt: string, seconds: number): Promise<void>;
  /** Rejects unless all queues exist. */
  ping(names: readonly string[]): Promise<void>;
}

export interface QueueMessage {
  /** The name of the queue, which is the listener's. */
  readonly queue: string;
  readonly body: string;
  /** Seconds until delivery, at most 900; default: the queue's own delay. A FIFO queue delays all messages equally. */
  readonly delaySeconds?: number;
  /** Message group: a FIFO queue delivers the messages of a group in order. */
  readonly group?: string;
  /** Deduplication id: a FIFO queue accepts an id only once in five minutes. */
  readonly id?: string;
  /** Non-empty text attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The id of the request that caused the message, for the log. */
  readonly request?: string | undefined;
  /** The X-Ray trace header. */
  readonly trace?: string | undefined;
}

/** A message that a queue did not accept. */
export interface QueueRejection {
  /** Index in the sent messages. */
  readonly index: number;
  /** Whether a retry is useless: the queue does not exist, or does not permit the sender. */
  readonly permanent: boolean;
  /** What is wrong, for the log. */
  readonly reason: string;
}

/** Returns the name of a queue's dead-letter queue. */
export const toDeadLetterQueue = (name: string): string => `${name}-dead`;

/** The queue of stream records that `dispatch` could not process, and of messages that their queue refuses. */
export const DISPATCH_FAILURES_QUEUE = "dispatch-failures";
