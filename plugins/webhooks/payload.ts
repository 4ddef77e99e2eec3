import type { ChangeEvent, JsonObject } from "@kintoun/kit";
import { type Hook, type Message, messageId } from "./hook.ts";

/** What a body looks like by the Standard Webhooks specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const bodyOf = (type: string, timestamp: number, data: JsonObject): string =>
  JSON.stringify({ type, timestamp: new Date(timestamp).toISOString(), data });

/** What a hook is told of a change; its `data` is a superset of Kinto's notification payload. */
export const eventMessage = (hook: Hook, event: ChangeEvent): Message => {
  // What the store knows its own things by is nobody else's matter.
  const {
    new: after,
    old,
    parent_generation: _,
    own_generation: __,
    cause: ___,
    trace: ____,
    request_id: _____,
    ...told
  } = event;
  const type = `${event.resource_name}.${event.action}`;
  const data = {
    event: told as unknown as JsonObject,
    impacted_records: [{ ...(after && { new: after }), ...(old && { old }) }],
  };
  return {
    id: messageId(hook, event.id, event.timestamp),
    type,
    uri: event.uri,
    body: bodyOf(type, event.timestamp, data),
  };
};

/** What a hook is told when somebody wants to see whether it hears. @param of a name that no other has */
export const pingMessage = (hook: Hook, of: string, now: number): Message => ({
  id: messageId(hook, of, now),
  type: "ping",
  uri: null,
  body: bodyOf("ping", now, { hook: hook.id }),
});

/** What listeners tell on. @param of the event that they heard of, and who did */
export const itemsMessage = (hook: Hook, items: readonly JsonObject[], of: string, now: number): Message => ({
  id: messageId(hook, of, 0),
  type: "items",
  uri: null,
  body: bodyOf("items", now, { items: [...items] }),
});
