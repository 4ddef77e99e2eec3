import { DynamoDbError, type Operations, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import { type Asked, allows, type Statement } from "./roles.ts";

/**
 * Wraps the store's calls to DynamoDB and rejects those that the role does not allow.
 *
 * @param onCall receives every call
 */
export const enforce =
  (role: readonly Statement[], tableArn: string, onCall: (asked: Asked) => void) =>
  (send: Send): Send =>
  async (operation, input) => {
    const all = asked(operation, input, tableArn);
    const refused = all.find((one) => !allows(role, one));
    all.forEach(onCall);
    if (refused !== undefined)
      throw new DynamoDbError("AccessDeniedException", `The role may not do ${JSON.stringify(refused)}`);
    return send(operation, input);
  };

type Key = Record<string, { S?: string | undefined }>;

/** What IAM is asked for a call: a transaction is asked part by part. */
const asked = (operation: keyof Operations, input: Operations[keyof Operations][0], resource: string): Asked[] => {
  const one = (action: string, keys: (Key | undefined)[]): Asked => ({
    action: `dynamodb:${action}`,
    resource,
    keys: keys.map((key) => key?.[TABLE.partitionKey]?.S ?? ""),
  });
  if ("TransactItems" in input) {
    return (input.TransactItems ?? []).map(({ Put, Update, Delete, ConditionCheck }) => {
      if (Put !== undefined) return one("PutItem", [Put.Item as Key]);
      if (Update !== undefined) return one("UpdateItem", [Update.Key as Key]);
      if (Delete !== undefined) return one("DeleteItem", [Delete.Key as Key]);
      return one("ConditionCheckItem", [ConditionCheck?.Key as Key]);
    });
  }
  if ("RequestItems" in input) {
    const requests = Object.values(input.RequestItems ?? {}).flatMap((part) =>
      Array.isArray(part)
        ? part.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key)
        : (part.Keys ?? []),
    );
    return [one(operation, requests as Key[])];
  }
  if ("KeyConditionExpression" in input) {
    const [, name = ""] = /^pk = (:\w+)/.exec(input.KeyConditionExpression ?? "") ?? [];
    const asked = one("Query", [{ [TABLE.partitionKey]: input.ExpressionAttributeValues?.[name] as Key[string] }]);
    return [{ ...asked, resource: input.IndexName === undefined ? resource : `${resource}/index/${input.IndexName}` }];
  }
  if ("Item" in input) return [one(operation, [input.Item as Key])];
  if ("Key" in input) return [one(operation, [input.Key as Key])];
  throw new TypeError(`${operation}: this test can't tell what it asks for`);
};
