import { MAX_MEMBERSHIPS_PER_PAGE, type Membership, type MembershipPage } from "../../../core/ports/store.ts";
import { membershipFromItem, text } from "./items.ts";
import type { Send } from "./operations.ts";

/** Reads a page of a member's groups in the order of their URIs. */
export const readMemberships = async (
  send: Send,
  table: string,
  member: string,
  after: string | undefined,
): Promise<MembershipPage> => {
  const pk = { S: `member#${member}` };
  const { Items = [], LastEvaluatedKey } = await send("Query", {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": pk },
    Limit: MAX_MEMBERSHIPS_PER_PAGE,
    ...(after !== undefined && { ExclusiveStartKey: { pk, sk: { S: after } } }),
  });
  return {
    groups: Items.map(membershipFromItem),
    ...(LastEvaluatedKey !== undefined && { next: text(LastEvaluatedKey, "sk") }),
  };
};

/** Reads a member's memberships in some groups. Roles may query memberships, but not get them. */
export const findMemberships = async (
  send: Send,
  table: string,
  member: string,
  groups: readonly string[],
): Promise<readonly Membership[]> => {
  const found = await Promise.all(
    groups.map(async (group) => {
      const { Items = [] } = await send("Query", {
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk AND sk = :group",
        ExpressionAttributeValues: { ":pk": { S: `member#${member}` }, ":group": { S: group } },
      });
      return Items.map(membershipFromItem);
    }),
  );
  return found.flat();
};
