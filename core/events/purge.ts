import { parseUri, RESOURCES } from "../resources.ts";
import type { Store } from "../store/store.ts";
import type { Listener, Subscription } from "./listener.ts";

/** The store's own listener: it removes what was below a bucket or collection that ended. What it removes may have been one itself. */
export const PURGE: Subscription = { name: "store-purge", on: ["bucket.delete", "bucket.purge", "collection.delete", "collection.purge"] };

export const purgeListener = (store: Pick<Store, "purge">): Listener => ({
  ...PURGE,
  idempotent: true,
  run: async ({ uri, own_life: life }, { signal }) => {
    const ref = parseUri(uri);
    if (ref === undefined || life === undefined) return;
    for (const resource of RESOURCES[ref.resource].children) {
      const list = { resource, uri: `${uri}/${RESOURCES[resource].plural}`, parent: ref };
      if (!(await store.purge(list, life, () => signal.aborted))) return "again";
    }
  },
});
