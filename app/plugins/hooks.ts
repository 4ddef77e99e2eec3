import type { Config } from "../../config/config.ts";
import { type TableChange, toChangeEvents } from "../../core/events/change.ts";
import { type ChangeEvent, MAX_LOGGED_EVENTS } from "../../core/events/event.ts";
import { matchesFilter } from "../../core/events/listener.ts";
import type { HookedChange, Hooks, ObjectChange } from "../../core/hooks.ts";
import { addPermissions, checkAddedPermissions } from "../../core/objects/added-permissions.ts";
import type { Acl } from "../../core/ports/store.ts";
import type { Session } from "../../core/store/session.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { JsonObject } from "../../lib/json.ts";
import { copyData } from "../../lib/util/copy-data.ts";
import type { AppContext } from "../app-context.ts";
import {
  addRunningHook,
  getCause,
  isRunning,
  listHooks,
  type PluginHook,
  toHookFailure,
  toReturnedData,
} from "./hook-run.ts";
import { joinTransaction } from "./join-transaction.ts";
import { createHookData, hookDataAccess } from "./plugin-data.ts";
import { withTimeLimit } from "./time-limit.ts";

/** Creates the hooks before changes, in the order of the config; `undefined` if no plugin has one. */
export const createBeforeHooks = (config: Config, getApp: () => AppContext): Hooks | undefined => {
  const hooks = listHooks(config, "before");
  if (hooks.length === 0) return undefined;
  return {
    before: async (session, change) => {
      const app = getApp();
      let current = change;
      let data: JsonObject | undefined;
      let added: Acl = {};
      for (const hook of hooks) {
        if (!matchesFilter(hook, current) || isRunning(app, hook)) continue;
        const changed = await runBefore(app, hook, session, current);
        if (current.action === "delete") continue;
        if (changed.data !== undefined)
          data = { ...changed.data, ...(current.new.id !== undefined && { id: current.new.id }) };
        added = addPermissions(added, changed.added);
        const new_permissions = addPermissions(current.new_permissions, changed.added);
        current = { ...current, ...(data !== undefined && { new: data }), new_permissions };
      }
      return { data, added };
    },
  };
};

const runBefore = async (
  app: AppContext,
  hook: PluginHook,
  session: Session,
  change: ObjectChange,
): Promise<HookedChange> => {
  const { plugin, name, label, timeout } = hook;
  const { join, settled, end } = joinTransaction(session, label);
  const { grant, check } = collectGrants(app, plugin, session, change);
  try {
    const run = (await app.start(plugin)).hooks.before[name];
    const within = { hooks: addRunningHook(app, hook), join };
    const data = createHookData(app, plugin, join);
    const result: unknown = await withTimeLimit(label, timeout, () =>
      app.hookRuns.run(within, async () => {
        const returned = await run?.(copyData(change), data, grant);
        await settled();
        return returned;
      }),
    );
    return { data: toReturnedData(result), added: await check() };
  } catch (error) {
    throw toHookFailure(label, error);
  } finally {
    await end();
  }
};

/** Collects what a hook grants, until its permissions are checked. */
const collectGrants = (app: AppContext, plugin: PluginManifest, session: Session, change: ObjectChange) => {
  const granted: unknown[] = [];
  let ended = false;
  return {
    grant: (permissions: unknown): void => {
      if (change.action === "delete") throw new TypeError("it grants permissions on an object that is deleted");
      if (ended) throw new Error("it grants permissions after it had ended");
      granted.push(permissions);
    },
    check: async (): Promise<Acl> => {
      ended = true;
      const ref = granted.length === 0 ? undefined : app.storeContext.resources.parseUri(change.uri);
      let added: Acl = {};
      if (ref === undefined) return added;
      const access = hookDataAccess(app, plugin);
      for (const permissions of granted)
        added = addPermissions(added, await checkAddedPermissions(session, access, ref, permissions));
      return added;
    },
  };
};

/** Creates the hooks after commits, in the order of the config; `undefined` if no plugin has one. Errors are logged. */
export const createAfterHooks = (
  config: Config,
  getApp: () => AppContext,
): ((changes: readonly TableChange[]) => Promise<void>) | undefined => {
  const hooks = listHooks(config, "after");
  if (hooks.length === 0) return undefined;
  return async (changes) => {
    const app = getApp();
    for (const hook of hooks) {
      const { plugin, name, label, timeout } = hook;
      const events = changes
        .flatMap(toChangeEvents)
        .filter((event) => event.action !== "purge" && matchesFilter(hook, event));
      if (events.length === 0 || isRunning(app, hook)) continue;
      const reportFailure = (error: unknown, ...missed: readonly ChangeEvent[]) => {
        app.meter.add("HookFailures", plugin.name);
        app.log.error(`${label} failed`, { plugin: plugin.name, ...describeEvents(missed), error: getCause(error) });
      };
      const remaining = new Set(events);
      try {
        const run = (await app.start(plugin)).hooks.after[name];
        const within = { hooks: addRunningHook(app, hook), join: undefined };
        await withTimeLimit(label, timeout, (signal) =>
          app.hookRuns.run(within, async () => {
            for (const event of events) {
              if (signal.aborted) return;
              await run?.(event).catch((error: unknown) => reportFailure(error, event));
              remaining.delete(event);
            }
          }),
        );
      } catch (error) {
        reportFailure(error, ...remaining);
      }
    }
  };
};

/** Log fields of the events that a hook missed. */
const describeEvents = (events: readonly ChangeEvent[]) =>
  events.length === 1
    ? { event_id: events[0]?.id }
    : { event_ids: events.slice(0, MAX_LOGGED_EVENTS).map(({ id }) => id), events: events.length };
