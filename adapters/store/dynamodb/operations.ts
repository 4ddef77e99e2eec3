import type {
  BatchGetItemInput,
  BatchGetItemOutput,
  BatchWriteItemInput,
  BatchWriteItemOutput,
  CancellationReason,
  DeleteItemInput,
  DeleteItemOutput,
  GetItemInput,
  GetItemOutput,
  PutItemInput,
  PutItemOutput,
  QueryInput,
  QueryOutput,
  TransactWriteItemsInput,
  TransactWriteItemsOutput,
  UpdateItemInput,
  UpdateItemOutput,
  WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import { type RetryLimits, startRetries } from "../../../lib/util/backoff.ts";
import type { Item } from "./items.ts";

/** The DynamoDB operations that the store uses, with their inputs and outputs. */
export interface Operations {
  BatchGetItem: [BatchGetItemInput, BatchGetItemOutput];
  BatchWriteItem: [BatchWriteItemInput, BatchWriteItemOutput];
  DeleteItem: [DeleteItemInput, DeleteItemOutput];
  GetItem: [GetItemInput, GetItemOutput];
  PutItem: [PutItemInput, PutItemOutput];
  Query: [QueryInput, QueryOutput];
  TransactWriteItems: [TransactWriteItemsInput, TransactWriteItemsOutput];
  UpdateItem: [UpdateItemInput, UpdateItemOutput];
}

/** Calls DynamoDB. Rejects with a {@link DynamoDbError}. */
export type Send = <Name extends keyof Operations>(
  operation: Name,
  input: Operations[Name][0],
) => Promise<Operations[Name][1]>;

/** An error response of DynamoDB. `name` is the error code, such as `ConditionalCheckFailedException`. */
export class DynamoDbError extends Error {
  /** For a canceled transaction: one reason per item, in order. */
  readonly reasons: readonly CancellationReason[];

  constructor(name: string, message: string, reasons: readonly CancellationReason[] = []) {
    super(message);
    this.name = name;
    this.reasons = reasons;
  }
}

export const isConditionFailed = (error: unknown): boolean =>
  error instanceof DynamoDbError && error.name === "ConditionalCheckFailedException";

/** Whether a transaction failed by a condition or a concurrent write. Others fail again: permissions, invalid items. */
export const isTransactionCanceled = (error: unknown): error is DynamoDbError =>
  error instanceof DynamoDbError &&
  error.name === "TransactionCanceledException" &&
  error.reasons.every(({ Code }) => Code !== "ValidationError" && Code !== "AccessDenied");

/** Items per BatchGetItem and BatchWriteItem call (DynamoDB's limits). */
const MAX_BATCH_GET_ITEMS = 100;
const MAX_BATCH_WRITE_ITEMS = 25;
/** Calls of BatchWriteItem at a time. */
const MAX_PARALLEL_WRITES = 8;
/** Limits of a batch while DynamoDB leaves items unprocessed. */
const UNPROCESSED_LIMITS: RetryLimits = { maxAttempts: 8, maxMs: 4000, basePauseMs: 40, maxPauseMs: 1000 };

/**
 * Reads any number of distinct keys in parallel batches; strongly consistent. Missing items are left out.
 * @param attributes those to return; all when absent
 */
export const readAll = async (
  send: Send,
  table: string,
  keys: readonly Item[],
  attributes?: readonly string[],
): Promise<Item[]> => (await readAllMeasured(send, table, keys, attributes)).items;

/** Like {@link readAll}. `bytes` is the total size of the items, including attributes that are not returned. */
export const readAllMeasured = async (
  send: Send,
  table: string,
  keys: readonly Item[],
  attributes?: readonly string[],
): Promise<{ items: Item[]; bytes: number }> => {
  const projection = attributes && {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
  const items: Item[] = [];
  let units = 0;
  const batches = chunk(keys, MAX_BATCH_GET_ITEMS).map((batch) =>
    retryUnprocessed(batch, async (Keys) => {
      const { Responses, UnprocessedKeys, ConsumedCapacity } = await send("BatchGetItem", {
        RequestItems: { [table]: { Keys, ConsistentRead: true, ...projection } },
        ReturnConsumedCapacity: "TOTAL",
      });
      items.push(...(Responses?.[table] ?? []));
      units += ConsumedCapacity?.[0]?.CapacityUnits ?? 0;
      return UnprocessedKeys?.[table]?.Keys;
    }),
  );
  await Promise.all(batches);
  return { items, bytes: units * BYTES_PER_READ_UNIT };
};

/**
 * Size of a read unit of a strongly consistent read.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
const BYTES_PER_READ_UNIT = 4096;

/** The size of what a query has read. It must have `ReturnConsumedCapacity: "TOTAL"`. */
export const bytesOfQuery = ({ ConsumedCapacity }: Operations["Query"][1]): number =>
  (ConsumedCapacity?.CapacityUnits ?? 0) * BYTES_PER_READ_UNIT;

/** Writes any number of items with distinct keys, several batches at a time. Not atomic. */
export const writeAll = async (send: Send, table: string, writes: readonly WriteRequest[]): Promise<void> => {
  const batches = chunk(writes, MAX_BATCH_WRITE_ITEMS);
  for (const group of chunk(batches, MAX_PARALLEL_WRITES))
    await Promise.all(
      group.map((batch) =>
        retryUnprocessed(batch, async (requests) => {
          const { UnprocessedItems } = await send("BatchWriteItem", { RequestItems: { [table]: requests } });
          return UnprocessedItems?.[table];
        }),
      ),
    );
};

/**
 * Processes a batch until nothing is left. Rejects with a 503 failure while the table is throttled.
 * @param process returns the unprocessed items
 */
const retryUnprocessed = async <T>(
  batch: readonly T[],
  process: (items: T[]) => Promise<T[] | undefined>,
): Promise<void> => {
  const retries = startRetries(UNPROCESSED_LIMITS);
  let unprocessed = await process([...batch]);
  while (unprocessed !== undefined && unprocessed.length > 0) {
    if (!(await retries.pause()))
      throw new Failure("BACKEND", {
        cause: new Error(
          `DynamoDB left items unprocessed: the table is throttled. Gave up after ${retries.describe()}`,
        ),
      });
    unprocessed = await process(unprocessed);
  }
};

const chunk = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/** Reads all items with a partition key, in the order of their sort keys. */
export const queryAll = async (send: Send, table: string, pk: string, prefix?: string): Promise<Item[]> => {
  const items: Item[] = [];
  let startKey: Item | undefined;
  do {
    const output: Operations["Query"][1] = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: prefix === undefined ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix !== undefined && { ":prefix": { S: prefix } }) },
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    items.push(...(output.Items ?? []));
    startKey = output.LastEvaluatedKey;
  } while (startKey !== undefined);
  return items;
};
