import { queueConfigs } from "../config/queues.ts";
import { mapValues } from "../lib/util/map-values.ts";
import { once } from "../lib/util/once.ts";
import type { AppContext } from "./app-context.ts";
import type { AppOptions } from "./create-app-context.ts";
import { createSearchEngine } from "./plugins/resources.ts";

/** Time for which the result of a check is used again: anyone can call heartbeats, and many in one batch. */
const MAX_AGE_MS = 1000;

const reuseResult = (check: () => Promise<void>): (() => Promise<void>) => {
  let latest: { readonly startedAt: number; readonly result: Promise<void> } | undefined;
  return () => {
    if (latest === undefined || performance.now() - latest.startedAt > MAX_AGE_MS)
      latest = { startedAt: performance.now(), result: check() };
    return latest.result;
  };
};

/** Creates the checks of the heartbeat, by the name of the dependency. Clients are created on first use. */
export const createHeartbeats = (
  options: AppOptions,
  app: AppContext,
): Readonly<Record<string, () => Promise<void>>> => {
  const need = app.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  const search = need?.kind === "search" ? once(() => createSearchEngine(app, need)) : undefined;
  const checks = {
    storage: () => app.store.ping({ writes: !app.config.settings.readonly }),
    queues: async () => (await app.queues()).ping(queueConfigs(options.config).map(({ name }) => name)),
    ...(search !== undefined && { search: async () => (await search()).ping() }),
  };
  return mapValues(checks, reuseResult);
};
