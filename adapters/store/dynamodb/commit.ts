import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import type {
  Change,
  ClockUpdate,
  Commit,
  CommitOutcome,
  ListClock,
  PreparedIndex,
} from "../../../core/ports/store.ts";
import { toCounterInput } from "./counters.ts";
import {
  clockFromItem,
  clockKey,
  hasParentItem,
  type IndexItems,
  indexItemsOf,
  parentKey,
  toItem,
  toParentItem,
} from "./items.ts";
import { type DynamoDbError, isTransactionCanceled, type Send } from "./operations.ts";
import { measureOutboxEntry, putOutboxEntry } from "./outbox.ts";
import { isPrepared } from "./prepare-index.ts";
import { isVersion, measureVersionItem, toVersionItem } from "./version-items.ts";

/** DynamoDB's limit of items in a transaction. */
const MAX_TRANSACTION_ITEMS = 100;
/** DynamoDB's limit of a transaction (4 MB), less keys and the store's own attributes. */
const MAX_TRANSACTION_BYTES = 3_900_000;

/** Maximum number of index items of a commit. They are written in parallel calls of 25. */
const MAX_INDEX_ITEMS = 10_000;

/**
 * Writes a commit in one transaction. When its index items do not fit, they must have been written before: see
 * `prepare-index.ts`.
 */
export const writeCommit = async (
  send: Send,
  table: string,
  { changes, clocks: allClocks, outbox, counters = [], versions = [] }: Commit,
  prepared: PreparedIndex | undefined,
): Promise<CommitOutcome> => {
  const index = changes.map(indexItemsOf);
  const indexCount = index.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0);
  const versionItems = versions.map(toVersionItem);
  const otherWrites = [
    ...changes.flatMap((change) => [putObject(table, change), ...writeParentItem(table, change)]),
    ...outbox.flatMap((entry) => putOutboxEntry(table, entry)),
    ...counters.map(({ plugin, ...update }) => ({ Update: toCounterInput(table, plugin, update) })),
    ...versionItems.map((Item) => ({ Put: { TableName: table, Item } })),
  ];
  const isCrowded = allClocks.length + otherWrites.length > MAX_TRANSACTION_ITEMS;
  const clocks = isCrowded ? allClocks.filter(isNeeded) : allClocks;
  const writes = [...clocks.map((update) => updateClock(table, update)), ...otherWrites];
  const bytes =
    countBytes(changes) +
    outbox.reduce((sum, entry) => sum + measureOutboxEntry(entry), 0) +
    versionItems.reduce((sum, item) => sum + measureVersionItem(item), 0);
  if (writes.length > MAX_TRANSACTION_ITEMS || bytes > MAX_TRANSACTION_BYTES) throw tooLarge();
  if (indexCount > MAX_INDEX_ITEMS) throw tooManyIndexItems(indexCount);

  if (writes.length + indexCount <= MAX_TRANSACTION_ITEMS) {
    const indexWrites = index.flatMap((items) => writeIndexItems(table, items));
    return runTransaction(send, [...writes, ...indexWrites], clocks);
  }
  return isPrepared(index, prepared) ? runTransaction(send, writes, clocks) : { kind: "unprepared" };
};

/**
 * Whether a clock must be part of a transaction that has no space for all of them. A list that never had one gets it with
 * its first use.
 */
const isNeeded = ({ before, after }: ClockUpdate): boolean => before !== undefined || !after.untouched;

const countBytes = (changes: readonly Change[]): number =>
  changes.reduce(
    (sum, { after }) =>
      sum +
      (hasParentItem(after) ? 2 : 1) * (Buffer.byteLength(after.json) + Buffer.byteLength(JSON.stringify(after.acl))),
    0,
  );

const tooLarge = () =>
  new Failure("REQUEST_TOO_LARGE", {
    message: "The changes do not fit into one transaction. Split the request.",
  });

