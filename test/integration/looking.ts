import { type BeforeHook, definePlugin, need } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

/** The collection whose records are looked at, and their list. */
export const C = "/buckets/b/collections/c";
export const R = `${C}/records`;

export type Change = "record.create" | "record.update" | "record.delete";
export type Run = BeforeHook<void, void, Change>["run"];

/** A plugin whose one hook runs before the changes of records. */
export const looking = (name: string, run: Run, more: Partial<BeforeHook<void, void, Change>> = {}) =>
  definePlugin({
    name,
    about: "Looks at changes.",
    needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
    hooks: { before: { look: { on: ["record.create", "record.update", "record.delete"], ...more, run } } },
  })();

/** A store with such plugins and the collection. */
export const startLooking = async (...plugins: ReturnType<typeof looking>[]): Promise<TestStore> => {
  const store = await startStore({ plugins: [basicauth(), ...plugins] });
  await store.put("/buckets/b");
  await store.put(C);
  return store;
};

/** The lines of the store's log that tell of failures. */
export const errorsIn = ({ logLines: logged }: TestStore) =>
  logged.map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");
