import { invalid, type RequestIssue } from "../../core/errors.ts";
import { createLikeMatcher } from "../../core/lists/like.ts";
import type { Settings } from "../../core/settings.ts";
import type { HttpRequest } from "./request.ts";
import { addVary, type HttpResponse, httpResponse } from "./response.ts";

/** Response headers that pages of other origins may read. */
const EXPOSED_HEADERS =
  "Alert, Backoff, Cache-Control, Content-Length, Content-Type, ETag, Expires, Last-Modified, Next-Page, Pragma, Retry-After, Total-Objects, Total-Records, WWW-Authenticate";

/** Whether pages of other origins can be allowed at all. As in Kinto, no origins switch CORS off. */
export const hasCors = ({ corsOrigins }: Pick<Settings, "corsOrigins">): boolean => corsOrigins.length > 0;

/** Adds CORS headers to a response. If only some origins are allowed, caches must not mix up their responses. */
export const addCorsHeaders = (settings: Settings, request: HttpRequest, response: HttpResponse): HttpResponse => {
  const origin = allowedOrigin(settings, request);
  const headers = {
    ...response.headers,
    ...(request.method !== "OPTIONS" && { "Access-Control-Expose-Headers": EXPOSED_HEADERS }),
    ...(origin !== undefined && { "Access-Control-Allow-Origin": origin }),
  };
  const allowed = { ...response, headers };
  return settings.corsOrigins.includes("*") ? allowed : addVary(allowed, "Origin");
};

/** Returns `*` or the request's origin if it is allowed; `undefined` if it is not, or the request has none. */
const allowedOrigin = ({ corsOrigins }: Settings, { headers: { origin } }: HttpRequest): string | undefined => {
  if (origin === undefined) return undefined;
  if (corsOrigins.includes("*")) return "*";
  return corsOrigins.some(
    (allowed) => allowed === origin || (allowed.includes("*") && createLikeMatcher(allowed)(origin)),
  )
    ? origin
    : undefined;
};

/** Throws a 400 if the request's origin is not allowed. */
export const requireOrigin = (settings: Settings, request: HttpRequest): void => {
  const { origin } = request.headers;
  if (origin === undefined || allowedOrigin(settings, request) !== undefined) return;
  throw invalid({ location: "header", name: "Origin", description: `${origin} not allowed` });
};

/**
 * Responds to a browser's preflight request (https://fetch.spec.whatwg.org/#http-cors-protocol).
 * @param allowed the endpoint's methods
 */
export const preflight = (settings: Settings, request: HttpRequest, allowed: readonly string[]): HttpResponse => {
  requireOrigin(settings, request);
  const { headers } = request;
  const methods = [...allowed, "OPTIONS"];
  const method = headers["access-control-request-method"];
  const issues: RequestIssue[] = [];
  const add = (name: string, description: string) => issues.push({ location: "header", name, description });
  if (headers.origin === undefined) add("Origin", "this header is mandatory");
  if (method === undefined) add("Access-Control-Request-Method", "this header is mandatory");
  if (headers.origin !== undefined && method !== undefined && !methods.includes(method))
    add("Access-Control-Request-Method", "Method not allowed");
  const [first, ...others] = issues;
  if (first !== undefined) throw invalid(first, ...others);

  const requested = (headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim());
  const names = [...EXPOSED_HEADERS.split(", "), ...requested.filter((name) => /^[\w-]+$/.test(name))];
  return httpResponse(200, "null", {
    "Access-Control-Allow-Methods": methods.join(","),
    "Access-Control-Allow-Headers": [...new Set(names)].join(","),
    ...(settings.corsMaxAgeSeconds > 0 && { "Access-Control-Max-Age": String(settings.corsMaxAgeSeconds) }),
  });
};
