import { UserError } from "../config/user-error.ts";

/**
 * Milliseconds that a command may take to end after a signal: less than the 10 s that containers get, more than a
 * worker needs.
 */
const SHUTDOWN_TIMEOUT_MS = 9000;

/** Runs a command that goes on until it is stopped, then ends the process. SIGTERM is a normal end (exit code 0). */
export const runUntilStopped = (run: (signal: AbortSignal) => Promise<void>): Promise<never> => runProcess(run, 0);

/**
 * Runs a command to its end, then ends the process: with 0 or `process.exitCode` on success, 130 after Ctrl-C, 143 after SIGTERM. A second
 * signal ends it at once.
 * Rejects with a {@link UserError} when the command fails.
 */
export const runUntilDone = (run: (signal: AbortSignal) => Promise<void>): Promise<never> => runProcess(run, 143);

const runProcess = async (run: (signal: AbortSignal) => Promise<void>, sigtermCode: number): Promise<never> => {
  const stopping = new AbortController();
  // Keeps the process alive while nothing but a signal is pending.
  setInterval(() => undefined, SHUTDOWN_TIMEOUT_MS);
  let code = 0;
  for (const [signal, exitCode] of Object.entries({ SIGINT: 130, SIGTERM: sigtermCode, SIGHUP: 129 })) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      code = exitCode;
      stopping.abort(new Error(`Stopped by ${signal}`));
      setTimeout(() => process.exit(exitCode), SHUTDOWN_TIMEOUT_MS).unref();
    });
  }
  // The reader of a pipe may close it early: `kintoun events tail | head`.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
  try {
    await run(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw toUserError(error);
  }
  process.exit(code === 0 ? process.exitCode : code);
};

type Advice = readonly (readonly [pattern: RegExp, advice: string])[];

/** Advice that replaces the SDK's message. */
const REPLACEMENTS: Advice = [
  [/region is missing/i, "No AWS region is set. Set AWS_REGION, for example eu-central-1."],
  [/could not load credentials/i, "No AWS credentials are set. Log in (aws sso login) or set AWS_PROFILE."],
];

/** Advice that follows a service's message. */
const HINTS: Advice = [
  [
    /ExpiredToken|RequestExpired|(?:token|session)\b.{0,80}\bexpired/i,
    "The AWS credentials have expired. Log in again (aws sso login).",
  ],
  [
    /CredentialsProvider|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch/,
    "The AWS credentials are not valid. Log in (aws sso login) or set AWS_PROFILE.",
  ],
  [
    /AccessDenied|AuthorizationError|is not authorized to/,
    "Grant this permission to your role, or choose another role with AWS_PROFILE.",
  ],
  [
    /Stack with id \S+ does not exist/,
    "Check the region and the account: AWS_REGION and AWS_PROFILE determine where the stack is looked up.",
  ],
  [/NonExistentQueue|QueueDoesNotExist/, "The queue does not exist. Deploy the stack or start the store again."],
  [
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|TimeoutError/,
    "Check that the service is running and reachable from this machine.",
  ],
];

const adviceFor = (message: string, advice: Advice): readonly string[] =>
  advice.filter(([pattern]) => pattern.test(message)).map(([, text]) => text);

/** Converts a failure to what an operator should read: the message and what to do about it. */
export const toUserError = (error: unknown): UserError => {
  if (error instanceof UserError) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return toUserError(error.errors[0]);
  if (!(error instanceof Error)) return new UserError([String(error)]);
  // Errors for clients hide the reason in their cause; operators need it.
  if (error.cause instanceof Error) return toUserError(error.cause);
  const message = `${error.name === "Error" ? "" : `${error.name}: `}${error.message || "no further details"}`;
  const [replacement] = adviceFor(message, REPLACEMENTS);
  return new UserError(replacement === undefined ? [message, ...adviceFor(message, HINTS).slice(0, 1)] : [replacement]);
};
