import type { HookRunner } from "../hook-points.ts";
import type { Store } from "../ports/store.ts";
import type { Versions } from "../ports/versions.ts";
import { listRef, type Resources } from "../resources.ts";
import type { Listener, Subscription } from "./listener.ts";

export const PURGE_LISTENER = { name: "store-purge" } as const;

/** The store's own listener, which receives the deletion of every object that may have children. */
export const createPurgeSubscription = ({ all }: Resources): Subscription => ({
  ...PURGE_LISTENER,
  imports: true,
  on: all.filter(({ children }) => children.length > 0).flatMap(({ name }) => [`${name}.delete`, `${name}.purge`]),
});

/**
 * Creates the listener that removes the children of a deleted object, and the versions of a deleted bucket. Children that have children themselves are
 * announced as `purge` events, so that theirs are removed in turn.
 */
export const createPurgeListener = (
  store: Pick<Store, "purge">,
  resources: Resources,
  runHooks: HookRunner,
  openVersions: () => Promise<Pick<Versions, "purge">>,
): Listener => ({
  ...createPurgeSubscription(resources),
  idempotent: true,
  run: async ({ uri, own_generation: generation }, { signal }) => {
    const ref = resources.parseUri(uri);
    if (ref === undefined || generation === undefined) return;
    await runHooks("purge.pre", { uri });
    for (const resource of ref.list.resource.children) {
      if (!(await store.purge(listRef(resource, ref), generation, () => signal.aborted))) return "requeue";
    }
    if (ref.resourceName === "bucket") {
      const versions = await openVersions();
      if (!(await versions.purge({ uri, generation }, () => signal.aborted))) return "requeue";
    }
    await runHooks("purge.post", { uri });
  },
});
