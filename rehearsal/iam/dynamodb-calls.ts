import { isObject } from "../../lib/json.ts";
import type { Call } from "./decide.ts";

/** A table, as policies see it. */
export interface PolicyTable {
  readonly arn: string;
  readonly partitionKey: string;
}

/** Operations on items, with where they name their tables. */
type Input = Readonly<Record<string, unknown>>;

/**
 * The calls that IAM checks for an operation of DynamoDB: one per item of a transaction, with its key; otherwise one per table.
 * AWS does not document whether `dynamodb:LeadingKeys` has the key of one part of a transaction or those of all, so each
 * part is checked with both.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 *
 * @param findTable returns a table by its name or ARN
 */
export const toDynamoDbCalls = (
  operation: string,
  input: Input,
  findTable: (name: string) => PolicyTable,
): readonly Call[] => {
  const keyOf = ({ partitionKey }: PolicyTable, item: unknown): string => {
    const value = isObject(item) ? item[partitionKey] : undefined;
    return isObject(value) ? String(value.S ?? value.N ?? value.B) : "";
  };
  const toCall = (action: string, { arn }: PolicyTable, keys: readonly string[], path = ""): Call => ({
    action: `dynamodb:${action}`,
    resource: `${arn}${path}`,
    context: { "dynamodb:LeadingKeys": keys },
  });
  switch (operation) {
    case "GetItem":
    case "PutItem":
    case "UpdateItem":
    case "DeleteItem": {
      const table = findTable(String(input.TableName));
      return [toCall(operation, table, [keyOf(table, input.Item ?? input.Key)])];
    }
    case "Query": {
      const table = findTable(String(input.TableName));
      const path = input.IndexName === undefined ? "" : `/index/${String(input.IndexName)}`;
      return [toCall(operation, table, [queriedKey(table, input)], path)];
    }
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.entries(toInput(input.RequestItems)).map(([name, requests]) => {
        const table = findTable(name);
        const items = Array.isArray(requests) ? requests.map(writtenItem) : toItems(toInput(requests).Keys);
        return toCall(
          operation,
          table,
          items.map((item) => keyOf(table, item)),
        );
      });
    case "TransactWriteItems": {
      const parts = toItems(input.TransactItems).flatMap((part) =>
        Object.entries(toInput(part)).map(([name, one]) => {
          const { TableName, Item, Key } = toInput(one);
          const table = findTable(String(TableName));
          return { action: TRANSACTION_ACTIONS[name] ?? name, table, key: keyOf(table, Item ?? Key) };
        }),
      );
      const all = parts.map(({ key }) => key);
      return parts.flatMap(({ action, table, key }) =>
        [[key], all].map((keys) => {
          const call = toCall(action, table, keys);
          return { ...call, context: { ...call.context, "dynamodb:EnclosingOperation": [operation] } };
        }),
      );
    }
    case "DescribeTable":
    case "Scan":
    case "UpdateTable":
      return [toCall(operation, findTable(String(input.TableName)), [])];
    default:
      throw new TypeError(`The rehearsal does not know the operation ${operation} of DynamoDB`);
  }
};

const TRANSACTION_ACTIONS: Readonly<Record<string, string>> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
};

const toInput = (value: unknown): Input => (isObject(value) ? value : {});
const toItems = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const writtenItem = (request: unknown): unknown => {
  const { PutRequest, DeleteRequest } = toInput(request);
  return toInput(PutRequest).Item ?? toInput(DeleteRequest).Key;
};

/** The partition key that a query's condition names. */
const queriedKey = ({ partitionKey }: PolicyTable, input: Input): string => {
  const names = toInput(input.ExpressionAttributeNames);
  const [, written = "", variable = ""] =
    /(?:^|\band\s+|\()\s*(#?\w+)\s*=\s*(:\w+)/i.exec(String(input.KeyConditionExpression)) ?? [];
  const name = written.startsWith("#") ? String(names[written]) : written;
  const value = toInput(input.ExpressionAttributeValues)[variable];
  if (name !== partitionKey || !isObject(value))
    throw new TypeError(`The rehearsal does not understand the query ${String(input.KeyConditionExpression)}`);
  return String(value.S ?? value.N ?? value.B);
};
