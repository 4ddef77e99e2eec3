import type { Config } from "../app/config.ts";
import { subscriptions } from "../app/topology.ts";
import type { Need } from "../kit/need.ts";
import { claimDeliveries, PURGE_OBJECTS, type TableUse } from "./grants/table-use.ts";

export interface DeployedListener {
  readonly name: string;
  readonly uses: readonly TableUse[];
  readonly needs: Readonly<Record<string, Need>>;
}

/** What each listener's worker is to be granted, in the order of the subscriptions. */
export const deployedListeners = (config: Config): readonly DeployedListener[] => {
  const names = subscriptions(config).map(({ name }) => name);
  const ofPlugins = new Map<string, DeployedListener>();
  for (const plugin of config.plugins) {
    for (const [part, { idempotent }] of Object.entries(plugin.listeners)) {
      const name = `${plugin.name}-${part}`;
      ofPlugins.set(name, { name, uses: idempotent ? [] : claimDeliveries(name), needs: plugin.needs });
    }
  }
  // What no plugin brings is the store's own purge.
  return names.map((name) => ofPlugins.get(name) ?? { name, uses: PURGE_OBJECTS, needs: {} });
};
