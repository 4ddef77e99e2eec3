import { ERRORS, Failure } from "../../core/errors.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Settings } from "../../core/settings.ts";
import { spreadSeconds } from "../../lib/util/backoff.ts";
import { JSON_TYPE } from "./request.ts";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text unless the Content-Type header is another; `null` for no body. */
  readonly body: string | null;
  /** A body that is not text; {@link body} is `null` then. */
  readonly bytes?: Uint8Array;
  /** The body in the encoding of the `Content-Encoding` header. */
  readonly compressed?: Buffer;
}

/** Whether the body, if there is one, is JSON. */
export const isJson = ({ headers }: Pick<HttpResponse, "headers">): boolean =>
  (headers["Content-Type"] ?? JSON_TYPE).split(";", 1)[0]?.trim().toLowerCase() === JSON_TYPE;

/** The value of a header. @param name in lower case */
export const headerValue = ({ headers }: HttpResponse, name: string): string | undefined => {
  const own = findHeader(headers, name);
  return own === undefined ? undefined : headers[own];
};

const findHeader = (headers: HttpResponse["headers"], name: string): string | undefined =>
  Object.keys(headers).find((key) => key.toLowerCase() === name);

/** Tells caches that the response depends on a header of the request (RFC 9110, section 12.5.5). */
export const addVary = (response: HttpResponse, name: string): HttpResponse => {
  const own = findHeader(response.headers, "vary") ?? "Vary";
  const value = response.headers[own];
  if (value?.split(", ").includes(name)) return response;
  return { ...response, headers: { ...response.headers, [own]: value === undefined ? name : `${value}, ${name}` } };
};

/** Headers of every response, as Kinto sends them. */
const SECURITY_HEADERS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none';",
  "X-Content-Type-Options": "nosniff",
} as const;

/** Creates a response. @param body JSON text, or `null` for no body */
export const httpResponse = (
  status: number,
  body: string | null,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { ...SECURITY_HEADERS, ...(body !== null && { "Content-Type": JSON_TYPE }), ...headers },
  body,
});

/** `ETag` and `Last-Modified`. @param timestamp in ms */
export const timestampHeaders = (timestamp: number) => ({
  ETag: `"${timestamp}"`,
  "Last-Modified": new Date(timestamp).toUTCString(),
});

/** The number of objects in a list, unless it is not known; `Total-Records` is Kinto's older name. */
export const totalCountHeaders = (total: number | undefined): Readonly<Record<string, string>> =>
  total === undefined ? {} : { "Total-Objects": String(total), "Total-Records": String(total) };

export const NO_CACHE_HEADERS = { "Cache-Control": "no-cache, no-store" } as const;

/** Headers that let any cache keep the response. @param now epoch ms */
export const cacheHeaders = (seconds: number, now: number) =>
  seconds === 0
    ? {
        "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store",
        Expires: new Date(now).toUTCString(),
        Pragma: "no-cache",
      }
    : { "Cache-Control": `max-age=${seconds}`, Expires: new Date(now + seconds * 1000).toUTCString() };

export interface ErrorResponseOptions {
  readonly log: Log;
  /** The values of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** The least `Retry-After` of a 503. */
  readonly retryAfterSeconds: number;
  /** The `info` of a 500: a link for clients. */
  readonly errorInfoLink: string | undefined;
}

export const errorResponseOptions = (
  { retryAfterSeconds, errorInfoLink }: Settings,
  log: Log,
  challenges: readonly string[],
): ErrorResponseOptions => ({ log, challenges, retryAfterSeconds, errorInfoLink });

/** Formats an error body as Kinto does: a 404 has the missing object in `details` instead of a `message`. */
const formatError = ({ kind, message, details }: Failure, info?: string): string => {
  const [code, errno, error] = ERRORS[kind];
  return JSON.stringify({
    code,
    errno,
    error,
    ...(code === 404 && details !== undefined ? { details } : { message, ...(details !== undefined && { details }) }),
    ...(info !== undefined && { info }),
  });
};

/**
 * Converts an error to a response. Server errors are logged, and their cause is not sent.
 * @param requestId for the log
 */
export const errorResponse = (
  error: unknown,
  options: ErrorResponseOptions,
  requestId: string | undefined,
): HttpResponse => {
  const failure = toFailure(error);
  if (isServerError(failure))
    options.log.error("The request failed", { request_id: requestId, error: failure.cause ?? failure });
  return failureResponse(failure, options);
};

/** Like {@link errorResponse}, for an error of a plugin. @param part for the log, such as `The route 'GET /a' of …` */
export const pluginErrorResponse = (part: string, error: unknown, options: ErrorResponseOptions): HttpResponse => {
  const failure = toFailure(error);
  if (isServerError(failure)) options.log.error(`${part} failed`, { error: failure.cause ?? failure });
  return failureResponse(failure, options);
};

/** Whether the client is not to blame. */
export const isServerError = ({ kind }: Failure): boolean => ERRORS[kind][0] >= 500 && kind !== "INSUFFICIENT_STORAGE";

const toFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure("UNDEFINED", { cause: error });

const failureResponse = (
  failure: Failure,
  { challenges, retryAfterSeconds, errorInfoLink }: ErrorResponseOptions,
): HttpResponse => {
  const { timestamp, kind, headers } = failure;
  return httpResponse(ERRORS[kind][0], formatError(failure, kind === "UNDEFINED" ? errorInfoLink : undefined), {
    ...(kind === "MISSING_AUTH_TOKEN" && challenges.length > 0 && { "WWW-Authenticate": challenges.join(", ") }),
    ...headers,
    ...(timestamp !== undefined && timestampHeaders(timestamp)),
    ...(kind === "BACKEND" && { "Retry-After": String(spreadSeconds(retryAfterSeconds)) }),
  });
};
