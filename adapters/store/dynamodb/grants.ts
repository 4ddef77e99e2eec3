import { type GrantPage, type GrantQuery, grantPosition } from "../../../core/ports/store.ts";
import { type Item, text } from "./items.ts";
import type { Operations, Send } from "./operations.ts";

/** Minimum number of items per call. */
const MIN_ITEMS_PER_CALL = 50;
/** Items are read until there are this many times as many as requested: an object can have one per principal. */
const MAX_ITEMS_PER_GRANT = 5;

/** The items of one principal, in descending order. */
interface Run {
  readonly pk: string;
  readonly items: Item[];
  /** The last item that was read; `undefined` at the end. */
  last: string | undefined;
}

/**
 * Returns the addresses of objects that name one of the principals. Merges the items of all principals in descending
 * order, and reads further items of one only while they may come next.
 */
export const findGrants = async (
  send: Send,
  table: string,
  principals: readonly string[],
  { list, after, limit }: GrantQuery,
): Promise<GrantPage> => {
  const perCall = Math.max(Math.ceil(limit / Math.max(principals.length, 1)) + 1, MIN_ITEMS_PER_CALL);
  const prefix = list === undefined ? undefined : `${list.uri}#`;
  const runs = principals.map((principal): Run => ({ pk: `who#${principal}`, items: [], last: after }));
  const extend = (run: Run) => readItems(send, table, run, prefix, perCall);
  await Promise.all(runs.map(extend));
  for (;;) {
    // Items below the end of an incomplete run are unusable: unread items of that run may come before them.
    const horizon = runs.reduce((highest, { last }) => (last !== undefined && last > highest ? last : highest), "");
    const positions = new Set(runs.flatMap(({ items }) => items.map(positionOf)).filter((at) => at >= horizon));
    const count = runs.reduce((sum, { items }) => sum + items.length, 0);
    if (horizon === "" || positions.size > limit || count > MAX_ITEMS_PER_GRANT * limit)
      return toPage([...positions].sort().reverse(), limit, horizon !== "");
    await Promise.all(runs.filter(({ last }) => last === horizon).map(extend));
  }
};

const positionOf = (item: Item): string => text(item, "sk");

const toPage = (positions: readonly string[], limit: number, hasMore: boolean): GrantPage => {
  const page = positions.slice(0, limit);
  const next = page.length < positions.length || hasMore ? page.at(-1) : undefined;
  return { grants: page.map(toAddress), ...(next !== undefined && { next }) };
};

const toAddress = (position: string) => {
  const [list = "", id = ""] = position.split("#");
  const address = { list, id };
  if (grantPosition(address) !== position) throw new TypeError(`The index item '${position}' has an invalid key`);
  return address;
};

/** Reads more items of a principal. */
const readItems = async (
  send: Send,
  table: string,
  run: Run,
  prefix: string | undefined,
  limit: number,
): Promise<void> => {
  const output: Operations["Query"][1] = await send("Query", {
    TableName: table,
    ConsistentRead: true,
    ScanIndexForward: false,
    KeyConditionExpression: prefix === undefined ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
    ExpressionAttributeValues: {
      ":pk": { S: run.pk },
      ...(prefix !== undefined && { ":prefix": { S: prefix } }),
    },
    Limit: limit,
    ...(run.last !== undefined && { ExclusiveStartKey: { pk: { S: run.pk }, sk: { S: run.last } } }),
  });
  run.items.push(...(output.Items ?? []));
  run.last = output.LastEvaluatedKey && text(output.LastEvaluatedKey, "sk");
};
