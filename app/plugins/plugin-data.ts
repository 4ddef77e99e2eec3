import type { Data } from "../../core/data.ts";
import { createDataService, type DataAccess } from "../../core/objects/data-service.ts";
import { type DeclaredPermissions, toAreas, withDeclared } from "../../core/permissions/areas.ts";
import { pluginUserId } from "../../core/permissions/principals.ts";
import { type RunInTransaction, transact } from "../../core/store/transact.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { AppContext } from "../app-context.ts";

/** The store's objects, for a plugin, bound by what it states. Each call is a transaction of its own, but for those that a hook makes before a change. */
export const createPluginData = (app: AppContext, plugin: string, permissions: DeclaredPermissions): Data =>
  createDataService(app.storeContext, toDataAccess(app, plugin, permissions), (plan, decide) => {
    const join = app.hookRuns.getStore()?.join;
    return join === undefined ? transact(app.transactions, plan, decide) : join(plan, decide);
  });

/** The same for one of its hooks, by all that its needs state, in a transaction that is under way. */
export const createHookData = (app: AppContext, { name, needs }: PluginManifest, join: RunInTransaction): Data => {
  const permissions: Record<string, string[]> = {};
  for (const need of Object.values(needs)) {
    if (need.kind !== "data") continue;
    for (const [permission, places] of Object.entries(need.permissions))
      permissions[permission] = [...(permissions[permission] ?? []), ...places];
  }
  return createDataService(app.storeContext, toDataAccess(app, name, permissions), join);
};

const toDataAccess = ({ storeContext }: AppContext, plugin: string, permissions: DeclaredPermissions): DataAccess => {
  const user = pluginUserId(plugin);
  return {
    user,
    grants: withDeclared(storeContext.grants, user, permissions),
    areas: toAreas(storeContext.resources, permissions),
  };
};
