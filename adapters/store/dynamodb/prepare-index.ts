import { randomUUID } from "node:crypto";
import type { Commit, PreparedIndex } from "../../../core/ports/store.ts";
import { type IndexItems, type Item, indexItemsOf, text, toPreparedItems } from "./items.ts";
import { isConditionFailed, type Send, writeAll } from "./operations.ts";

/** Items deleted in parallel. */
const MAX_PARALLEL_DELETIONS = 32;

/** Writes index items before a commit whose transaction they do not fit into. */
export const prepareIndex = async (
  send: Send,
  table: string,
  { changes }: Commit,
  prepared: PreparedIndex | undefined,
): Promise<PreparedIndex> => {
  const { id, items } = prepared ?? { id: randomUUID(), items: new Set<string>() };
  const missing = new Map<string, Item>();
  for (const item of changes.flatMap((change) => toPreparedItems(indexItemsOf(change), id)))
    if (!items.has(nameOf(item))) missing.set(nameOf(item), item);
  await writeAll(
    send,
    table,
    [...missing.values()].map((Item) => ({ PutRequest: { Item } })),
  );
  return { id, items: new Set([...items, ...missing.keys()]) };
};

/** Whether all index items of a commit are written. */
export const isPrepared = (index: readonly IndexItems[], prepared: PreparedIndex | undefined): boolean => {
  if (prepared === undefined) return false;
  const { id, items } = prepared;
  return index.every((changed) => toPreparedItems(changed, id).every((item) => items.has(nameOf(item))));
};

/** Deletes the items that a commit removed, except those that another writer has added again. */
export const cleanIndex = async (
  send: Send,
  table: string,
  { changes }: Commit,
  { id }: PreparedIndex,
): Promise<void> => {
  const keys = changes.flatMap((change) => indexItemsOf(change).removed);
  for (let i = 0; i < keys.length; i += MAX_PARALLEL_DELETIONS)
    await Promise.all(keys.slice(i, i + MAX_PARALLEL_DELETIONS).map((key) => deleteMarked(send, table, key, id)));
};

const deleteMarked = async (send: Send, table: string, Key: Item, id: string): Promise<void> => {
  try {
    await send("DeleteItem", {
      TableName: table,
      Key,
      ConditionExpression: "removing = :id",
      ExpressionAttributeValues: { ":id": { S: id } },
    });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
};

/** Identifies an item within a preparation. */
const nameOf = (item: Item): string =>
  JSON.stringify([text(item, "pk"), text(item, "sk"), item.of?.S, item.removing !== undefined]);
