import type { Stored } from "../ports/store.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import { dataOf, lifeOf } from "../store/view.ts";
import type { ChangeEvent } from "./event.ts";

/** A change as the table tells it: what stood at a place before and after. */
export interface TableChange {
  readonly ref: ObjectRef;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

/** The events that a change of the table is: none when nobody need hear of it, two when an object took the place of one whose parent had ended. */
export const eventsOf = ({ ref, before, after }: TableChange): readonly ChangeEvent[] => {
  const lived = before !== undefined && !before.deleted ? before : undefined;
  const old = lived?.of === after?.of ? lived : undefined;
  const ended = lived !== undefined && old === undefined ? [purged(ref, lived)] : [];
  if (after === undefined) return ended;

  const common = { ...facts(ref, after), ...after.provenance, id: `${ref.uri}@${after.revision}` };
  if (after.deleted)
    return old === undefined ? ended : [{ ...common, ...ownLife(ref, old), action: "delete", old: dataOf(old) }];
  const data = dataOf(after);
  return [
    ...ended,
    old === undefined
      ? { ...common, action: "create", new: data }
      : { ...common, action: "update", new: data, old: dataOf(old) },
  ];
};

const purged = (ref: ObjectRef, lived: Stored): ChangeEvent => ({
  ...facts(ref, lived),
  id: `${ref.uri}@${lived.revision}.purge`,
  action: "purge",
  old: dataOf(lived),
});

/** What an event tells of an object's place. */
export const placeOf = (ref: ObjectRef) => {
  const ids = Object.fromEntries([ref, ...ancestors(ref)].map(({ resource, id }) => [`${resource}_id` as const, id]));
  return { resource_name: ref.resource, uri: ref.uri, ...ids };
};

const facts = (ref: ObjectRef, stored: Stored) => {
  const { by, revision, of, deleted } = stored;
  return { ...placeOf(ref), user_id: by, timestamp: revision, life: of, ...(!deleted && ownLife(ref, stored)) };
};

const ownLife = ({ list: { kind } }: ObjectRef, stored: Stored) =>
  kind.children.length > 0 && { own_life: lifeOf(stored) };
