import { type Generation, type ListRef, type ObjectRef, objectRef } from "../../../core/resources.ts";
import { groupMembers } from "../../../core/store/view.ts";
import { clockKey, fromItem, grantKey, type Item, keyOf, memberKey, parentKey, principalsOf, text } from "./items.ts";
import { isConditionFailed, isTransactionCanceled, readAll, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** Items read per call, and maximum number of parallel deletions. */
const BATCH_ITEMS = 25;

/**
 * Removes what an ended generation left in a list, until nothing is left or `shouldStop` returns true. Safe to repeat
 * and to interrupt: it first ends the list's clock, so that late writes of that generation fail, and every deletion is
 * conditional on the generation, so that newer objects stay.
 * @returns whether everything is removed
 */
export const purgeList = async (
  send: Send,
  table: string,
  list: ListRef,
  generation: Generation,
  shouldStop: () => boolean,
): Promise<boolean> => {
  await endClock(send, table, list, generation);
  for (;;) {
    const { Items = [] } = await send("Query", {
      TableName: table,
      IndexName: TABLE.index.name,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :list AND begins_with(#at, :of)",
      ExpressionAttributeNames: { "#at": TABLE.index.sortKey },
      ExpressionAttributeValues: { ":list": { S: list.uri }, ":of": { S: `${generation}.` } },
      Limit: BATCH_ITEMS,
    });
    if (Items.length === 0) return true;
    const items = await readAll(
      send,
      table,
      Items.map(({ pk, sk }) => ({ pk, sk }) as Item),
    );
    await Promise.all(items.map((item) => purgeObject(send, table, list, item, generation)));
    if (shouldStop()) return false;
  }
};

/** Deletes an object after its index items, so that an interrupted purge finds all of them again. */
const purgeObject = async (
  send: Send,
  table: string,
  list: ListRef,
  item: Item,
  generation: Generation,
): Promise<void> => {
  const ref = objectRef(list, text(item, "sk"));
  const stored = fromItem(item);
  if (stored.parentGeneration !== generation) return;
  const indexKeys = [
    ...[...new Set(principalsOf(stored))].map((principal) => grantKey(principal, ref)),
    ...(ref.resourceName === "group" ? groupMembers(stored).map((member) => memberKey(member, ref)) : []),
  ];
  await Promise.all(indexKeys.map((Key) => deleteOfGeneration(send, table, Key, generation)));
  await (stored.ownGeneration === undefined
    ? deleteWithoutParentItem(send, table, ref, generation)
    : deleteWithParentItem(send, table, ref, stored.ownGeneration));
};

/** Deletes an object that has no parent item, unless it has got one since it was read. The purge then finds it again. */
const deleteWithoutParentItem = (send: Send, table: string, ref: ObjectRef, generation: Generation): Promise<void> =>
  ignoreOtherGeneration(
    send("DeleteItem", {
      TableName: table,
      Key: keyOf(ref),
      ConditionExpression: "#of = :of AND attribute_not_exists(#own)",
      ExpressionAttributeNames: { "#of": "of", "#own": "own" },
      ExpressionAttributeValues: { ":of": { S: generation } },
    }),
  );

/** Deletes an object and its parent item, unless it was created again. After a conflict, the purge finds it again. */
const deleteWithParentItem = async (
  send: Send,
  TableName: string,
  ref: ObjectRef,
  ownGeneration: Generation,
): Promise<void> => {
  try {
    await send("TransactWriteItems", {
      TransactItems: [
        {
          Delete: {
            TableName,
            Key: keyOf(ref),
            ConditionExpression: "#own = :own",
            ExpressionAttributeNames: { "#own": "own" },
            ExpressionAttributeValues: { ":own": { S: ownGeneration } },
          },
        },
        { Delete: { TableName, Key: parentKey(ref) } },
      ],
    });
  } catch (error) {
    if (!isTransactionCanceled(error)) throw error;
  }
};

/** Keeps the timestamp, from which a new generation continues. Creates a missing clock, so that late writes fail. */
const endClock = (send: Send, table: string, list: ListRef, generation: Generation): Promise<void> =>
  ignoreOtherGeneration(
    send("UpdateItem", {
      ...onGeneration(table, clockKey(list)),
      ConditionExpression: "#of = :of OR attribute_not_exists(pk)",
      ExpressionAttributeNames: { "#of": "of", "#last": "last" },
      UpdateExpression: "SET #of = :ended, #last = if_not_exists(#last, :zero), n = if_not_exists(n, :zero)",
      ExpressionAttributeValues: { ":of": { S: generation }, ":ended": { S: "ended" }, ":zero": { N: "0" } },
    }),
  );

const deleteOfGeneration = (send: Send, table: string, key: Item, generation: Generation): Promise<void> =>
  ignoreOtherGeneration(
    send("DeleteItem", { ...onGeneration(table, key), ExpressionAttributeValues: { ":of": { S: generation } } }),
  );

const onGeneration = (TableName: string, Key: Item) => ({
  TableName,
  Key,
  ConditionExpression: "#of = :of",
  ExpressionAttributeNames: { "#of": "of" },
});

const ignoreOtherGeneration = async (sent: Promise<unknown>): Promise<void> => {
  try {
    await sent;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
};
