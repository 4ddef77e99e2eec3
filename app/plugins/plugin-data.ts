import type { Data } from "../../core/data.ts";
import { createDataService, type DataAccess } from "../../core/objects/data-service.ts";
import { type DeclaredPermissions, toAreas, withDeclaredPermissions } from "../../core/permissions/areas.ts";
import { pluginUserId } from "../../core/permissions/principals.ts";
import { type RunInTransaction, transact } from "../../core/store/transact.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { AppContext } from "../app-context.ts";

/**
 * Creates a plugin's access to objects, limited to the permissions that it declares. Each call is a transaction of
 * its own, except calls by a hook before a change.
 */
export const createPluginData = (
  app: AppContext,
  plugin: string,
  permissions: DeclaredPermissions,
  findsPrincipals?: boolean,
): Data =>
  createDataService(app.storeContext, { ...toDataAccess(app, plugin, permissions), findsPrincipals }, runOwn(app));

/** Runs a transaction of a plugin's code: in that of the request, in a hook before a change. */
export const runOwn =
  (app: AppContext): RunInTransaction =>
  (plan, decide) => {
    const run = app.hookRuns.getStore();
    if (run?.join !== undefined) return run.join(plan, decide);
    if (run?.readonly && plan.writes.length > 0)
      return Promise.reject(
        new Error(
          `An index changes ${plan.writes.map(({ uri }) => uri).join(", ")}, but may only read. Use a listener.`,
        ),
      );
    return transact(app.transactions, plan, decide);
  };

/** Creates the same for a hook, with all permissions of the plugin's needs, in the running transaction. */
export const createHookData = (app: AppContext, plugin: PluginManifest, join: RunInTransaction): Data =>
  createDataService(app.storeContext, hookDataAccess(app, plugin), join);

/** What a plugin's hooks may access: all permissions of its needs. */
export const hookDataAccess = (app: AppContext, { name, needs }: PluginManifest): DataAccess => {
  const permissions: Record<string, string[]> = {};
  for (const need of Object.values(needs)) {
    if (need.kind !== "data") continue;
    for (const [permission, places] of Object.entries(need.permissions))
      permissions[permission] = [...(permissions[permission] ?? []), ...places];
  }
  return toDataAccess(app, name, permissions);
};

export const toDataAccess = (
  { storeContext }: AppContext,
  plugin: string,
  permissions: DeclaredPermissions,
): DataAccess => {
  const user = pluginUserId(plugin);
  return {
    user,
    grants: withDeclaredPermissions(storeContext.grants, user, permissions),
    areas: toAreas(storeContext.resources, permissions),
  };
};
