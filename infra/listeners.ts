import type { Config } from "../app/config.ts";
import { PURGE, pluginListeners } from "../app/topology.ts";
import type { OwnNeed } from "../kit/need.ts";
import { claimDeliveries, PURGE_OBJECTS, type TableUse } from "./grants/table-use.ts";

export interface DeployedListener {
  readonly name: string;
  readonly uses: readonly TableUse[];
  readonly needs: Readonly<Record<string, OwnNeed>>;
}

/** What each listener's worker is to be granted: the store's own purge, then the plugins' in the config's order. */
export const deployedListeners = ({ plugins }: Config): readonly DeployedListener[] => [
  { name: PURGE.name, uses: PURGE_OBJECTS, needs: {} },
  ...pluginListeners(plugins).map(({ name, plugin: { needs }, idempotent }) => ({ name, uses: idempotent ? [] : claimDeliveries(name), needs })),
];
