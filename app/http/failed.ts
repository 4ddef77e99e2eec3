import { ERRORS, Failure } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
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
export const failed = (error: unknown, { log, challenges, retryAfterSeconds, errorInfoLink }: Telling, requestId: string | undefined): Answer => {
  const failure = error instanceof Failure ? error : new Failure("UNDEFINED", { cause: error });
  const [code] = ERRORS[failure.kind];
  if (code >= 500) log.error("The request failed", { request_id: requestId, error: failure.cause ?? failure });

  const { timestamp, kind, headers } = failure;
  return answer(code, errorJson(failure, kind === "UNDEFINED" ? errorInfoLink : undefined), {
    ...headers,
    ...(timestamp !== undefined && timeHeaders(timestamp)),
    ...(kind === "MISSING_AUTH_TOKEN" && challenges.length > 0 && { "WWW-Authenticate": challenges.join(", ") }),
    ...(kind === "BACKEND" && { "Retry-After": String(retryAfterSeconds) }),
  });
};
