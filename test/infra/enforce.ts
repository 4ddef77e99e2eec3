import { DynamoDbError, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import type { Call } from "../../rehearsal/iam/decide.ts";
import { toDynamoDbCalls } from "../../rehearsal/iam/dynamodb-calls.ts";
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
    const table = { arn: tableArn, partitionKey: TABLE.partitionKey };
    const calls = toDynamoDbCalls(operation, { ...input }, () => table).map(toApiCall);
    const refused = calls.find((call) => !allows(role, call));
    calls.forEach(onCall);
    if (refused !== undefined)
      throw new DynamoDbError("AccessDeniedException", `The role may not do ${JSON.stringify(refused)}`);
    return send(operation, input);
  };

const toApiCall = ({ action, resource, context }: Call): ApiCall => ({
  action,
  resource,
  keys: context["dynamodb:LeadingKeys"] ?? [],
  ...(context["dynamodb:EnclosingOperation"] !== undefined && { enclosing: "TransactWriteItems" as const }),
});
