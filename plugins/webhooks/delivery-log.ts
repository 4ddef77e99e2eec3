import type { Json, State } from "@kintoun/kit";
import type { Hook, Message } from "./hook.ts";

/** What became of a message to a hook. Epoch ms. */
export interface Delivery extends Omit<Message, "body"> {
  /** `pending`: it will be tried again; `failed`: it will not. */
  readonly state: "pending" | "delivered" | "failed";
  /** How often it was tried. */
  readonly tries: number;
  /** The last of them, oldest first. */
  readonly attempts: readonly Attempt[];
  /** When it will be tried again. */
  readonly not_before?: number;
  /** Absent where it is too large to be kept. */
  readonly body?: string;
}

export interface Attempt {
  readonly at: number;
  /** `null` where there was no answer. */
  readonly status: number | null;
  /** How long it took. */
  readonly ms: number;
  /** Why it was not taken; nothing of what was answered. */
  readonly error: string | null;
}

/** How long deliveries are kept, in ms; how many attempts of each, and bytes of its body. */
const KEPT = 30 * 24 * 3600 * 1000;
const MOST_ATTEMPTS = 20;
const LARGEST_BODY = 64 * 1024;

const listOf = ({ place, id }: Hook) => `deliveries/${place}/${id}`;

/** The log of deliveries, one for each hook. */
export const openDeliveryLog = (state: State, now: () => number) => ({
  get: async (hook: Hook, id: string): Promise<Delivery | undefined> =>
    (await state.get(listOf(hook), id)) as unknown as Delivery | undefined,

  put: async (hook: Hook, { body, attempts, ...delivery }: Delivery): Promise<void> => {
    const kept = {
      ...delivery,
      attempts: attempts.slice(-MOST_ATTEMPTS),
      ...(body !== undefined && Buffer.byteLength(body) <= LARGEST_BODY && { body }),
    };
    await state.put(listOf(hook), delivery.id, kept as unknown as Json, { expires: now() + KEPT });
  },

  /** Newest first. @param before the id of the delivery before which to begin */
  list: async (
    hook: Hook,
    { limit, before }: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<readonly Delivery[]> => {
    const found: Delivery[] = [];
    const query = { limit, descending: true, ...(before !== undefined && { after: before }) };
    for await (const { value } of state.list(listOf(hook), query)) found.push(value as unknown as Delivery);
    return found;
  },
});

export type DeliveryLog = ReturnType<typeof openDeliveryLog>;
