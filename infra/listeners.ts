import type { Config } from "../app/config.ts";
import { Problem } from "../app/problem.ts";
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
  // A name stands in a policy, where some characters are wildcards.
  const problems = names
    .filter((name) => !/^[\w-]+$/.test(name))
    .map((name) => `The listener '${name}' has a name that can't be deployed: letters, digits, _ and - can.`);
  const twice = names.filter((name, place) => names.indexOf(name) !== place);
  problems.push(...twice.map((name) => `There is more than one listener named '${name}'.`));
  if (problems.length > 0) throw new Problem(problems);

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
