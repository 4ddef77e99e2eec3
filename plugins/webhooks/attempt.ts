import { createHmac } from "node:crypto";
import { type HttpClient, HttpRequestError } from "@kintoun/kit";
import type { Attempt } from "./delivery.ts";
import type { Hook } from "./hooks.ts";
import type { Message } from "./messages.ts";

/** Maximum delay before a retry, whatever `Retry-After` says. */
export const MAX_RETRY_DELAY_SECONDS = 3600;

/** `failed`: the URL is not allowed. `gone`: the receiver responded with 410. `retry`: another attempt may succeed. */
type Outcome = "delivered" | "failed" | "gone" | "retry";

export interface AttemptResult extends Attempt {
  readonly outcome: Outcome;
  /** Seconds of the response's `Retry-After`; 0 without one. */
  readonly retryAfter: number;
}

/** Posts a message once, signed with each secret. The status decides as soon as the response's headers have arrived. */
export const attemptDelivery = async (
  http: HttpClient,
  { url }: Hook,
  { id, body }: Pick<Message, "id" | "body">,
  {
    secrets,
    now,
    signal,
    timeoutMs,
  }: {
    readonly secrets: readonly Buffer[];
    readonly now: () => number;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
  },
): Promise<AttemptResult> => {
  const at = now();
  const timestamp = Math.floor(at / 1000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": secrets.map((secret) => sign(secret, `${id}.${timestamp}.${body}`)).join(" "),
  };
  const started = performance.now();
  const createResult = (
    found: Pick<AttemptResult, "outcome" | "status" | "error"> & { retryAfter?: number },
  ): AttemptResult => ({
    retryAfter: 0,
    ...found,
    at,
    ms: Math.round(performance.now() - started),
  });
  try {
    const response = await http.request({
      method: "POST",
      url,
      headers,
      body,
      timeout: timeoutMs,
      signal,
      discardBody: true,
    });
    const outcome = outcomeOfStatus(response.status);
    return createResult({
      outcome,
      status: response.status,
      error: outcome === "delivered" ? null : `The receiver responded with ${response.status}.`,
      retryAfter: parseRetryAfter(response.headers["retry-after"], at),
    });
  } catch (error) {
    if (!(error instanceof HttpRequestError)) throw error;
    return createResult({
      outcome: error.reason === "refused" ? "failed" : "retry",
      status: null,
      error: error.message,
    });
  }
};

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-signatures */
const sign = (secret: Buffer, signed: string): string =>
  `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`;

/** As the specification says, every status but 2xx and 410 is retried: a receiver that is deployed may respond with 404. */
const outcomeOfStatus = (status: number): Outcome => {
  if (status >= 200 && status < 300) return "delivered";
  return status === 410 ? "gone" : "retry";
};

/** The seconds of a `Retry-After` header, which holds seconds or a date. @param now milliseconds since 1970 */
const parseRetryAfter = (header: string | undefined, now: number): number => {
  if (header === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(seconds, 0), MAX_RETRY_DELAY_SECONDS);
};
