import type { HttpClient } from "@kintoun/kit";
import { ProviderUnavailableError, RETRY_SECONDS } from "./errors.ts";

/** Longest time of a request to a provider. Users wait for it. */
const TIMEOUT_MS = 5000;

/** What libraries and the plugin send to a provider. */
interface ProviderRequest {
  readonly method: string;
  readonly headers: Headers | Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type ProviderFetch = (url: string, request: ProviderRequest) => Promise<Response>;

/**
 * Creates the function that sends all requests to one provider. After a failure it is not asked again for some seconds, so
 * that neither users wait for it one by one, nor a provider in trouble gets more requests.
 * @throws ProviderUnavailableError when there is no response, or one with a server error or 429
 */
export const createProviderFetch = (http: HttpClient, now: () => number): ProviderFetch => {
  let failedUntil = 0;
  const fail = (message: string, cause?: unknown): ProviderUnavailableError => {
    failedUntil = now() + RETRY_SECONDS * 1000;
    return new ProviderUnavailableError(message, { cause });
  };

  return async (url, { method, headers, body }) => {
    if (now() < failedUntil) throw new ProviderUnavailableError("The provider failed a few seconds ago.");
    if (method !== "GET" && method !== "POST") throw new TypeError(`A provider got a request with ${method}`);
    const { status, ...response } = await http
      .request({
        method,
        url,
        headers: Object.fromEntries(new Headers(headers)),
        ...(body !== undefined && body !== null && { body: String(body) }),
        timeout: TIMEOUT_MS,
      })
      .catch((error: unknown) => {
        throw fail(`No response of ${new URL(url).origin}`, error);
      });
    if (status >= 500 || status === 429) throw fail(`${new URL(url).origin} responded with ${status}`);
    return new Response(Buffer.from(response.body), { status, headers: response.headers });
  };
};
