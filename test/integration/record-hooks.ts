import { type BeforeHook, definePlugin, need } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

/** The collection of the tests and the list of its records. */
export const C = "/buckets/b/collections/c";
export const R = `${C}/records`;

export type Change = "record.create" | "record.update" | "record.delete";
export type Run = BeforeHook<void, void, Change>["run"];

/** Creates a plugin with one hook that runs before changes of records. `more` overrides parts of the hook. */
export const createHookPlugin = (name: string, run: Run, more: Partial<BeforeHook<void, void, Change>> = {}) =>
  definePlugin({
    name,
    about: "Runs a hook before changes of records.",
    needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
    hooks: { before: { look: { on: ["record.create", "record.update", "record.delete"], ...more, run } } },
  })();

/** Starts a store with these plugins and creates the collection. */
export const startWithPlugins = async (...plugins: ReturnType<typeof createHookPlugin>[]): Promise<TestStore> => {
  const store = await startStore({ plugins: [basicauth(), ...plugins] });
  await store.put("/buckets/b");
  await store.put(C);
  return store;
};

/** Returns the log entries of the store with the level ERROR. */
export const parseErrors = ({ logLines }: TestStore) =>
  logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");
