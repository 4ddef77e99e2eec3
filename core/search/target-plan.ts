import type { StoreContext } from "../objects/store-context.ts";
import { ancestors, listRef, type ObjectRef } from "../resources.ts";

/** What a search of a collection reads first, for one round with others. */
export const targetPlan = ({ resources }: Pick<StoreContext, "resources">, collection: ObjectRef) => ({
  objects: [],
  parents: [collection, ...ancestors(collection)],
  clocks: [listRef(resources.core.record, collection)],
  writes: [],
});
