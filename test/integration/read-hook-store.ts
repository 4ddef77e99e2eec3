import { definePlugin, type ReadHook, refuse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { ndjson } from "../../plugins/ndjson/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { C } from "./record-hooks.ts";

type RecordHook = ReadHook<void, void, "record.read">;
export type Run = RecordHook["run"];

/** Creates a plugin with one hook before reads of records. `more` overrides parts of the hook. */
export const createReadPlugin = (run: Run, more: Partial<RecordHook> = {}, name = "guard") =>
  definePlugin({
    name,
    about: "Runs a hook before reads of records.",
    hooks: { read: { look: { on: ["record.read"], ...more, run } } },
  })();

/** Starts a store with these plugins and a collection that everyone may read and users may write. */
export const startWithReadHooks = async (...plugins: ReturnType<typeof createReadPlugin>[]): Promise<TestStore> => {
  const store = await startStore({ plugins: [basicauth(), ...plugins, csv(), ndjson(), xml()] });
  await store.put("/buckets/b");
  const permissions = {
    read: ["system.Everyone"],
    "record:create": ["system.Everyone"],
    write: ["system.Authenticated"],
  };
  await store.put(C, { permissions });
  return store;
};

/** Starts a store that hides the salary, and records that are secret, from all users but the one named boss. */
export const startWithGuard = async (): Promise<TestStore> => {
  let bossId = "";
  const store = await startWithReadHooks(
    createReadPlugin(({ user_id, data: { salary: _, ...shown } }) => {
      if (user_id === bossId) return undefined;
      if (shown.secret === true) throw refuse(403, "This record is secret.");
      return shown;
    }),
  );
  bossId = await store.userId("boss");
  return store;
};

/** The options of requests by a user from whom the guard hides data, and by the one from whom it does not. */
export const alice = { as: "alice" };
export const boss = { as: "boss" };

/** The ids of the entries of a list's body. */
export const listIds = (body: { readonly data: readonly { readonly id: string }[] }): readonly string[] =>
  body.data.map(({ id }) => id);
