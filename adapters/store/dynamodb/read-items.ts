import {
  MAX_MEMBERSHIPS_PER_PAGE,
  type Membership,
  type MembershipPage,
  type ObjectsRequest,
} from "../../../core/ports/store.ts";
import { hasCoreChildren, isStorable, type ObjectRef } from "../../../core/resources.ts";
import { type Item, keyOf, membershipFromItem, parentKey, text, uriOf } from "./items.ts";
import { readAllMeasured, type Send } from "./operations.ts";

/**
 * Reads the items of objects, the parent items of parents and other keys in one round; strongly consistent. Skips URIs
 * at which nothing can be stored; DynamoDB would reject some of their keys.
 * @param attributes those to return; all when absent
 * @returns the items by kind, and the size of all items with all their attributes
 */
export const readItems = async (
  send: Send,
  table: string,
  { objects, parents = [] }: ObjectsRequest,
  keys: readonly Item[] = [],
  attributes?: readonly string[],
): Promise<{
  readonly items: readonly Item[];
  readonly parents: ReadonlyMap<string, Item>;
  readonly bytes: number;
}> => {
  const parentRefs = uniqueStorable(parents);
  const parentKeys = parentRefs.map(parentKey);
  const partitions = new Set(parentKeys.map(({ pk }) => pk?.S));
  const read = (wanted: readonly Item[]) => readAllMeasured(send, table, wanted, attributes);
  const { items, bytes } = await read([...uniqueStorable(objects).map(keyOf), ...parentKeys, ...keys]);
  const found = new Map(items.filter(({ pk }) => partitions.has(pk?.S)).map((item) => [uriOf(item), item]));

  // An object that was stored before a plugin added child resources has no parent item.
  const missing = parentRefs.filter(({ uri, list }) => !found.has(uri) && !hasCoreChildren(list.resource));
  const older = missing.length === 0 ? { items: [], bytes: 0 } : await read(missing.map(keyOf));
  for (const item of older.items) found.set(uriOf(item), item);
  return {
    items: items.filter(({ pk }) => !partitions.has(pk?.S)),
    parents: found,
    bytes: bytes + older.bytes,
  };
};

const uniqueStorable = (refs: readonly ObjectRef[]): readonly ObjectRef[] => [
  ...new Map(refs.filter(isStorable).map((ref) => [ref.uri, ref])).values(),
];

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
