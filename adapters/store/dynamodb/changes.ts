import type { ChangeCursor, ChangesPage, ChangesQuery, ListChange } from "../../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../../core/resources.ts";
import {
  entryFromItem,
  fromItem,
  type IndexedEntry,
  type Item,
  keyOf,
  revisionSortKey,
  text,
  timeSortKey,
} from "./items.ts";
import { readAll, type Send } from "./operations.ts";
import { AFTER_IDS, countFitting } from "./page.ts";
import { TABLE } from "./table.ts";

/** Sorts after an id and before all longer ids that start with it. */
const AFTER_ID = "!";

type IndexedChange = IndexedEntry & Pick<ListChange, "deleted">;
type Position = Required<ChangeCursor>;

/** An index, and its sort keys in a generation. */
interface Order {
  readonly index: typeof TABLE.index | typeof TABLE.revisionIndex;
  readonly toKey: (revision: number, id?: string) => string;
  readonly isDeleted: (item: Item) => boolean;
}

/**
 * Reads a page of changes in the order of revisions: from the first index the objects and the tombstones whose revision
 * is their time, and from the second the others. One call each, so a page may have fewer changes than its limit.
 */
export const readChanges = async (
  send: Send,
  table: string,
  list: ListRef,
  { parentGeneration, after, limit }: ChangesQuery,
): Promise<ChangesPage> => {
  const orders: readonly Order[] = [
    ...(["object", "tombstone"] as const).map((kind) => ({
      index: TABLE.index,
      toKey: (revision: number, id?: string) => timeSortKey(parentGeneration, kind, revision, id),
      isDeleted: () => kind === "tombstone",
    })),
    {
      index: TABLE.revisionIndex,
      toKey: (revision, id) => revisionSortKey(parentGeneration, revision, id),
      isDeleted: ({ gone }) => gone?.BOOL === true,
    },
  ];
  const runs = await Promise.all(orders.map((order) => readRun(send, table, list, order, after, limit)));
  // Changes behind the end of a truncated run are unusable: unread ones of that run may come before them.
  const [horizon] = runs.flatMap(({ end }) => end ?? []).sort(oldestFirst);
  const usable = runs
    .flatMap(({ changes }) => changes)
    .filter((change) => horizon === undefined || oldestFirst(change, horizon) <= 0)
    .sort(oldestFirst);
  const page = usable.slice(0, Math.min(limit, countFitting(usable)));
  const next = page.length < usable.length ? page.at(-1) : horizon;
  return {
    changes: await addLargeJson(send, table, list, page),
    ...(next !== undefined && { next: { revision: next.revision, id: next.id } }),
  };
};

const oldestFirst = (a: Position, b: Position): number =>
  a.revision - b.revision || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Reads changes in the order of an index by one call. `end` is the last position that was read, if there are more. */
const readRun = async (
  send: Send,
  table: string,
  { uri }: ListRef,
  { index, toKey, isDeleted }: Order,
  { revision, id }: ChangeCursor,
  limit: number,
): Promise<{ changes: readonly IndexedChange[]; end?: Position }> => {
  const { Items = [], LastEvaluatedKey } = await send("Query", {
    TableName: table,
    IndexName: index.name,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :list AND #key BETWEEN :from AND :to",
    // The first index has the items of the second one too, at their time.
    ...(index === TABLE.index && { FilterExpression: "attribute_not_exists(rev)" }),
    ExpressionAttributeNames: { "#key": index.sortKey },
    ExpressionAttributeValues: {
      ":list": { S: uri },
      ":from": { S: id === undefined ? toKey(revision + 1) : `${toKey(revision, id)}${AFTER_ID}` },
      ":to": { S: toKey(Number.POSITIVE_INFINITY, AFTER_IDS) },
    },
    Limit: limit + 1,
  });
  return {
    changes: Items.map((item) => ({ ...entryFromItem(item), deleted: isDeleted(item) })),
    ...(LastEvaluatedKey !== undefined && { end: positionOf(LastEvaluatedKey, index.sortKey) }),
  };
};

/** Parses the position in a sort key of an index. Ids have no dot. */
const positionOf = (key: Item, sortKey: string): Position => {
  const [revision, id = ""] = text(key, sortKey).split(".").slice(-2);
  return { revision: Number(revision), id };
};

/** Reads JSON that is too large for the indexes. Leaves out objects that have changed since, and come later. */
const addLargeJson = async (
  send: Send,
  table: string,
  list: ListRef,
  changes: readonly IndexedChange[],
): Promise<ListChange[]> => {
  const keys = changes.filter(({ json }) => json === undefined).map(({ id }) => keyOf(objectRef(list, id)));
  const items = keys.length === 0 ? [] : await readAll(send, table, keys);
  const large = new Map(items.map((item) => [text(item, "sk"), fromItem(item)]));
  return changes.flatMap(({ json, ...change }) => {
    if (json !== undefined) return { ...change, json };
    const stored = large.get(change.id);
    return stored?.revision === change.revision ? { ...change, json: stored.json } : [];
  });
};
