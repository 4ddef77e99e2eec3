import {
  type CountQuery,
  type ListCount,
  MAX_PAGE_BYTES,
  type Page,
  type PageCursor,
  type PageQuery,
} from "../../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../../core/resources.ts";
import { isBehind, newestFirst } from "../../../core/store/session.ts";
import { entryFromItem, fromItem, type IndexedEntry, type Item, keyOf, text, timeSortKey } from "./items.ts";
import { bytesOfQuery, type Operations, readAllMeasured, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** The assumed size of JSON that is not in the index: the maximum. */
const LARGE_ENTRY_BYTES = 400_000;
/** The least size of an entry's JSON: its id and timestamp. */
const MIN_ENTRY_BYTES = 28;

/** Sorts after every id. */
export const AFTER_IDS = "~";

type Kind = "object" | "tombstone";
type Bounds = Pick<PageQuery, "parentGeneration" | "since" | "before" | "after">;

/** Reads a page of a list, newest first. Merges objects and, if requested, tombstones. */
export const readListPage = async (send: Send, table: string, list: ListRef, query: PageQuery): Promise<Page> => {
  if (isEmpty(query)) return { entries: [], bytes: 0 };
  const runs = await Promise.all(kindsOf(query).map((kind) => readRun(send, table, list, kind, query)));
  const merged = runs.flatMap(({ entries }) => entries).sort(newestFirst);

  // Entries behind the end of a truncated run are unusable: unread entries of that run may come before them.
  const [horizon] = runs.flatMap(({ entries, more }) => (more ? (entries.at(-1) ?? []) : [])).sort(newestFirst);
  const usable = horizon === undefined ? merged : merged.filter((entry) => !isBehind(entry, horizon));
  const page = usable.slice(0, Math.min(query.limit, countFitting(usable, query.maxBytes)));
  const last = page.at(-1);
  const isLastPage = page.length === merged.length && runs.every(({ more }) => !more);
  const { entries, bytes } = await addLargeJson(send, table, list, page);
  return {
    entries,
    bytes: runs.reduce((sum, run) => sum + run.bytes, bytes),
    ...(!isLastPage && last !== undefined && { next: { last_modified: last.last_modified, id: last.id } }),
  };
};

const kindsOf = ({ tombstones }: Pick<CountQuery, "tombstones">): Kind[] =>
  tombstones === "only" ? ["tombstone"] : tombstones ? ["object", "tombstone"] : ["object"];

/** Reads JSON that is too large for the index. Leaves out objects that were deleted since the index was read. */
const addLargeJson = async (
  send: Send,
  table: string,
  list: ListRef,
  entries: readonly IndexedEntry[],
): Promise<Pick<Page, "entries" | "bytes">> => {
  const keys = entries.filter(({ json }) => json === undefined).map(({ id }) => keyOf(objectRef(list, id)));
  const { items, bytes } = keys.length === 0 ? { items: [], bytes: 0 } : await readAllMeasured(send, table, keys);
  const large = new Map(items.map((item) => [text(item, "sk"), fromItem(item)]));
  const complete = entries.flatMap(({ id, json, last_modified }) => {
    if (json !== undefined) return { id, json, last_modified };
    const stored = large.get(id);
    return stored === undefined || stored.deleted ? [] : { id, json: stored.json, last_modified: stored.last_modified };
  });
  return { entries: complete, bytes };
};

/** Counts the entries of all pages, until `maxBytes` are read. */
export const countListEntries = async (
  send: Send,
  table: string,
  list: ListRef,
  query: CountQuery,
): Promise<ListCount> => {
  const { maxBytes = Number.POSITIVE_INFINITY } = query;
  let [count, bytes, isComplete] = [0, 0, true];
  for (const kind of isEmpty(query) ? [] : kindsOf(query)) {
    let startKey: Item | undefined;
    do {
      const output: Operations["Query"][1] = await send("Query", {
        ...toQueryInput(table, list, kind, query),
        Select: "COUNT",
        ...(startKey && { ExclusiveStartKey: startKey }),
      });
      count += output.Count ?? 0;
      bytes += bytesOfQuery(output);
      startKey = output.LastEvaluatedKey;
    } while (startKey !== undefined && bytes < maxBytes);
    isComplete &&= startKey === undefined;
  }
  return { count, bytes, isComplete };
};

/** Reads the entries of a kind until there is one more than fits. */
const readRun = async (
  send: Send,
  table: string,
  list: ListRef,
  kind: Kind,
  query: PageQuery,
): Promise<{ entries: IndexedEntry[]; more: boolean; bytes: number }> => {
  const { maxBytes = MAX_PAGE_BYTES } = query;
  const limit = Math.min(query.limit, Math.ceil(maxBytes / MIN_ENTRY_BYTES));
  const entries: IndexedEntry[] = [];
  let [jsonBytes, bytes] = [0, 0];
  let startKey: Item | undefined = query.after && toStartKey(list, kind, query, query.after);
  for (;;) {
    const output: Operations["Query"][1] = await send("Query", {
      ...toQueryInput(table, list, kind, query),
      Limit: limit + 1 - entries.length,
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    for (const item of output.Items ?? []) {
      const entry = entryFromItem(item);
      jsonBytes += sizeOf(entry);
      entries.push(entry);
    }
    bytes += bytesOfQuery(output);
    startKey = output.LastEvaluatedKey;
    if (startKey === undefined) return { entries, more: false, bytes };
    if (entries.length > limit || jsonBytes > maxBytes) return { entries, more: true, bytes };
  }
};

/** DynamoDB rejects an upper bound that is below the lower one. */
const isEmpty = ({ since = -1, before = Number.POSITIVE_INFINITY }: Bounds): boolean => since + 1 > before - 1;

const toQueryInput = (
  table: string,
  { uri }: ListRef,
  kind: Kind,
  { parentGeneration, since, before }: Bounds,
): Operations["Query"][0] => ({
  TableName: table,
  IndexName: TABLE.index.name,
  ConsistentRead: true,
  ReturnConsumedCapacity: "TOTAL",
  ScanIndexForward: false,
  KeyConditionExpression: "pk = :list AND #at BETWEEN :from AND :to",
  ExpressionAttributeNames: { "#at": TABLE.index.sortKey },
  ExpressionAttributeValues: {
    ":list": { S: uri },
    ":from": { S: timeSortKey(parentGeneration, kind, (since ?? -1) + 1) },
    ":to": { S: timeSortKey(parentGeneration, kind, (before ?? Number.POSITIVE_INFINITY) - 1, AFTER_IDS) },
  },
});

const toStartKey = (
  list: ListRef,
  kind: Kind,
  { parentGeneration }: Bounds,
  { last_modified, id }: PageCursor,
): Item => ({
  pk: { S: list.uri },
  sk: { S: id },
  at: { S: timeSortKey(parentGeneration, kind, last_modified, id) },
});

const sizeOf = ({ json }: Pick<IndexedEntry, "json">): number =>
  json === undefined ? LARGE_ENTRY_BYTES : Buffer.byteLength(json);

/** Counts the first entries that fit into a page, at least one. */
export const countFitting = (entries: readonly Pick<IndexedEntry, "json">[], maxBytes = MAX_PAGE_BYTES): number => {
  let [count, bytes] = [0, 0];
  for (const entry of entries) {
    bytes += sizeOf(entry);
    if (bytes > maxBytes && count > 0) break;
    count++;
  }
  return count;
};
