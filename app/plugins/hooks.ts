import type { Config } from "../../config/config.ts";
import { eventsOf, type TableChange } from "../../core/events/change.ts";
import type { ChangeEvent } from "../../core/events/event.ts";
import { hears } from "../../core/events/listener.ts";
import type { Hooks, ObjectChange } from "../../core/hooks.ts";
import type { InTransaction } from "../../core/store/in-transaction.ts";
import type { Session } from "../../core/store/session.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { parseJson } from "../../lib/strict-json.ts";
import { openHookData } from "./data.ts";
import { behind, hookFailure } from "./hook-failure.ts";
import type { PluginHook } from "./hook-run.ts";
import type { Surroundings } from "./surroundings.ts";
import { limited } from "./time-limit.ts";

/** Hooks that run for each other's changes at most. */
const DEEPEST = 8;

const hooksOf = ({ plugins }: Config, when: "before" | "after"): readonly PluginHook[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.hooks[when]).map(([name, hook]) => ({
      ...hook,
      plugin,
      name,
      what: `The ${when} hook '${name}' of the plugin '${plugin.name}'`,
    })),
  );

/** What plugins do before changes, in the config's order; `undefined` when none does anything. */
export const openBeforeHooks = (config: Config, surroundings: () => Surroundings): Hooks | undefined => {
  const hooks = hooksOf(config, "before");
  if (hooks.length === 0) return undefined;
  return {
    before: async (session, change) => {
      const around = surroundings();
      let seen = change;
      let made: JsonObject | undefined;
      for (const hook of hooks) {
        if (!hears(hook, seen) || isRunning(around, hook)) continue;
        const given = await runBefore(around, hook, session, seen);
        if (given === undefined || seen.action === "delete") continue;
        made = { ...given, ...(seen.new.id !== undefined && { id: seen.new.id }) };
        seen = { ...seen, new: made };
      }
      return made;
    },
  };
};

const runBefore = async (
  around: Surroundings,
  hook: PluginHook,
  session: Session,
  change: ObjectChange,
): Promise<JsonObject | undefined> => {
  const { plugin, name, what, timeout } = hook;
  const { join, settled, end } = joining(session, what);
  try {
    const run = (await around.start(plugin)).before[name];
    const within = { hooks: nested(around, hook), join };
    const data = openHookData(around, plugin, join);
    const given: unknown = await limited(what, timeout, () =>
      around.hookRuns.run(within, async () => {
        const made = await run?.(structuredClone(change), data);
        await settled();
        return made;
      }),
    );
    if (given === undefined) return undefined;
    const json = parseJson(JSON.stringify(given) ?? "null");
    if (!isObject(json)) throw new TypeError("What it returned is no object");
    return json;
  } catch (error) {
    throw hookFailure(what, error);
  } finally {
    await end();
  }
};

/** How a hook has part in its request's session. */
interface Joining {
  readonly join: InTransaction;
  /** Resolves when the calls so far have come to an end, those too that the hook did not wait for. */
  readonly settled: () => Promise<unknown>;
  /** Refuses all further calls, and waits for the one that is under way: whoever goes on would find its changes come, or its failure take others' changes away. */
  readonly end: () => Promise<unknown>;
}

/** Lets calls have part in a session, one after the other, until it is said to end; one that fails leaves nothing. */
const joining = (session: Session, what: string): Joining => {
  let ended = false;
  let before: Promise<unknown> = Promise.resolve();
  return {
    join: (_, decide) => {
      const mine = before.then(async () => {
        if (ended) throw new Error(`${what} uses its data after it has ended`);
        const undo = session.view.mark();
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
export const openAfterHooks = (
  config: Config,
  surroundings: () => Surroundings,
): ((changes: readonly TableChange[]) => Promise<void>) | undefined => {
  const hooks = hooksOf(config, "after");
  if (hooks.length === 0) return undefined;
  return async (changes) => {
    const around = surroundings();
    for (const hook of hooks) {
      const { plugin, name, what, timeout } = hook;
      const events = changes.flatMap(eventsOf).filter((event) => event.action !== "purge" && hears(hook, event));
      if (events.length === 0 || isRunning(around, hook)) continue;
      const failed = (error: unknown, ...missed: readonly ChangeEvent[]) => {
        around.meter.add("HookFailures", plugin.name);
        around.log.error(`${what} failed`, { plugin: plugin.name, ...about(missed), error: behind(error) });
      };
      const left = new Set(events);
      try {
        const run = (await around.start(plugin)).after[name];
        const within = { hooks: nested(around, hook), join: undefined };
        await limited(what, timeout, (signal) =>
          around.hookRuns.run(within, async () => {
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

/** Events that a line of the log names. */
const MOST_NAMED = 20;

/** What a line of the log tells of the events that it is about. */
const about = (events: readonly ChangeEvent[]) =>
  events.length === 1
    ? { event_id: events[0]?.id }
    : { event_ids: events.slice(0, MOST_NAMED).map(({ id }) => id), events: events.length };

/** Whether a change is made by the hook itself, or for one that is. */
const isRunning = ({ hookRuns }: Surroundings, hook: PluginHook): boolean =>
  hookRuns.getStore()?.hooks.includes(hook) === true;

const nested = ({ hookRuns }: Surroundings, hook: PluginHook): readonly PluginHook[] => {
  const running = hookRuns.getStore()?.hooks ?? [];
  if (running.length >= DEEPEST)
    throw new Error(
      `More than ${DEEPEST} hooks run for each other's changes: ${running.map(({ what }) => what).join(", ")}`,
    );
  return [...running, hook];
};
