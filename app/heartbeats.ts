import { queueConfigs } from "../config/queues.ts";
import type { Queue } from "../core/ports/queue.ts";
import { once } from "../lib/util/once.ts";
import type { AppContext } from "./app-context.ts";
import type { AppOptions } from "./create-app-context.ts";
import { createSearchEngine } from "./plugins/resources.ts";

/** Creates the checks of the heartbeat, by the name of the dependency. Clients are created on first use. */
export const createHeartbeats = (
  options: AppOptions,
  app: AppContext,
): Readonly<Record<string, () => Promise<void>>> => {
  const need = app.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  // Imported on use: no other request needs queues.
  const queues = once(async (): Promise<Queue> => (await import("./queue.ts")).createQueues(options, app));
  const search = need?.kind === "search" ? once(() => createSearchEngine(app, need)) : undefined;
  return {
    storage: () => app.store.ping(),
    queues: async () => (await queues()).ping(queueConfigs(options.config).map(({ name }) => name)),
    ...(search !== undefined && { search: async () => (await search()).ping() }),
  };
};
