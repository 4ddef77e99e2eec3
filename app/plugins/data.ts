import type { Data } from "../../core/data.ts";
import { type DataAccess, openData } from "../../core/objects/open-data.ts";
import { areasOf, type StatedPermissions } from "../../core/permissions/areas.ts";
import { pluginUser } from "../../core/permissions/principals.ts";
import { withStated } from "../../core/permissions/stated.ts";
import type { InTransaction } from "../../core/store/in-transaction.ts";
import { transact } from "../../core/store/transact.ts";
import type { ReadPlugin } from "../../kit/read-plugin.ts";
import type { Surroundings } from "./surroundings.ts";

/** The store's objects, for a plugin, bound by what it states. Each call is a transaction of its own, but for those that a hook makes before a change. */
export const openPluginData = (around: Surroundings, plugin: string, permissions: StatedPermissions): Data =>
  openData(around.world, accessOf(around, plugin, permissions), (plan, decide) => {
    const join = around.hookRuns.getStore()?.join;
    return join === undefined ? transact(around.transactions, plan, decide) : join(plan, decide);
  });

/** The same for one of its hooks, by all that its needs state, in a transaction that is under way. */
export const openHookData = (around: Surroundings, { name, needs }: ReadPlugin, join: InTransaction): Data => {
  const permissions: Record<string, string[]> = {};
  for (const need of Object.values(needs)) {
    if (need.kind !== "data") continue;
    for (const [permission, places] of Object.entries(need.permissions))
      permissions[permission] = [...(permissions[permission] ?? []), ...places];
  }
  return openData(around.world, accessOf(around, name, permissions), join);
};

const accessOf = ({ world }: Surroundings, plugin: string, permissions: StatedPermissions): DataAccess => {
  const user = pluginUser(plugin);
  return { user, grants: withStated(world.grants, user, permissions), areas: areasOf(world.resources, permissions) };
};
