import type { Store } from "../../../core/ports/store.ts";
import type { ObjectRef } from "../../../core/resources.ts";
import { Session, SnapshotCache } from "../../../core/store/session.ts";
import { clock, NOW, PARENTS, RECORDS, stored } from "./open-view.ts";

/** A session in a bucket with a collection, on a store that has only these methods. Records the calls. */
export const openSession = (store: Partial<Store> = {}, objects: readonly ObjectRef[] = []) => {
  const calls: unknown[][] = [];
  const recorded = Object.entries(store).map(([name, method]) => [
    name,
    (...args: never[]) => {
      calls.push([name, ...args]);
      return (method as (...args: never[]) => unknown)(...args);
    },
  ]);
  const cache = new SnapshotCache();
  for (const [uri, parent] of Object.entries(PARENTS)) cache.parents.set(uri, parent);
  for (const { uri } of objects) cache.objects.set(uri, stored());
  cache.clocks.set(RECORDS.uri, clock(9));
  const session = new Session(Object.fromEntries(recorded) as unknown as Store, cache, NOW);
  return { session, cache, calls };
};
