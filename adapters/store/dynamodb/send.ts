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
} from "@aws-sdk/client-dynamodb";

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
