import { queuesOf } from "../config/queues.ts";
import type { Queue } from "../core/ports/queue.ts";
import { once } from "../lib/util/once.ts";
import type { Opening } from "./open.ts";
import { openSearch } from "./plugins/resources.ts";
import type { Surroundings } from "./plugins/surroundings.ts";

/** What the store stands on, by name, and how to ask it whether it is there. Opened when first asked. */
export const openHeartbeats = (
  opening: Opening,
  around: Surroundings,
): Readonly<Record<string, () => Promise<void>>> => {
  const need = around.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  // Behind an `import()`: no request but this one speaks with queues.
  const queues = once(async (): Promise<Queue> => (await import("./queue.ts")).openQueues(opening, around));
  const search = need?.kind === "search" ? once(() => openSearch(around, need)) : undefined;
  return {
    storage: () => around.store.ping(),
    queues: async () => (await queues()).ping(queuesOf(opening.config).map(({ name }) => name)),
    ...(search !== undefined && { search: async () => (await search()).ping() }),
  };
};