const tooManyIndexItems = (count: number) =>
  new Failure("REQUEST_TOO_LARGE", {
    message: `The changes add and remove ${count} principals and members; at most ${MAX_INDEX_ITEMS} are allowed. Split the request.`,
  });

const writeIndexItems = (table: string, { added, removed }: IndexItems): TransactWriteItem[] => [
  ...added.map((Item) => ({ Put: { TableName: table, Item } })),
  ...removed.map((Key) => ({ Delete: { TableName: table, Key } })),
];

const runTransaction = async (
  send: Send,
  items: TransactWriteItem[],
  clocks: readonly ClockUpdate[],
): Promise<CommitOutcome> => {
  try {
    await send("TransactWriteItems", { TransactItems: items });
    return { kind: "done" };
  } catch (error) {
    if (!isTransactionCanceled(error)) throw error;
    return toOutcome(error.reasons, clocks, items);
  }
};

const toOutcome = (
  reasons: DynamoDbError["reasons"],
  clocks: readonly ClockUpdate[],
  items: readonly TransactWriteItem[],
): CommitOutcome => {
  const full = reasons.findIndex(({ Code }) => Code === "ItemCollectionSizeLimitExceeded");
  if (full !== -1) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: isVersion(items[full]?.Put?.Item)
        ? "The history of the bucket has reached its size limit of 10 GB. Delete old entries with DELETE /buckets/{id}/history?_before={timestamp}, or set maxAge or maxCount of the plugin history."
        : "The list has reached its size limit of 10 GB. Delete objects, or use another collection.",
    });
  }
  const failed = reasons.map(({ Code }) => Code === "ConditionalCheckFailed");
  const isObjectStale = failed.slice(clocks.length).includes(true);
  if (isObjectStale || clocks.some(({ requireUnchanged }, index) => requireUnchanged && failed[index]))
    return { kind: "stale" };
  if (!failed.includes(true)) return { kind: "conflict" };
  const moved = new Map<string, ListClock>();
  for (const [index, { list }] of clocks.entries()) {
    const item = failed[index] ? reasons[index]?.Item : undefined;
    if (item !== undefined) moved.set(list.uri, clockFromItem(item));
  }
  return moved.size > 0 ? { kind: "moved", clocks: moved } : { kind: "stale" };
};

/** Puts an object unless it has changed since it was read. Revisions are unique within a list. */
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

/**
 * Keeps an object's parent item equal to its item in the list. Needs no condition: that of the item is in the same
 * transaction. A deleted object has none.
 */
const writeParentItem = (table: string, { ref, before, after }: Change): readonly TransactWriteItem[] => {
  if (hasParentItem(after)) return [{ Put: { TableName: table, Item: toParentItem(ref, after) } }];
  return before !== undefined && hasParentItem(before) ? [{ Delete: { TableName: table, Key: parentKey(ref) } }] : [];
};

const updateClock = (table: string, { list, before, after, requireUnchanged }: ClockUpdate): TransactWriteItem => {
  const values = { ":last": { N: String(after.timestamp) }, ":of": { S: after.parentGeneration } };
  const common = {
    TableName: table,
    Key: clockKey(list),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    ExpressionAttributeNames: { "#of": "of", "#last": "last" },
  };
  if (before?.parentGeneration === after.parentGeneration) {
    return {
      Update: {
        ...common,
        UpdateExpression: "SET #last = :last REMOVE untouched ADD n :n",
        ConditionExpression: requireUnchanged ? "#of = :of AND #last = :seen" : "#of = :of AND #last < :last",
        ExpressionAttributeValues: {
          ...values,
          ":n": { N: String(after.count - before.count) },
          ...(requireUnchanged && { ":seen": { N: String(before.timestamp) } }),
        },
      },
    };
  }
  return {
    Update: {
      ...common,
      UpdateExpression: after.untouched
        ? "SET #last = :last, #of = :of, n = :n, untouched = :untouched"
        : "SET #last = :last, #of = :of, n = :n REMOVE untouched",
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
