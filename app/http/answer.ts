/** Every answer's headers, as Kinto sends them. */
const ALWAYS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none';",
  "X-Content-Type-Options": "nosniff",
  "Access-Control-Expose-Headers":
    "Alert, Backoff, Cache-Control, Content-Length, Content-Type, ETag, Expires, Last-Modified, Next-Page, Pragma, Retry-After, Total-Objects, Total-Records",
} as const;

/** Answers with JSON text, or with no body at all. */
export const answer = (status: number, json: string | null, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(json, { status, headers: { ...ALWAYS, ...(json !== null && { "Content-Type": "application/json" }), ...headers } });

/** `ETag` and `Last-Modified` of a state. @param ms its last_modified */
export const timeHeaders = (ms: number) => ({ ETag: `"${ms}"`, "Last-Modified": new Date(ms).toUTCString() });

/** For answers to readers: to be asked for anew each time. */
export const NOT_CACHED = { "Cache-Control": "no-cache, no-store" } as const;
