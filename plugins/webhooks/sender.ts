import type { HttpClient, Log } from "@kintoun/kit";
import { type Attempted, attempt, LONGEST_WAIT } from "./attempt.ts";
import type { Delivery, DeliveryLog } from "./delivery-log.ts";
import type { Hook, Message } from "./hook.ts";
import { isDisabled, type Standings } from "./standing.ts";

/** How often a message is tried. */
export const TRIES = 10;

/** Seconds until it is tried again: 2, 8, 32 … after the first, second, third try. */
const pauseAfter = (tries: number): number => Math.min(2 ** (2 * tries - 1), LONGEST_WAIT);

export interface Sending {
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Senders {
  readonly http: HttpClient;
  readonly standings: Standings;
  readonly deliveries: DeliveryLog;
  readonly now: () => number;
}

/** Sends messages to hooks, and notes in each hook's log what became of them. */
export const openSender = ({ http, standings, deliveries, now }: Senders) => {
  /** @param before what became of it so far @param again whether it is tried again where it may be */
  const post = async (
    hook: Hook,
    message: Message,
    before: Before,
    again: boolean,
    { log, signal }: Sending,
  ): Promise<Delivery> => {
    const standing = await standings.of(hook);
    const attempted = await attempt(http, hook, message, {
      secrets: await standings.secrets(hook, standing),
      now,
      signal,
    });
    if (attempted.fate === "gone") {
      await standings.disable(hook);
      log.warn("A webhook answered 410 and is disabled", { hook: hook.id, uri: message.uri });
    }
    const delivery = deliveryOf(message, before, attempted, again);
    await deliveries.put(hook, delivery);
    if (delivery.state === "failed")
      log.warn("A webhook did not take a message", { hook: hook.id, delivery: message.id, error: attempted.error });
    return delivery;
  };

  return {
    /**
     * Sends a message unless that is done, or not to be done yet, or never. It is tried {@link TRIES} times, by as many calls.
     * @returns when it is to be sent again, epoch ms; `undefined` when it is not
     */
    send: async (hook: Hook, message: Message, sending: Sending): Promise<number | undefined> => {
      const known = await deliveries.get(hook, message.id);
      if (known !== undefined && known.state !== "pending") return undefined;
      if (isDisabled(hook, await standings.of(hook))) {
        if (known !== undefined) await deliveries.put(hook, { ...withoutTime(known), state: "failed" });
        return undefined;
      }
      if (known?.not_before !== undefined && known.not_before > now()) return known.not_before;
      const before = known ?? UNTRIED;
      return (await post(hook, message, before, before.tries + 1 < TRIES, sending)).not_before;
    },

    /** Sends a message once, whatever there is to say against it. One that was delivered before stays so, and one that is to be tried again is so nevertheless. */
    sendOnce: (hook: Hook, message: Message & Partial<Before>, sending: Sending): Promise<Delivery> =>
      post(hook, message, { ...UNTRIED, ...message }, message.state === "pending", sending),
  };
};

export type Sender = ReturnType<typeof openSender>;

type Before = Pick<Delivery, "tries" | "attempts"> & Partial<Pick<Delivery, "state">>;

const UNTRIED: Before = { tries: 0, attempts: [] };

const withoutTime = ({ not_before: _, ...delivery }: Delivery): Delivery => delivery;

const deliveryOf = (
  { id, type, uri, body }: Message,
  before: Before,
  { fate, wait, ...attempt }: Attempted,
  again: boolean,
): Delivery => {
  const tries = before.tries + 1;
  const state =
    fate === "delivered" || before.state === "delivered"
      ? "delivered"
      : fate === "later" && again
        ? "pending"
        : "failed";
  return {
    ...{ id, type, uri, body, state, tries },
    attempts: [...before.attempts, attempt],
    ...(state === "pending" && { not_before: attempt.at + Math.max(wait, pauseAfter(tries)) * 1000 }),
  };
};
