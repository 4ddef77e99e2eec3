import { ancestors, type ObjectRef } from "../resources.ts";
import type { Stored } from "../store/store.ts";
import { dataOf } from "../store/view.ts";
import type { ChangeEvent } from "./event.ts";

/** A change as the table tells it: what stood at a place before and after. */
export interface TableChange {
  readonly ref: ObjectRef;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

/** The event that a change of the table is, or `undefined` when nobody need hear of it. */
export const eventOf = ({ ref, before, after }: TableChange): ChangeEvent | undefined => {
  if (after === undefined) return before === undefined || before.deleted ? undefined : { ...facts(ref, before), id: `${ref.uri}@${before.last_modified}.purge`, action: "purge", old: dataOf(before) };

  // What stood there in an earlier life of its parent is another object.
  const old = before !== undefined && !before.deleted && before.of === after.of ? before : undefined;
  const common = { ...facts(ref, after), id: `${ref.uri}@${after.last_modified}` };
  if (!after.deleted) {
    const data = dataOf(after);
    return old === undefined ? { ...common, action: "create", new: data } : { ...common, action: "update", new: data, old: dataOf(old) };
  }
  return old === undefined ? undefined : { ...common, ...(old.own !== undefined && { own_life: old.own }), action: "delete", old: dataOf(old) };
};

const facts = (ref: ObjectRef, { by, last_modified, of, own }: Stored) => {
  const ids = Object.fromEntries([ref, ...ancestors(ref)].map(({ resource, id }) => [`${resource}_id`, id])) as { bucket_id: string };
  return { resource_name: ref.resource, uri: ref.uri, ...ids, user_id: by, timestamp: last_modified, life: of, ...(own !== undefined && { own_life: own }) };
};
