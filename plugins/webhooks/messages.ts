import { createHash } from "node:crypto";
import type { ChangeEvent, JsonObject } from "@kintoun/kit";
import type { Hook } from "./hooks.ts";

/** What is posted to a hook. */
export interface Message {
  /** Unique within the hook, equal for all attempts, sorted by time. */
  readonly id: string;
  /** For example `record.create`. */
  readonly type: string;
  /** The changed object; `null` for messages that are not about an object. */
  readonly uri: string | null;
  /** JSON. */
  readonly body: string;
}

/** The id of a message about a subject. @param timestamp milliseconds since 1970 */
const createMessageId = ({ owner, id }: Hook, subject: string, timestamp: number): string => {
  const digest = createHash("sha256")
    .update(JSON.stringify([owner, id, subject]))
    .digest("hex");
  return `${String(timestamp).padStart(15, "0")}-${digest.slice(0, 24)}`;
};

export const isMessageId = (id: string): boolean => /^\d{15}-[0-9a-f]{24}$/.test(id);

/**
 * A body of the Standard Webhooks specification:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const formatBody = (type: string, timestamp: number, data: JsonObject): string =>
  JSON.stringify({ type, timestamp: new Date(timestamp).toISOString(), data });

/** The message about a change. Its `data` is a superset of Kinto's notification payload. */
export const createEventMessage = (hook: Hook, event: ChangeEvent): Message => {
  // These fields are internal to the store.
  const {
    new: after,
    old,
    parent_generation: _,
    own_generation: __,
    cause: ___,
    trace: ____,
    request_id: _____,
    ...published
  } = event;
  const type = `${event.resource_name}.${event.action}`;
  const data = {
    event: published as unknown as JsonObject,
    impacted_records: [{ ...(after && { new: after }), ...(old && { old }) }],
  };
  return {
    id: createMessageId(hook, event.id, event.timestamp),
    type,
    uri: event.uri,
    body: formatBody(type, event.timestamp, data),
  };
};

/** A test message. @param subject unique per ping */
export const createPingMessage = (hook: Hook, subject: string, now: number): Message => ({
  id: createMessageId(hook, subject, now),
  type: "ping",
  uri: null,
  body: formatBody("ping", now, { hook: hook.id }),
});

/** The message with items that a listener publishes. @param subject names the listener and its event */
export const createItemsMessage = (
  hook: Hook,
  items: readonly JsonObject[],
  subject: string,
  now: number,
): Message => ({
  id: createMessageId(hook, subject, 0),
  type: "items",
  uri: null,
  body: formatBody("items", now, { items: [...items] }),
});
