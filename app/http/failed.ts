import { ERRORS, Failure } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { answer, timeHeaders } from "./answer.ts";

/** Seconds after which a client may come back to a store that could not answer. */
const RETRY_AFTER = "3";

/** A failure's body in the protocol's shape. Kinto tells which object is missing instead of a message. */
export const errorJson = ({ kind, message, details }: Failure): string => {
  const [code, errno, error] = ERRORS[kind];
  return JSON.stringify({
    code,
    errno,
    error,
    ...(code === 404 && details !== undefined ? { details } : { message, ...(details !== undefined && { details }) }),
  });
};

/** The answer to a request that failed: the caller's fault told in full, ours logged and told in general. */
export const failed = (
  error: unknown,
  { log, challenges, requestId }: { log: Log; challenges: readonly string[]; requestId: string | undefined },
): Response => {
  const failure = error instanceof Failure ? error : new Failure("UNDEFINED", { cause: error });
  const [code] = ERRORS[failure.kind];
  if (code >= 500) log.error("The request failed", { request_id: requestId, error: failure.cause ?? failure });

  const { timestamp, kind } = failure;
  return answer(code, errorJson(failure), {
    ...(timestamp !== undefined && timeHeaders(timestamp)),
    ...(kind === "MISSING_AUTH_TOKEN" && challenges.length > 0 && { "WWW-Authenticate": challenges.join(", ") }),
    ...(kind === "BACKEND" && { "Retry-After": RETRY_AFTER }),
  });
};
