import type { RequestOptions, TestResponse } from "../../testing/client.ts";
import type { WebhookSink } from "../../testing/webhook-sink.ts";
import type { RehearsedStore } from "../rehearse-store.ts";

/** What checks share. */
interface CheckContext {
  readonly store: RehearsedStore;
  /** Receives webhooks. */
  readonly sink: WebhookSink;
  /** Credentials of an account. */
  readonly as: (account: string) => RequestOptions;
}

/** A check of the running store. It rejects when the store does something else. */
export interface Check {
  /** Such as `objects › are created, read and changed`. */
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<void>;
  /** A capability of the store that it needs; a store without it is not checked. */
  readonly needs?: string;
}

export const ANONYMOUS: RequestOptions = { as: null };
export const BUCKET = "/buckets/rehearsal";

/** Throws unless a response has the expected status. */
export const requireStatus = (response: TestResponse, ...expected: readonly number[]): TestResponse => {
  if (expected.includes(response.status)) return response;
  const { pathname } = new URL(response.url);
  const text = JSON.stringify(response.body)?.slice(0, 300);
  throw new Error(`${pathname} answered ${response.status} instead of ${expected.join(" or ")}: ${text}`);
};

/** Throws unless two values are equal as JSON. */
export const requireEqual = (what: string, actual: unknown, expected: unknown): void => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a?.slice(0, 300)} instead of ${b?.slice(0, 300)}`);
};

/** Waits until something is true. Rejects after 20 seconds. */
export const waitFor = async (what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  const until = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > until) throw new Error(`${what} did not happen within 20 seconds`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
