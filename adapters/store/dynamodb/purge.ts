import { type Generation, type ListRef, objectRef } from "../../../core/resources.ts";
import { groupMembers } from "../../../core/store/view.ts";
import { clockKey, fromItem, grantKey, type Item, keyOf, memberKey, principalsOf, text } from "./items.ts";
import { isConditionFailed, readAll, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** Items read per call, and so the deletions under way at once at most. */
const AT_ONCE = 25;

/**
 * Removes what an ended life left in a list, until nothing is left or the time is up. It ends the list's clock before it looks,
 * so that a write which began in that life can't be made any more; and every deletion is conditional on that life, so that
 * whatever was made at the same place since then stays. Safe to repeat and to interrupt.
 */
export const purgeList = async (
  send: Send,
  table: string,
  list: ListRef,
  of: Generation,
  until: () => boolean,
): Promise<boolean> => {
  await endClock(send, table, list, of);
  for (;;) {
    const { Items = [] } = await send("Query", {
      TableName: table,
      IndexName: TABLE.index.name,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :list AND begins_with(#at, :of)",
      ExpressionAttributeNames: { "#at": TABLE.index.sortKey },
      ExpressionAttributeValues: { ":list": { S: list.uri }, ":of": { S: `${of}.` } },
      Limit: AT_ONCE,
    });
    if (Items.length === 0) return true;
    const whole = await readAll(
      send,
      table,
      Items.map(({ pk, sk }) => ({ pk, sk }) as Item),
    );
    await Promise.all(whole.map((item) => purgeObject(send, table, list, item, of)));
    if (until()) return false;
  }
};

/** An object's rows go before it, so that an interruption leaves nothing that could not be found again. */
const purgeObject = async (send: Send, table: string, list: ListRef, item: Item, of: Generation): Promise<void> => {
  const ref = objectRef(list, text(item, "sk"));
  const stored = fromItem(item);
  if (stored.parentGeneration !== of) return;
  const rows = [
    ...[...new Set(principalsOf(stored))].map((principal) => grantKey(principal, ref)),
    ...(ref.resourceName === "group" ? groupMembers(stored).map((member) => memberKey(member, ref)) : []),
  ];
  await Promise.all(rows.map((Key) => deleteOfLife(send, table, Key, of)));
  await deleteOfLife(send, table, keyOf(ref), of);
};

/** The timestamp stays, so that a list which is made anew goes on from it. A list that has none yet gets a clock, so that a late write finds it. */
const endClock = (send: Send, table: string, list: ListRef, of: Generation): Promise<void> =>
  unlessOfAnotherLife(
    send("UpdateItem", {
      ...onLife(table, clockKey(list)),
      ConditionExpression: "#of = :of OR attribute_not_exists(pk)",
      ExpressionAttributeNames: { "#of": "of", "#last": "last" },
      UpdateExpression: "SET #of = :ended, #last = if_not_exists(#last, :zero), n = if_not_exists(n, :zero)",
      ExpressionAttributeValues: { ":of": { S: of }, ":ended": { S: "ended" }, ":zero": { N: "0" } },
    }),
  );

const deleteOfLife = (send: Send, table: string, key: Item, of: Generation): Promise<void> =>
  unlessOfAnotherLife(send("DeleteItem", { ...onLife(table, key), ExpressionAttributeValues: { ":of": { S: of } } }));

const onLife = (TableName: string, Key: Item) => ({
  TableName,
  Key,
  ConditionExpression: "#of = :of",
  ExpressionAttributeNames: { "#of": "of" },
});

const unlessOfAnotherLife = async (sent: Promise<unknown>): Promise<void> => {
  try {
    await sent;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
};
