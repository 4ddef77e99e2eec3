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
import type { Item } from "./items.ts";

/** The operations the store is made of, as DynamoDB's API names them. */
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

/** The one way to the table; fails with a {@link DynamoDbError}. */
export type Send = <Name extends keyof Operations>(
  operation: Name,
  input: Operations[Name][0],
) => Promise<Operations[Name][1]>;

/** What DynamoDB refused; `name` is its error code, such as `ConditionalCheckFailedException`. */
export class DynamoDbError extends Error {
  /** Of a cancelled transaction: one per item, in order. */
  readonly reasons: readonly CancellationReason[];

  constructor(name: string, message: string, reasons: readonly CancellationReason[] = []) {
    super(message);
    this.name = name;
    this.reasons = reasons;
  }
}

export const isConditionFailed = (error: unknown): boolean =>
  error instanceof DynamoDbError && error.name === "ConditionalCheckFailedException";

/** How often unprocessed items are asked for again. */
const TRIES = 8;
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(1000, 20 * 2 ** attempt)));

/** Reads any number of distinct keys, a hundred per call, side by side; strongly consistent. */
export const readAll = async (send: Send, table: string, keys: readonly Item[]): Promise<Item[]> => {
  const parts = chunks(keys, 100).map(async (part) => {
    const found: Item[] = [];
    let left: Item[] | undefined = [...part];
    for (let attempt = 0; left !== undefined && left.length > 0; attempt++) {
      if (attempt === TRIES) throw new Error("DynamoDB left keys unprocessed too often: the table is throttled");
      if (attempt > 0) await pause(attempt);
      const answer: Awaited<ReturnType<typeof send<"BatchGetItem">>> = await send("BatchGetItem", {
        RequestItems: { [table]: { Keys: left, ConsistentRead: true } },
      });
      found.push(...(answer.Responses?.[table] ?? []));
      left = answer.UnprocessedKeys?.[table]?.Keys;
    }
    return found;
  });
  return (await Promise.all(parts)).flat();
};

/** Writes any number of items to distinct keys, 25 per call, one call after another. */
export const writeAll = async (send: Send, table: string, writes: readonly WriteRequest[]): Promise<void> => {
  for (const part of chunks(writes, 25)) {
    let left: WriteRequest[] | undefined = [...part];
    for (let attempt = 0; left !== undefined && left.length > 0; attempt++) {
      if (attempt === TRIES) throw new Error("DynamoDB left writes unprocessed too often: the table is throttled");
      if (attempt > 0) await pause(attempt);
      const answer: Awaited<ReturnType<typeof send<"BatchWriteItem">>> = await send("BatchWriteItem", {
        RequestItems: { [table]: left },
      });
      left = answer.UnprocessedItems?.[table];
    }
  }
};

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size));
