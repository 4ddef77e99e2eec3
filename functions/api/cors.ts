import { type Flaw, invalid } from "../../core/errors.ts";
import { like } from "../../core/lists/like.ts";
import type { Settings } from "../../core/settings.ts";
import { type Answer, answer } from "../http/answer.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import type { Endpoint } from "./call.ts";

/** Headers of answers that pages of other origins may read. */
export const EXPOSED =
  "Alert, Backoff, Cache-Control, Content-Length, Content-Type, ETag, Expires, Last-Modified, Next-Page, Pragma, Retry-After, Total-Objects, Total-Records";

/** Whose pages may read the answer: everybody's, or those of the origin that asks; `undefined` when it may not, or is none. */
export const allowedOrigin = ({ corsOrigins }: Settings, { headers: { origin } }: HttpRequest): string | undefined => {
  if (origin === undefined) return undefined;
  if (corsOrigins.includes("*")) return "*";
  return corsOrigins.some((allowed) => allowed === origin || (allowed.includes("*") && like(allowed)(origin)))
    ? origin
    : undefined;
};

/** Refuses (400) requests of pages of origins that are not allowed. */
export const requireOrigin = ({ settings }: Api, request: HttpRequest): void => {
  const { origin } = request.headers;
  if (origin === undefined || allowedOrigin(settings, request) !== undefined) return;
  throw invalid({ location: "header", name: "Origin", description: `${origin} not allowed` });
};

/** What can be asked of a store that is only read. */
export const isReading = (method: string): boolean => ["GET", "HEAD", "OPTIONS"].includes(method);

/** Answers what a browser asks before it sends a page's request (https://fetch.spec.whatwg.org/#http-cors-protocol). */
export const preflight = (api: Api, request: HttpRequest, endpoint: Endpoint): Answer => {
  requireOrigin(api, request);
  const { settings } = api;
  const { headers } = request;
  const methods = [...Object.keys(endpoint).filter((method) => !settings.readonly || isReading(method)), "OPTIONS"];
  const method = headers["access-control-request-method"];
  const flaws: Flaw[] = [];
  const add = (name: string, description: string) => flaws.push({ location: "header", name, description });
  if (headers.origin === undefined) add("Origin", "this header is mandatory");
  if (method === undefined) add("Access-Control-Request-Method", "this header is mandatory");
  if (headers.origin !== undefined && method !== undefined && !methods.includes(method))
    add("Access-Control-Request-Method", "Method not allowed");
  const [first, ...others] = flaws;
  if (first !== undefined) throw invalid(first, ...others);

  const wanted = (headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim());
  const names = [...EXPOSED.split(", "), ...wanted.filter((name) => /^[\w-]+$/.test(name))];
  return answer(200, "null", {
    "Access-Control-Allow-Methods": methods.join(","),
    "Access-Control-Allow-Headers": [...new Set(names)].join(","),
    ...(settings.corsMaxAgeSeconds > 0 && { "Access-Control-Max-Age": String(settings.corsMaxAgeSeconds) }),
  });
};
