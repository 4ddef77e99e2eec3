import type { Acl, Store } from "../../core/ports/store.ts";
import { type ObjectRef, RESOURCES, type Resources } from "../../core/resources.ts";
import { Session, SnapshotCache } from "../../core/store/session.ts";
import { createTransactionContext, transact } from "../../core/store/transact.ts";
import { readsForWrite } from "../../core/store/view.ts";
import type { JsonObject } from "../../lib/json.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { openTestStore } from "../open-test-store.ts";

/** A transaction has at most 100 items, and an object has an index item per principal or member. */
const OBJECTS_PER_TRANSACTION = 25;

interface ObjectsOptions {
  readonly resources?: Resources;
  /** Changes or observes the store. */
  readonly wrap?: (store: Store) => Store;
}

/** Starts an engine with an empty store, for tests of the core without the HTTP API. */
export const openObjects = async ({ resources = RESOURCES, wrap = (store) => store }: ObjectsOptions = {}) => {
  const engine = await startDynamoDb(undefined);
  const opened = await openTestStore({ client: engine.client, stop: engine.stop });
  const store = wrap(opened.store);
  const transactions = createTransactionContext(store);

  const refOf = (uri: string): ObjectRef => {
    const ref = resources.parseUri(uri);
    if (ref === undefined) throw new Error(`${uri} is not the URI of an object`);
    return ref;
  };

  return {
    ...opened,
    store,
    transactions,
    refOf,
    /** A session that has read nothing. */
    newSession: () => new Session(store, new SnapshotCache(), Date.now()),
    /** Stores an object. Its parent must exist. */
    put: async (uri: string, { acl = {}, data = {} }: { readonly acl?: Acl; readonly data?: JsonObject } = {}) => {
      const ref = refOf(uri);
      const reads = { ...readsForWrite(ref), writes: [ref.list] };
      await transact(transactions, reads, ({ view }) => view.put(ref, { data, acl, changedBy: "test" }));
    },
    /** Stores many objects of a list, several per transaction. */
    putAll: async (uris: readonly string[], object: { readonly acl?: Acl; readonly data?: JsonObject } = {}) => {
      for (let at = 0; at < uris.length; at += OBJECTS_PER_TRANSACTION) {
        const refs = uris.slice(at, at + OBJECTS_PER_TRANSACTION).map(refOf);
        const [first] = refs;
        if (first === undefined) return;
        const plan = { ...readsForWrite(first), writes: refs.map(({ list }) => list) };
        await transact(transactions, plan, async (session) => {
          await Promise.all(refs.map((ref) => session.read(readsForWrite(ref))));
          for (const ref of refs) session.view.put(ref, { data: {}, acl: {}, ...object, changedBy: "test" });
        });
      }
    },
    remove: async (uri: string) => {
      const ref = refOf(uri);
      const reads = { ...readsForWrite(ref), writes: [ref.list] };
      await transact(transactions, reads, ({ view }) => view.delete(ref, "test"));
    },
  };
};
