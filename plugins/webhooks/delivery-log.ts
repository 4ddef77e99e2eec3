import type { Json, State } from "@kintoun/kit";
import type { Delivery } from "./delivery.ts";
import type { Hook } from "./hooks.ts";

/** 30 days. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;
/** Maximum number of attempts that are kept per delivery. */
const MAX_KEPT_ATTEMPTS = 20;
/** Maximum size of a body that is kept. */
const MAX_BODY_BYTES = 64 * 1024;

const logName = ({ owner, id }: Hook) => `deliveries/${owner}/${id}`;

/** Opens the delivery logs of all hooks. */
export const openDeliveryLog = (state: State, now: () => number) => ({
  get: async (hook: Hook, id: string): Promise<Delivery | undefined> =>
    (await state.get(logName(hook), id)) as unknown as Delivery | undefined,

  put: async (hook: Hook, { body, attempts, ...delivery }: Delivery): Promise<void> => {
    const stored = {
      ...delivery,
      attempts: attempts.slice(-MAX_KEPT_ATTEMPTS),
      ...(body !== undefined && Buffer.byteLength(body) <= MAX_BODY_BYTES && { body }),
    };
    await state.put(logName(hook), delivery.id, stored as unknown as Json, { expires: now() + RETENTION_MS });
  },

  /** Lists deliveries, newest first. @param before id of the delivery that the page begins after */
  list: async (
    hook: Hook,
    { limit, before }: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<readonly Delivery[]> => {
    const found: Delivery[] = [];
    const query = { limit, descending: true, ...(before !== undefined && { after: before }) };
    for await (const { value } of state.list(logName(hook), query)) found.push(value as unknown as Delivery);
    return found;
  },
});

export type DeliveryLog = ReturnType<typeof openDeliveryLog>;
