import { type JsonObject, type RouteRequest, type RouteResponse, refuse } from "@kintoun/kit";
import type { Options } from "./options.ts";

const DAY_MS = 86_400_000;
const HOUR_SECONDS = 3600;

/** The path of the list of changes. */
export const CHANGES_PATH = "/buckets/monitor/collections/changes";

/** The timestamp of the list of changes: that of its newest entry. */
export const newestOf = (entries: readonly JsonObject[], now: number): number =>
  entries.length === 0 ? now : Math.max(...entries.map(({ last_modified: time }) => Number(time)));

/** `ETag`, `Last-Modified` and how long a response may be cached. */
export const listHeaders = ({ query }: RouteRequest, timestamp: number, options: Options): Record<string, string> => ({
  ETag: `"${timestamp}"`,
  "Last-Modified": new Date(timestamp).toUTCString(),
  ...cacheHeaders(query, options),
});

/** With `_expected`, another version has another URL, so that it may be cached longer. */
export const cacheHeaders = (
  query: string,
  { cacheSeconds, cacheExpectedSeconds }: Partial<Options>,
): Record<string, string> => {
  const isExpected = new URLSearchParams(query).has("_expected");
  const seconds = (isExpected ? cacheExpectedSeconds : undefined) ?? cacheSeconds;
  return { "Cache-Control": seconds === undefined ? "no-cache, no-store" : `max-age=${seconds}` };
};

/** Compares the timestamp with what the client has: a 304, a 412, or nothing. */
export const checkPreconditions = (
  { headers }: RouteRequest,
  timestamp: number,
  responseHeaders: Record<string, string>,
): RouteResponse | undefined => {
  const known = readTag("If-None-Match", headers["if-none-match"]);
  if (known !== undefined && known >= timestamp) return { status: 304, headers: responseHeaders, body: null };
  const required = readTag("If-Match", headers["if-match"]);
  if (required !== undefined && required !== timestamp)
    throw refuse(412, "The list of changes was modified meanwhile.");
  return undefined;
};

const readTag = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined || value.trim() === "*") return undefined;
  const [, digits] = /^(?:W\/)?"(\d{1,16})"$/.exec(value.trim()) ?? [];
  if (digits === undefined) throw refuse(400, `${name} in header: The value should be integer between double quotes.`);
  return Number(digits);
};

/**
 * Redirects a request with an old `_since` to the whole list. So there are fewer different URLs, and caches help more.
 */
export const redirectOldSince = (
  { path, query }: RouteRequest,
  { maxSinceDays }: Options,
  now: number,
): RouteResponse | undefined => {
  const params = new URLSearchParams(query);
  const [, digits] = /^"?(\d{1,16})"?$/.exec(params.get("_since") ?? "") ?? [];
  if (maxSinceDays === 0 || digits === undefined || Number(digits) >= now - maxSinceDays * DAY_MS) return undefined;
  params.delete("_since");
  const rest = params.toString();
  return {
    status: 307,
    headers: {
      Location: `/v1${path}${rest === "" ? "" : `?${rest}`}`,
      "Cache-Control": `max-age=${24 * HOUR_SECONDS}`,
    },
    body: null,
  };
};
