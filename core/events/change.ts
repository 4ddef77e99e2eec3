import type { StoredObject } from "../ports/store.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import { generationOf, parseData } from "../store/view.ts";
import type { ChangeEvent } from "./event.ts";

/** A change of one object in the table: its state before and after. */
export interface TableChange {
  readonly ref: ObjectRef;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
}

/**
 * Converts a table change to events. Usually returns one event; none for the removal of a tombstone; two when a new
 * object replaced one whose parent was deleted.
 */
export const toChangeEvents = ({ ref, before, after }: TableChange): readonly ChangeEvent[] => {
  const existing = before !== undefined && !before.deleted ? before : undefined;
  const old = existing?.parentGeneration === after?.parentGeneration ? existing : undefined;
  const purged = existing !== undefined && old === undefined ? [toPurgeEvent(ref, existing)] : [];
  if (after === undefined) return purged;

  const common = { ...toEventFields(ref, after), ...after.provenance, id: `${ref.uri}@${after.revision}` };
  if (after.deleted) {
    return old === undefined
      ? purged
      : [{ ...common, ...toGenerationField(ref, old), action: "delete", old: parseData(old) }];
  }
  const data = parseData(after);
  return [
    ...purged,
    old === undefined
      ? { ...common, action: "create", new: data }
      : { ...common, action: "update", new: data, old: parseData(old) },
  ];
};

const toPurgeEvent = (ref: ObjectRef, stored: StoredObject): ChangeEvent => ({
  ...toEventFields(ref, stored),
  id: `${ref.uri}@${stored.revision}.purge`,
  action: "purge",
  old: parseData(stored),
});

/** Returns the fields of an event that identify its object. */
export const toObjectFields = (ref: ObjectRef) => {
  const path = [ref, ...ancestors(ref)];
  const ids = Object.fromEntries(path.map(({ resourceName, id }) => [`${resourceName}_id` as const, id]));
  return { resource_name: ref.resourceName, uri: ref.uri, ...ids };
};

const toEventFields = (ref: ObjectRef, stored: StoredObject) => ({
  ...toObjectFields(ref),
  user_id: stored.changedBy,
  timestamp: stored.revision,
  parent_generation: stored.parentGeneration,
  ...(!stored.deleted && toGenerationField(ref, stored)),
});

const toGenerationField = ({ list: { resource } }: ObjectRef, stored: StoredObject) =>
  resource.children.length > 0 && { own_generation: generationOf(stored) };
