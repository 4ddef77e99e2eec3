import type { Http, Log } from "@kintoun/kit";
import { type Attempted, attempt } from "./attempt.ts";
import type { Delivery, DeliveryLog } from "./delivery-log.ts";
import type { Hook, Message } from "./hook.ts";
import { isDisabled, type Standings } from "./standing.ts";

/** How often a message is tried. */
export const TRIES = 10;

export interface Sending {
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Senders {
  readonly http: Http;
  readonly standings: Standings;
  readonly deliveries: DeliveryLog;
  readonly now: () => number;
}

/** Sends messages to hooks, and notes in each hook's log what became of them. */
export const openSender = ({ http, standings, deliveries, now }: Senders) => {
  const post = async (hook: Hook, message: Message, tries: { readonly before: Tried; readonly last: boolean }, { log, signal }: Sending): Promise<Delivery> => {
    const standing = await standings.of(hook);
    const attempted = await attempt(http, hook, message, { secrets: await standings.secrets(hook, standing), now, signal });
    if (attempted.fate === "gone") {
      await standings.disable(hook);
      log.warn("A webhook answered 410 and is disabled", { hook: hook.id, uri: message.uri });
    }
    const delivery = deliveryOf(message, tries.before, attempted, tries.last);
    await deliveries.put(hook, delivery);
    if (delivery.state === "failed") log.warn("A webhook did not take a message", { hook: hook.id, delivery: message.id, error: attempted.error });
    return delivery;
  };

  return {
    /** Sends a message unless that is done, or not to be done yet, or never. It is tried {@link TRIES} times, by as many calls. */
    send: async (hook: Hook, message: Message, sending: Sending): Promise<Delivery["state"]> => {
      const known = await deliveries.get(hook, message.id);
      if (known !== undefined && known.state !== "pending") return known.state;
      if (isDisabled(hook, await standings.of(hook))) {
        if (known !== undefined) await deliveries.put(hook, { ...known, state: "failed" });
        return "failed";
      }
      if (known?.not_before !== undefined && known.not_before > now()) return "pending";
      const before = known ?? UNTRIED;
      return (await post(hook, message, { before, last: before.tries + 1 >= TRIES }, sending)).state;
    },

    /** Sends a message once, whatever there is to say against it. */
    sendOnce: (hook: Hook, message: Message & Partial<Tried>, sending: Sending): Promise<Delivery> =>
      post(hook, message, { before: { ...UNTRIED, ...message }, last: true }, sending),
  };
};

export type Sender = ReturnType<typeof openSender>;

type Tried = Pick<Delivery, "tries" | "attempts">;

const UNTRIED: Tried = { tries: 0, attempts: [] };

const deliveryOf = ({ id, type, uri, body }: Message, before: Tried, { fate, wait, ...attempt }: Attempted, last: boolean): Delivery => {
  const state = fate === "delivered" ? "delivered" : fate === "later" && !last ? "pending" : "failed";
  return {
    ...{ id, type, uri, body, state },
    tries: before.tries + 1,
    attempts: [...before.attempts, attempt],
    ...(state === "pending" && wait > 0 && { not_before: attempt.at + wait * 1000 }),
  };
};
