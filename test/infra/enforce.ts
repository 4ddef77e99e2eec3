import { DynamoDbError, type Operations, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import { type ApiCall, allows, type Statement } from "./roles.ts";

/**
 * Wraps the store's calls to DynamoDB and rejects those that the role does not allow. AWS does not document whether
 * `dynamodb:LeadingKeys` has the key of one part of a transaction or those of all. So the role must allow both.
 *
 * @param onCall receives every call
 */
export const enforce =
  (role: readonly Statement[], tableArn: string, onCall: (call: ApiCall) => void) =>
  (send: Send): Send =>
  async (operation, input) => {
    const parts = toApiCalls(operation, input, tableArn);
    const keys = parts.flatMap((part) => part.keys ?? []);
    const calls = [...parts, ...parts.flatMap((part) => (part.enclosing === undefined ? [] : [{ ...part, keys }]))];
    const refused = calls.find((call) => !allows(role, call));
    calls.forEach(onCall);
    if (refused !== undefined)
      throw new DynamoDbError("AccessDeniedException", `The role may not do ${JSON.stringify(refused)}`);
    return send(operation, input);
  };

type Key = Record<string, { S?: string | undefined }>;

/** The calls that IAM checks for an operation: one per item of a transaction, with its key; otherwise one. */
const toApiCalls = (
  operation: keyof Operations,
  input: Operations[keyof Operations][0],
  resource: string,
): ApiCall[] => {
  const toCall = (action: string, keys: (Key | undefined)[]): ApiCall => ({
    action: `dynamodb:${action}`,
    resource,
    keys: keys.map((key) => key?.[TABLE.partitionKey]?.S ?? ""),
  });
  if ("TransactItems" in input) {
    const toPart = (action: string, key: unknown) => ({
      ...toCall(action, [key as Key]),
      enclosing: "TransactWriteItems" as const,
    });
    return (input.TransactItems ?? []).map(({ Put, Update, Delete, ConditionCheck }) => {
      if (Put !== undefined) return toPart("PutItem", Put.Item);
      if (Update !== undefined) return toPart("UpdateItem", Update.Key);
      if (Delete !== undefined) return toPart("DeleteItem", Delete.Key);
      return toPart("ConditionCheckItem", ConditionCheck?.Key);
    });
  }
  if ("RequestItems" in input) {
    const requests = Object.values(input.RequestItems ?? {}).flatMap((part) =>
      Array.isArray(part)
        ? part.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key)
        : (part.Keys ?? []),
    );
    return [toCall(operation, requests as Key[])];
  }
  if ("KeyConditionExpression" in input) {
    const [, name = ""] = /^pk = (:\w+)/.exec(input.KeyConditionExpression ?? "") ?? [];
    const call = toCall("Query", [{ [TABLE.partitionKey]: input.ExpressionAttributeValues?.[name] as Key[string] }]);
    return [{ ...call, resource: input.IndexName === undefined ? resource : `${resource}/index/${input.IndexName}` }];
  }
  if ("Item" in input) return [toCall(operation, [input.Item as Key])];
  if ("Key" in input) return [toCall(operation, [input.Key as Key])];
  throw new TypeError(`${operation}: this test does not support the operation`);
};
