import type { ListEntry, Page, PageCursor, PageQuery, WalkPage, WalkQuery } from "../../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../../core/resources.ts";
import { isBehind, newestFirst } from "../../../core/store/session.ts";
import { entryFromItem, fromItem, type IndexedEntry, type Item, keyOf, text, timeSortKey } from "./items.ts";
import { type Operations, readAll, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** Bytes of JSON in a page: an answer of a Lambda has 6 MB at most, and its JSON is quoted once more on the way. */
const LARGEST_PAGE = 2_800_000;

/** Sorts after every id. */
const BEYOND_IDS = "~";

type Kind = "object" | "tombstone";
type Bounds = Pick<PageQuery, "of" | "since" | "before" | "after">;

/** One page of a list, newest first: objects, and tombstones merged in where they are asked for. */
export const readListPage = async (send: Send, table: string, list: ListRef, query: PageQuery): Promise<Page> => {
  const kinds: Kind[] = query.tombstones ? ["object", "tombstone"] : ["object"];
  if (isEmpty(query)) return { entries: [] };
  const runs = await Promise.all(kinds.map((kind) => run(send, table, list, kind, query)));
  const merged = runs.flatMap(({ found }) => found).sort(newestFirst);

  // Beyond the end of a run that was cut short, the other's entries may have neighbours that were not read.
  const [horizon] = runs.flatMap(({ found, more }) => (more ? (found.at(-1) ?? []) : [])).sort(newestFirst);
  const known = horizon === undefined ? merged : merged.filter((entry) => !isBehind(entry, horizon));
  const fitting = known.slice(0, Math.min(query.limit, thatFit(known)));
  const last = fitting.at(-1);
  const ended = fitting.length === merged.length && runs.every(({ more }) => !more);
  return {
    entries: await complete(send, table, list, fitting),
    ...(!ended && last !== undefined && { next: { last_modified: last.last_modified, id: last.id } }),
  };
};

/** Reads what the index does not hold: large JSON. An object that was deleted since the index was read is left out. */
const complete = async (
  send: Send,
  table: string,
  list: ListRef,
  found: readonly IndexedEntry[],
): Promise<ListEntry[]> => {
  const missing = found.filter(({ json }) => json === undefined).map(({ id }) => keyOf(objectRef(list, id)));
  const read = missing.length === 0 ? [] : await readAll(send, table, missing);
  const large = new Map(read.map((item) => [text(item, "sk"), fromItem(item)]));
  return found.flatMap(({ id, json, last_modified }) => {
    if (json !== undefined) return { id, json, last_modified };
    const stored = large.get(id);
    return stored === undefined || stored.deleted ? [] : { id, json: stored.json, last_modified: stored.last_modified };
  });
};

/** How many entries {@link readListPage} would give in all. */
export const countListEntries = async (
  send: Send,
  table: string,
  list: ListRef,
  query: Bounds & { tombstones: boolean },
): Promise<number> => {
  const kinds: Kind[] = query.tombstones ? ["object", "tombstone"] : ["object"];
  if (isEmpty(query)) return 0;
  const counts = kinds.map(async (kind) => {
    let total = 0;
    let from: Item | undefined;
    do {
      const answer = await send("Query", {
        ...question(table, list, kind, query),
        Select: "COUNT",
        ...(from && { ExclusiveStartKey: from }),
      });
      total += answer.Count ?? 0;
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return total;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
};

/** Reads a kind's entries until there is one more than fits. */
const run = async (
  send: Send,
  table: string,
  list: ListRef,
  kind: Kind,
  query: PageQuery,
): Promise<{ found: IndexedEntry[]; more: boolean }> => {
  const found: IndexedEntry[] = [];
  let bytes = 0;
  let from: Item | undefined = query.after && startKey(list, kind, query, query.after);
  for (;;) {
    const answer: Operations["Query"][1] = await send("Query", {
      ...question(table, list, kind, query),
      Limit: query.limit + 1 - found.length,
      ...(from && { ExclusiveStartKey: from }),
    });
    for (const item of answer.Items ?? []) {
      const entry = entryFromItem(item);
      bytes += sizeOf(entry);
      found.push(entry);
    }
    from = answer.LastEvaluatedKey;
    if (from === undefined) return { found, more: false };
    if (found.length > query.limit || bytes > LARGEST_PAGE) return { found, more: true };
  }
};

/** DynamoDB refuses bounds that are the wrong way round. */
const isEmpty = ({ since = -1, before = Number.POSITIVE_INFINITY }: Bounds): boolean => since + 1 > before - 1;

const question = (
  table: string,
  { uri }: ListRef,
  kind: Kind,
  { of, since, before }: Bounds,
): Operations["Query"][0] => ({
  TableName: table,
  IndexName: TABLE.index.name,
  ConsistentRead: true,
  ScanIndexForward: false,
  KeyConditionExpression: "pk = :list AND #at BETWEEN :from AND :to",
  ExpressionAttributeNames: { "#at": TABLE.index.sortKey },
  ExpressionAttributeValues: {
    ":list": { S: uri },
    ":from": { S: timeSortKey(of, kind, (since ?? -1) + 1) },
    ":to": { S: timeSortKey(of, kind, before === undefined ? Number.POSITIVE_INFINITY : before - 1, BEYOND_IDS) },
  },
});

const startKey = (list: ListRef, kind: Kind, { of }: Bounds, { last_modified, id }: PageCursor): Item => ({
  pk: { S: list.uri },
  sk: { S: id },
  at: { S: timeSortKey(of, kind, last_modified, id) },
});

/** What the index does not hold is taken for as large as can be. */
const sizeOf = ({ json }: IndexedEntry): number => json?.length ?? 400_000;

/** How many of the first entries make a page that is not too large; one in any case. */
const thatFit = (entries: readonly IndexedEntry[]): number => {
  let [count, bytes] = [0, 0];
  for (const entry of entries) {
    bytes += sizeOf(entry);
    if (bytes > LARGEST_PAGE && count > 0) break;
    count++;
  }
  return count;
};

/** Sorts after a list's clock, and before every id. */
const BEFORE_IDS = "#~";

/** Some of a life's objects, as the table itself sorts them: by id. */
export const walkObjects = async (
  send: Send,
  table: string,
  list: ListRef,
  { parentGeneration: of, after = BEFORE_IDS, limit }: WalkQuery,
): Promise<WalkPage> => {
  const { Items = [], LastEvaluatedKey } = await send("Query", {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :list AND sk > :after",
    FilterExpression: "#of = :of AND attribute_not_exists(gone)",
    ExpressionAttributeNames: { "#of": "of" },
    ExpressionAttributeValues: { ":list": { S: list.uri }, ":after": { S: after }, ":of": { S: of } },
    Limit: limit,
  });
  return {
    objects: Items.map((item) => [text(item, "sk"), fromItem(item)] as const),
    ...(LastEvaluatedKey !== undefined && { next: text(LastEvaluatedKey, "sk") }),
  };
};
