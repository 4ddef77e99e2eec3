import type { Opening } from "./open.ts";
import { openQueues } from "./queue.ts";
import { openSearch, type Surroundings } from "./resources.ts";

/** What the store stands on, by name, and how to ask it whether it is there. Opened when first asked. */
export const openHeartbeats = (opening: Opening, around: Surroundings): Readonly<Record<string, () => Promise<void>>> => {
  const need = around.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  let queues: ReturnType<typeof openQueues> | undefined;
  let search: ReturnType<typeof openSearch> | undefined;
  return {
    storage: () => around.store.ping(),
    queues: () => {
      queues ??= openQueues(opening, around);
      return queues.ping();
    },
    ...(need?.kind === "search" && {
      search: async () => {
        search ??= openSearch(around, need);
        await (await search).ping();
      },
    }),
  };
};
