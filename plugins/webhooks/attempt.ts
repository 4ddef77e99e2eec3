import { createHmac } from "node:crypto";
import { type HttpClient, HttpRequestError } from "@kintoun/kit";
import type { Attempt } from "./delivery-log.ts";
import type { Hook, Message } from "./hook.ts";

/** How long a receiver may take, in ms. */
const TIMEOUT = 10_000;
/** The longest that a message waits until it is tried again, whoever wants it to, in seconds. */
export const LONGEST_WAIT = 3600;

/** `gone`: it wants to hear no more; `later`: it may be tried again. */
export type Fate = "delivered" | "failed" | "gone" | "later";

export interface Attempted extends Attempt {
  readonly fate: Fate;
  /** Seconds for which it asks to be left alone. */
  readonly wait: number;
}

/** Posts a message once, signed by each secret. */
export const attempt = async (
  http: HttpClient,
  { url }: Hook,
  { id, body }: Pick<Message, "id" | "body">,
  {
    secrets,
    now,
    signal,
  }: { readonly secrets: readonly Buffer[]; readonly now: () => number; readonly signal: AbortSignal },
): Promise<Attempted> => {
  const at = now();
  const timestamp = Math.floor(at / 1000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": secrets.map((secret) => signatureOf(secret, `${id}.${timestamp}.${body}`)).join(" "),
  };
  const begun = performance.now();
  const told = (found: Pick<Attempted, "fate" | "status" | "error"> & { wait?: number }): Attempted => ({
    wait: 0,
    ...found,
    at,
    ms: Math.round(performance.now() - begun),
  });
  try {
    const { status, headers: answered } = await http.request({
      method: "POST",
      url,
      headers,
      body,
      timeout: TIMEOUT,
      signal,
    });
    const fate = fateOf(status);
    return told({
      fate,
      status,
      error: fate === "delivered" ? null : `It answered ${status}.`,
      wait: waitIn(answered["retry-after"], at),
    });
  } catch (error) {
    if (!(error instanceof HttpRequestError)) throw error;
    return told({ fate: error.reason === "refused" ? "failed" : "later", status: null, error: error.message });
  }
};

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-signatures */
const signatureOf = (secret: Buffer, signed: string): string =>
  `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`;

const fateOf = (status: number): Fate => {
  if (status >= 200 && status < 300) return "delivered";
  if (status === 410) return "gone";
  return status === 408 || status === 429 || status >= 500 ? "later" : "failed";
};

/** Seconds that `Retry-After` asks for, given as such or as a date. */
const waitIn = (header: string | undefined, now: number): number => {
  if (header === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(seconds, 0), LONGEST_WAIT);
};
