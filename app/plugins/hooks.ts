import type { Config } from "../../config/config.ts";
import { type TableChange, toChangeEvents } from "../../core/events/change.ts";
import { type ChangeEvent, MAX_LOGGED_EVENTS } from "../../core/events/event.ts";
import { matchesFilter } from "../../core/events/listener.ts";
import type { Hooks, ObjectChange } from "../../core/hooks.ts";
import type { Session } from "../../core/store/session.ts";
import type { RunInTransaction } from "../../core/store/transact.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import type { AppContext } from "../app-context.ts";
import { getCause, type PluginHook, toHookFailure } from "./hook-run.ts";
import { createHookData } from "./plugin-data.ts";
import { withTimeLimit } from "./time-limit.ts";

/** Maximum number of hooks that run because of each other's changes. */
const MAX_NESTED_HOOKS = 8;

const listHooks = ({ plugins }: Config, when: "before" | "after"): readonly PluginHook[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.hooks[when]).map(([name, hook]) => ({
      ...hook,
      plugin,
      name,
      label: `The ${when} hook '${name}' of the plugin '${plugin.name}'`,
    })),
  );

/** Creates the hooks before changes, in the order of the config; `undefined` if no plugin has one. */
export const createBeforeHooks = (config: Config, getApp: () => AppContext): Hooks | undefined => {
  const hooks = listHooks(config, "before");
  if (hooks.length === 0) return undefined;
  return {
    before: async (session, change) => {
      const app = getApp();
      let current = change;
      let result: JsonObject | undefined;
      for (const hook of hooks) {
        if (!matchesFilter(hook, current) || isRunning(app, hook)) continue;
        const changed = await runBefore(app, hook, session, current);
        if (changed === undefined || current.action === "delete") continue;
        result = { ...changed, ...(current.new.id !== undefined && { id: current.new.id }) };
        current = { ...current, new: result };
      }
      return result;
    },
  };
};

const runBefore = async (
  app: AppContext,
  hook: PluginHook,
  session: Session,
  change: ObjectChange,
): Promise<JsonObject | undefined> => {
  const { plugin, name, label, timeout } = hook;
  const { join, settled, end } = joinTransaction(session, label);
  try {
    const run = (await app.start(plugin)).hooks.before[name];
    const within = { hooks: addRunningHook(app, hook), join };
    const data = createHookData(app, plugin, join);
    const result: unknown = await withTimeLimit(label, timeout, () =>
      app.hookRuns.run(within, async () => {
        const returned = await run?.(structuredClone(change), data);
        await settled();
        return returned;
      }),
    );
    if (result === undefined) return undefined;
    const json = parseStrictJson(JSON.stringify(result) ?? "null");
    if (!isObject(json)) throw new TypeError("it must return an object or undefined");
    return json;
  } catch (error) {
    throw toHookFailure(label, error);
  } finally {
    await end();
  }
};

/** A hook's access to the session of its request. */
interface JoinedTransaction {
  readonly join: RunInTransaction;
  /** Resolves when all calls so far have ended, also those that the hook did not await. */
  readonly settled: () => Promise<unknown>;
  /** Refuses further calls and waits for the running one, so that it cannot change the session later. */
  readonly end: () => Promise<unknown>;
}

/** Runs calls in a session, one after the other. The changes of a call that fails are rolled back. */
const joinTransaction = (session: Session, label: string): JoinedTransaction => {
  let ended = false;
  let lastCall: Promise<unknown> = Promise.resolve();
  return {
    join: (_, decide) => {
      const call = lastCall.then(async () => {
        if (ended) throw new Error(`${label} used its data after it had ended`);
        const rollback = session.view.savepoint();
        try {
          return await decide(session);
        } catch (error) {
          rollback();
          throw error;
        }
      });
      lastCall = call.catch(() => undefined);
      return call;
    },
    settled: () => lastCall,
    end: () => {
      ended = true;
      return lastCall;
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

/** Returns whether the hook made the change itself, directly or through other hooks. */
const isRunning = ({ hookRuns }: AppContext, hook: PluginHook): boolean =>
  hookRuns.getStore()?.hooks.includes(hook) === true;

const addRunningHook = ({ hookRuns }: AppContext, hook: PluginHook): readonly PluginHook[] => {
  const running = hookRuns.getStore()?.hooks ?? [];
  if (running.length >= MAX_NESTED_HOOKS)
    throw new Error(
      `More than ${MAX_NESTED_HOOKS} hooks run for each other's changes: ${running.map(({ label }) => label).join(", ")}`,
    );
  return [...running, hook];
};
