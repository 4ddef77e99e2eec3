/** What is answered to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, unless its Content-Type says something else; `null` for none. */
  readonly body: string | null;
}

export const JSON_TYPE = "application/json";

/** Whether the body, if there is one, is JSON. */
export const isJson = ({ headers }: Pick<Answer, "headers">): boolean =>
  (headers["Content-Type"] ?? JSON_TYPE).split(";", 1)[0]?.trim().toLowerCase() === JSON_TYPE;

/** Every answer's headers, as Kinto sends them. */
const ALWAYS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none';",
  "X-Content-Type-Options": "nosniff",
} as const;

/** Answers with JSON text, or with no body at all. */
export const answer = (
  status: number,
  body: string | null,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { ...ALWAYS, ...(body !== null && { "Content-Type": JSON_TYPE }), ...headers },
  body,
});

/** `ETag` and `Last-Modified` of a state. @param ms its last_modified */
export const timeHeaders = (ms: number) => ({ ETag: `"${ms}"`, "Last-Modified": new Date(ms).toUTCString() });

/** How many there are; `Total-Records` is the older name. */
export const totalHeaders = (total: number) => ({ "Total-Objects": String(total), "Total-Records": String(total) });

/** For answers to readers: to be asked for anew each time. */
export const NOT_CACHED = { "Cache-Control": "no-cache, no-store" } as const;

/** For answers that anybody may keep for a while. */
export const cachedFor = (seconds: number, now: number) =>
  seconds === 0
    ? {
        "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store",
        Expires: new Date(now).toUTCString(),
        Pragma: "no-cache",
      }
    : { "Cache-Control": `max-age=${seconds}`, Expires: new Date(now + seconds * 1000).toUTCString() };
