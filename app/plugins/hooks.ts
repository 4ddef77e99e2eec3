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

/** Hooks that run for each other's changes at most. */
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

/** What plugins do before changes, in the config's order; `undefined` when none does anything. */
export const createBeforeHooks = (config: Config, getApp: () => AppContext): Hooks | undefined => {
  const hooks = listHooks(config, "before");
  if (hooks.length === 0) return undefined;
  return {
    before: async (session, change) => {
      const app = getApp();
      let current = change;
      let made: JsonObject | undefined;
      for (const hook of hooks) {
        if (!matchesFilter(hook, current) || isRunning(app, hook)) continue;
        const given = await runBefore(app, hook, session, current);
        if (given === undefined || current.action === "delete") continue;
        made = { ...given, ...(current.new.id !== undefined && { id: current.new.id }) };
        current = { ...current, new: made };
      }
      return made;
    },
  };
};

const runBefore = async (
  app: AppContext,
  hook: PluginHook,
  session: Session,
  change: ObjectChange,
): Promise<JsonObject | undefined> => {
  const { plugin, name, label: what, timeout } = hook;
  const { join, settled, end } = joinTransaction(session, what);
  try {
    const run = (await app.start(plugin)).hooks.before[name];
    const within = { hooks: addRunningHook(app, hook), join };
    const data = createHookData(app, plugin, join);
    const given: unknown = await withTimeLimit(what, timeout, () =>
      app.hookRuns.run(within, async () => {
        const made = await run?.(structuredClone(change), data);
        await settled();
        return made;
      }),
    );
    if (given === undefined) return undefined;
    const json = parseStrictJson(JSON.stringify(given) ?? "null");
    if (!isObject(json)) throw new TypeError("What it returned is no object");
    return json;
  } catch (error) {
    throw toHookFailure(what, error);
  } finally {
    await end();
  }
};

/** How a hook has part in its request's session. */
interface JoinedTransaction {
  readonly join: RunInTransaction;
  /** Resolves when the calls so far have come to an end, those too that the hook did not wait for. */
  readonly settled: () => Promise<unknown>;
  /** Refuses all further calls, and waits for the one that is under way: whoever goes on would find its changes come, or its failure take others' changes away. */
  readonly end: () => Promise<unknown>;
}

/** Lets calls have part in a session, one after the other, until it is said to end; one that fails leaves nothing. */
const joinTransaction = (session: Session, what: string): JoinedTransaction => {
  let ended = false;
  let before: Promise<unknown> = Promise.resolve();
  return {
    join: (_, decide) => {
      const mine = before.then(async () => {
        if (ended) throw new Error(`${what} uses its data after it has ended`);
        const undo = session.view.savepoint();
        try {
          return await decide(session);
        } catch (error) {
          undo();
          throw error;
        }
      });
      before = mine.catch(() => undefined);
      return mine;
    },
    settled: () => before,
    end: () => {
      ended = true;
      return before;
    },
  };
};

/** What plugins do once changes are committed, in the config's order; `undefined` when none does anything. Does not reject: what fails is logged. */
export const createAfterHooks = (
  config: Config,
  getApp: () => AppContext,
): ((changes: readonly TableChange[]) => Promise<void>) | undefined => {
  const hooks = listHooks(config, "after");
  if (hooks.length === 0) return undefined;
  return async (changes) => {
    const app = getApp();
    for (const hook of hooks) {
      const { plugin, name, label: what, timeout } = hook;
      const events = changes
        .flatMap(toChangeEvents)
        .filter((event) => event.action !== "purge" && matchesFilter(hook, event));
      if (events.length === 0 || isRunning(app, hook)) continue;
      const failed = (error: unknown, ...missed: readonly ChangeEvent[]) => {
        app.meter.add("HookFailures", plugin.name);
        app.log.error(`${what} failed`, { plugin: plugin.name, ...describeEvents(missed), error: getCause(error) });
      };
      const left = new Set(events);
      try {
        const run = (await app.start(plugin)).hooks.after[name];
        const within = { hooks: addRunningHook(app, hook), join: undefined };
        await withTimeLimit(what, timeout, (signal) =>
          app.hookRuns.run(within, async () => {
            for (const event of events) {
              if (signal.aborted) return;
              await run?.(event).catch((error: unknown) => failed(error, event));
              left.delete(event);
            }
          }),
        );
      } catch (error) {
        failed(error, ...left);
      }
    }
  };
};

/** What a line of the log tells of the events that it is about. */
const describeEvents = (events: readonly ChangeEvent[]) =>
  events.length === 1
    ? { event_id: events[0]?.id }
    : { event_ids: events.slice(0, MAX_LOGGED_EVENTS).map(({ id }) => id), events: events.length };

/** Whether a change is made by the hook itself, or for one that is. */
const isRunning = ({ hookRuns }: AppContext, hook: PluginHook): boolean =>
  hookRuns.getStore()?.hooks.includes(hook) === true;

const addRunningHook = ({ hookRuns }: AppContext, hook: PluginHook): readonly PluginHook[] => {
  const running = hookRuns.getStore()?.hooks ?? [];
  if (running.length >= MAX_NESTED_HOOKS)
    throw new Error(
      `More than ${MAX_NESTED_HOOKS} hooks run for each other's changes: ${running.map(({ label: what }) => what).join(", ")}`,
    );
  return [...running, hook];
};
