import { toItem } from "../../../../adapters/store/dynamodb/items.ts";
import { type Send, writeAll } from "../../../../adapters/store/dynamodb/operations.ts";
import type { StoredObject } from "../../../../core/ports/store.ts";
import { BUCKETS, type ListRef, listRef, objectRef, RESOURCES } from "../../../../core/resources.ts";

let counter = 0;

/** A list of records that nothing was written to. */
export const newList = (): ListRef => {
  const bucket = objectRef(BUCKETS, "b");
  return listRef(RESOURCES.core.record, objectRef(listRef(RESOURCES.core.collection, bucket), `c${counter++}`));
};

/** An object of the generation `g`. @param chars of text in its data */
export const objectAt = (
  last_modified: number,
  { chars = 0, ...changes }: Partial<StoredObject> & { readonly chars?: number } = {},
): StoredObject => ({
  ...{ json: `{"t":"${"x".repeat(chars)}"}`, last_modified, revision: last_modified, deleted: false, acl: {} },
  ...{ changedBy: "u", parentGeneration: "g", ...changes },
});

/** Puts the items of objects, by id, without their transactions. */
export const putObjects = (send: Send, list: ListRef, objects: Readonly<Record<string, StoredObject>>): Promise<void> =>
  writeAll(
    send,
    "kintoun",
    Object.entries(objects).map(([id, one]) => ({ PutRequest: { Item: toItem(objectRef(list, id), one) } })),
  );
