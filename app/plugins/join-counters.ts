import type { Counter, State } from "../../core/ports/state.ts";
import { isObject, type Json } from "../../lib/json.ts";
import type { AppContext } from "../app-context.ts";
import { requireJoinedWriter } from "./hook-run.ts";

/** A plugin's state. In a hook before a change, `countAll` and `get` are part of the request's transaction. */
export const joinCounters = (app: AppContext, plugin: string): State => {
  const state = app.state(plugin);
  return {
    ...state,
    get: async (list, key) => {
      const stored = await state.get(list, key);
      const run = app.hookRuns.getStore();
      if (run?.join === undefined) return stored;
      return run.join(NO_READS, async ({ view }) => {
        const address = { plugin, list, key };
        return view.hasCounter(address) ? view.applyCounterChange(address, toCounter(stored)) : stored;
      });
    },
    countAll: async (changes) => {
      const join = requireJoinedWriter(app.hookRuns.getStore());
      if (join === undefined) return state.countAll(changes);
      return join(NO_READS, async ({ view }) => {
        for (const change of changes) view.addToCounter({ ...change, plugin });
        return true;
      });
    },
  };
};

const NO_READS = { objects: [], clocks: [], writes: [] };

/** Returns a state value as a counter, or `undefined` if it is none. */
export const toCounter = (value: Json | undefined): Counter | undefined =>
  value !== undefined && isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
      )
    : undefined;
