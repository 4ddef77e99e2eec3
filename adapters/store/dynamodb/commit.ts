import type { TransactWriteItem, WriteRequest } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import type { Change, ClockUpdate, Commit, CommitOutcome, ListClock } from "../../../core/ports/store.ts";
import { clockFromItem, clockKey, type IndexItems, type Item, indexItemsOf, toItem } from "./items.ts";
import { DynamoDbError, type Send, writeAll } from "./operations.ts";

/** DynamoDB's limit of items in a transaction. */
const LARGEST_TRANSACTION = 100;
/** DynamoDB's limit of bytes in a transaction (4 MB), less room for keys and the store's own attributes. */
const LARGEST_BYTES = 3_900_000;

/**
 * Makes a commit in one transaction. Where an object names so many people that their rows do not fit into it, the rows are
 * written apart, on the safe side: what gives a hint before the object, what proves nothing any more after it.
 */
export const writeCommit = async (send: Send, table: string, { changes, clocks }: Commit): Promise<CommitOutcome> => {
  const rows = changes.map(indexItemsOf);
  const core = [...clocks.map((move) => moveClock(table, move)), ...changes.map((change) => putObject(table, change))];
  const fits =
    core.length + rows.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0) <=
    LARGEST_TRANSACTION;

  if (core.length > LARGEST_TRANSACTION || sizeOf(changes) > LARGEST_BYTES) throw tooLarge();
  if (!fits) await writeAll(send, table, rows.flatMap(hints));
  const items = fits ? [...core, ...rows.flatMap((one) => inTransaction(table, one))] : core;
  const outcome = await attempt(send, items, clocks);
  if (!fits && outcome.kind === "done")
    await writeAll(
      send,
      table,
      rows.flatMap(({ removed }) => removed.map((Key): WriteRequest => ({ DeleteRequest: { Key } }))),
    );
  return outcome;
};

const sizeOf = (changes: readonly Change[]): number =>
  changes.reduce(
    (sum, { after }) => sum + Buffer.byteLength(after.json) + Buffer.byteLength(JSON.stringify(after.acl)),
    0,
  );

const tooLarge = () =>
  new Failure("REQUEST_TOO_LARGE", {
    message: "This changes more at once than fits into one transaction. Send it in smaller parts.",
  });

const hints = ({ added, removed, toUnverified: doubted }: IndexItems): WriteRequest[] => [
  ...added.map((row) => ({ PutRequest: { Item: doubted(row) ?? row } })),
  ...removed
    .map(doubted)
    .filter((row) => row !== undefined)
    .map((row) => ({ PutRequest: { Item: row } })),
];

const inTransaction = (table: string, { added, removed }: IndexItems): TransactWriteItem[] => [
  ...added.map((Item) => ({ Put: { TableName: table, Item } })),
  ...removed.map((Key) => ({ Delete: { TableName: table, Key } })),
];

const attempt = async (
  send: Send,
  items: TransactWriteItem[],
  clocks: readonly ClockUpdate[],
): Promise<CommitOutcome> => {
  try {
    await send("TransactWriteItems", { TransactItems: items });
    return { kind: "done" };
  } catch (error) {
    if (error instanceof DynamoDbError && error.name === "TransactionCanceledException")
      return outcomeOf(error, clocks);
    throw error;
  }
};

const outcomeOf = (error: DynamoDbError, clocks: readonly ClockUpdate[]): CommitOutcome => {
  const { reasons } = error;
  const codes = new Set(reasons.map(({ Code }) => Code));
  if (codes.has("ItemCollectionSizeLimitExceeded")) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: "This list holds as much as it can (10 GB). Delete some of it, or use another collection.",
    });
  }
  if (codes.has("ValidationError") || codes.has("AccessDenied")) throw error;
  const failed = reasons.map(({ Code }) => Code === "ConditionalCheckFailed");
  if (
    failed.slice(clocks.length).includes(true) ||
    clocks.some(({ requireUnchanged: exact }, place) => exact && failed[place])
  )
    return { kind: "stale" };
  if (!failed.includes(true)) return { kind: "conflict" };
  const moved = new Map<string, ListClock>();
  for (const [place, { list }] of clocks.entries()) {
    const item = failed[place] ? reasons[place]?.Item : undefined;
    if (item !== undefined) moved.set(list.uri, clockFromItem(item));
  }
  return moved.size > 0 ? { kind: "moved", clocks: moved } : { kind: "stale" };
};

/** Only if what is stored is still what was read: revisions never come twice in a list. */
const putObject = (table: string, { ref, before, after }: Change): TransactWriteItem => ({
  Put: {
    TableName: table,
    Item: toItem(ref, after),
    ...(before === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : before.revision === before.last_modified
        ? {
            ConditionExpression: "ts = :seen AND attribute_not_exists(rev)",
            ExpressionAttributeValues: { ":seen": { N: String(before.revision) } },
          }
        : {
            ConditionExpression: "rev = :seen",
            ExpressionAttributeValues: { ":seen": { N: String(before.revision) } },
          }),
  },
});

const moveClock = (table: string, { list, before, after, requireUnchanged: exact }: ClockUpdate): TransactWriteItem => {
  const Key: Item = clockKey(list);
  const values = { ":last": { N: String(after.timestamp) }, ":of": { S: after.parentGeneration } };
  const common = {
    TableName: table,
    Key,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    ExpressionAttributeNames: { "#of": "of", "#last": "last" },
  };
  if (before?.parentGeneration === after.parentGeneration) {
    return {
      Update: {
        ...common,
        UpdateExpression: "SET #last = :last REMOVE untouched ADD n :n",
        ConditionExpression: exact ? "#of = :of AND #last = :seen" : "#of = :of AND #last < :last",
        ExpressionAttributeValues: {
          ...values,
          ":n": { N: String(after.count - before.count) },
          ...(exact && { ":seen": { N: String(before.timestamp) } }),
        },
      },
    };
  }
  return {
    Update: {
      ...common,
      UpdateExpression: `SET #last = :last, #of = :of, n = :n${after.untouched ? ", untouched = :untouched" : " REMOVE untouched"}`,
      ConditionExpression:
        before === undefined
          ? "attribute_not_exists(pk)"
          : `#of = :before AND #last ${before.timestamp === after.timestamp ? "=" : "<"} :last`,
      ExpressionAttributeValues: {
        ...values,
        ":n": { N: String(after.count) },
        ...(after.untouched && { ":untouched": { BOOL: true } }),
        ...(before && { ":before": { S: before.parentGeneration } }),
      },
    },
  };
};
