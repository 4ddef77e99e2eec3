import { createBus } from "../app/bus.ts";
import { createQueues } from "../app/queue.ts";
import { pluginInbound } from "../config/listeners.ts";
import type { BusEvent } from "../core/ports/bus.ts";
import { DEFAULT_BUS_NAME } from "../kit/parts/inbound.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { EmbeddedCloud } from "../local/cloud.ts";

/** What happens outside of a store, as it comes in. */
export const createEventSources = ({ options: opening, opened }: EmbeddedCloud) => ({
  emit: async ({ bus = DEFAULT_BUS_NAME, ...event }: BusEvent & { readonly bus?: string }): Promise<void> => {
    const open = await createBus(opening.cloud ?? {}, bus);
    try {
      await open.put([event]);
    } finally {
      await open.close();
    }
  },
  send: async (inbound: string, message: unknown): Promise<void> => {
    const known = pluginInbound(opening.config.plugins).map(({ name }) => name);
    if (!known.includes(inbound))
      throw new Error(`No plugin has the inbound part '${inbound}'. ${didYouMean(inbound, known)}`);
    const [first] = opened;
    if (first === undefined) throw new Error("The store is not open");
    const refused = await createQueues(opening, first.app).send([
      { queue: inbound, body: typeof message === "string" ? message : JSON.stringify(message) },
    ]);
    if (refused.length > 0) throw new Error(`The queue of '${inbound}' did not take the message`);
  },
});
