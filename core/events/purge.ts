import type { Reach } from "../points.ts";
import type { Store } from "../ports/store.ts";
import { listRef, type Resources } from "../resources.ts";
import type { Listener, Subscription } from "./listener.ts";

export const PURGE = { name: "store-purge" } as const;

/** The store's own listener: it hears of the end of whatever others stand in. */
export const purgeSubscription = ({ all }: Resources): Subscription => ({
  ...PURGE,
  on: all.filter(({ children }) => children.length > 0).flatMap(({ name }) => [`${name}.delete`, `${name}.purge`]),
});

/** Removes what was in an object that ended. What it removes may have had something in it itself. */
export const purgeListener = (store: Pick<Store, "purge">, resources: Resources, reach: Reach): Listener => ({
  ...purgeSubscription(resources),
  idempotent: true,
  run: async ({ uri, own_life: life }, { signal }) => {
    const ref = resources.parseUri(uri);
    if (ref === undefined || life === undefined) return;
    await reach("purge.pre", { uri });
    for (const kind of ref.list.kind.children) {
      if (!(await store.purge(listRef(kind, ref), life, () => signal.aborted))) return "again";
    }
    await reach("purge.post", { uri });
  },
});
