import { ERRORS, Failure } from "../../core/errors.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Settings } from "../../core/settings.ts";
import { type Answer, answer, timeHeaders } from "./answer.ts";

/** How failures are told. */
export interface Telling {
  readonly log: Log;
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** Seconds after which a client may come back to a store that could not answer. */
  readonly retryAfterSeconds: number;
  /** Where to read or ask about a fault of ours. */
  readonly errorInfoLink: string | undefined;
}

/** How a function tells them. @param challenges the values of `WWW-Authenticate` */
export const tellingOf = (
  { retryAfterSeconds, errorInfoLink }: Settings,
  log: Log,
  challenges: readonly string[],
): Telling => ({
  log,
  challenges,
  retryAfterSeconds,
  errorInfoLink,
});

/** A failure's body in the protocol's shape. Kinto tells which object is missing instead of a message. @param info a link */
export const errorJson = ({ kind, message, details }: Failure, info?: string): string => {
  const [code, errno, error] = ERRORS[kind];
  return JSON.stringify({
    code,
    errno,
    error,
    ...(code === 404 && details !== undefined ? { details } : { message, ...(details !== undefined && { details }) }),
    ...(info !== undefined && { info }),
  });
};

/** The answer to a request that failed: the caller's fault told in full, ours logged and told in general. */
export const failed = (error: unknown, telling: Telling, requestId: string | undefined): Answer => {
  const failure = failureOf(error);
  if (isOurs(failure))
    telling.log.error("The request failed", { request_id: requestId, error: failure.cause ?? failure });
  return told(failure, telling);
};

/** As {@link failed}, of what a plugin was asked for. @param what the part that failed, for the log, such as `The route 'GET /hello' of the plugin 'hello'` */
export const pluginFailed = (what: string, error: unknown, telling: Telling): Answer => {
  const failure = failureOf(error);
  if (isOurs(failure)) telling.log.error(`${what} failed`, { error: failure.cause ?? failure });
  return told(failure, telling);
};

const failureOf = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure("UNDEFINED", { cause: error });

/** Whether a failure is none of the caller's faults. */
export const isOurs = ({ kind }: Failure): boolean => ERRORS[kind][0] >= 500;

const told = (failure: Failure, { challenges, retryAfterSeconds, errorInfoLink }: Telling): Answer => {
  const { timestamp, kind, headers } = failure;
  return answer(ERRORS[kind][0], errorJson(failure, kind === "UNDEFINED" ? errorInfoLink : undefined), {
    ...headers,
    ...(timestamp !== undefined && timeHeaders(timestamp)),
    ...(kind === "MISSING_AUTH_TOKEN" && challenges.length > 0 && { "WWW-Authenticate": challenges.join(", ") }),
    ...(kind === "BACKEND" && { "Retry-After": String(retryAfterSeconds) }),
  });
};
