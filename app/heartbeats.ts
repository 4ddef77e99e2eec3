import { queueConfigs } from "../config/queues.ts";
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
  const search = need?.kind === "search" ? once(() => createSearchEngine(app, need)) : undefined;
  return {
    storage: () => app.store.ping({ writes: !app.config.settings.readonly }),
    queues: async () => (await app.queues()).ping(queueConfigs(options.config).map(({ name }) => name)),
    ...(search !== undefined && { search: async () => (await search()).ping() }),
  };
};
