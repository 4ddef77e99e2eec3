import { UserError } from "../../../config/user-error.ts";
import { truncateText } from "../../../lib/util/truncate-text.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_WAIT_SECONDS = 60;
/** Errors of networks that pass. Others, such as an unknown host or a wrong certificate, stay. */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/**
 * Sends a request, and again with the same method where redirects lead. Throws a {@link UserError} for one that is not allowed.
 *
 * @param toHeaders headers for a URL
 */
export const followRedirects = async (
  target: URL,
  init: RequestInit,
  toHeaders: (url: URL) => Readonly<Record<string, string>>,
  isAllowed: (url: URL) => boolean,
): Promise<Response> => {
  let url = target;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { ...toHeaders(url), ...(init.headers as Readonly<Record<string, string>> | undefined) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    const location = REDIRECTS.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next === null || !isAllowed(next))
      throw new UserError([
        `${url.href} redirects to another server, ${truncateText(location, 200)}. If that is Kinto, give its URL instead.`,
      ]);
    url = next;
  }
  throw new UserError([
    `${target.href} redirects more than ${MAX_REDIRECTS} times. Check the URL, which ends with a version, such as /v1.`,
  ]);
};

/** Describes why a request failed, and whether another one may succeed. */
export const describeError = (error: unknown): { readonly reason: string; readonly isTransient: boolean } => {
  if (!(error instanceof Error)) return { reason: String(error), isTransient: false };
  if (error.name === "TimeoutError") return { reason: "it takes too long", isTransient: true };
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? cause.code : undefined;
  return { reason: cause.message || String(code), isTransient: TRANSIENT_CODES.has(code) };
};

/** Reads a header that has a number of seconds or a date. */
export const readSeconds = (headers: Headers, name: string): number | undefined => {
  const value = headers.get(name);
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.min(seconds, MAX_WAIT_SECONDS));
};

/** Reads a body as text. Throws a {@link UserError} for a larger one. */
export const readText = async (response: Response, target: string, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new UserError([`The response of ${target} is larger than ${maxBytes} bytes. Is it a Kinto server?`]);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};
