import { randomBytes, randomUUID } from "node:crypto";
import type { ReadRequest, Snapshot, Store } from "../../../core/ports/store.ts";
import { BUCKETS, isStorable, type ListRef, ROOT_GENERATION } from "../../../core/resources.ts";
import { createClaims } from "./claims.ts";
import { writeCommit } from "./commit.ts";
import {
  clockFromItem,
  clockKey,
  fromItem,
  type Item,
  keyOf,
  membershipFromItem,
  secretKey,
  text,
  tokenKey,
} from "./items.ts";
import { isConditionFailed, type Operations, readAll, type Send } from "./operations.ts";
import { countListEntries, readListPage, walkObjects } from "./page.ts";
import { purgeList } from "./purge.ts";
import { TABLE } from "./table.ts";

/** The store on one DynamoDB table (see `table.ts` for its shape). */
export const createDynamoDbStore = ({
  send,
  table,
  now = Date.now,
}: {
  send: Send;
  table: string;
  now?: () => number;
}): Store => ({
  read: (wanted) => read(send, table, wanted),
  readPage: (list, query) => readListPage(send, table, list, query),
  walk: (list, query) => walkObjects(send, table, list, query),
  count: (list, query) => countListEntries(send, table, list, query),
  findShared: async (list, principals) => {
    const found = await Promise.all(principals.map((principal) => sharedWith(send, table, list, principal)));
    return [...new Set(found.flat())];
  },
  findGranted: async (principals) => {
    const found = await Promise.all(principals.map((principal) => queryAll(send, table, `who#${principal}`)));
    return [...new Set(found.flat().map((item) => text(item, "sk").replace("#", "/")))];
  },
  flush: async (top, until) => {
    // The second time finds what was made while the first went on.
    for (const list of [...top, ...top])
      if (!(await purgeList(send, table, list, ROOT_GENERATION, until))) return false;
    return true;
  },
  ping: async () => void (await readAll(send, table, [clockKey(BUCKETS)])),
  consumeToken: (token, until) => spend(send, table, token, until),
  commit: (changes) => writeCommit(send, table, changes),
  purge: (list, incarnation, until) => purgeList(send, table, list, incarnation, until),
  getSecret: (name) => secret(send, table, name),
  ...createClaims(send, table, now),
});

const read = async (send: Send, table: string, { objects, clocks, members = [] }: ReadRequest): Promise<Snapshot> => {
  // A place that nothing can be stored at need not be asked about; nor does a key that DynamoDB would refuse.
  const places = new Map(objects.filter(isStorable).map((ref) => [ref.uri, ref]));
  const times = new Map(
    clocks.filter(({ parent }) => parent === null || isStorable(parent)).map((list) => [list.uri, list]),
  );
  const keys = [...[...places.values()].map(keyOf), ...[...times.values()].map(clockKey)];
  const groups = members.map(
    async (user) => [user, (await queryAll(send, table, `member#${user}`)).map(membershipFromItem)] as const,
  );
  const [items, memberships] = await Promise.all([readAll(send, table, keys), Promise.all(groups)]);

  const snapshot = {
    objects: new Map<string, ReturnType<typeof fromItem>>(),
    clocks: new Map<string, ReturnType<typeof clockFromItem>>(),
  };
  for (const item of items) {
    const [list, id] = [text(item, "pk"), text(item, "sk")];
    if (id === "#clock") snapshot.clocks.set(list, clockFromItem(item));
    else snapshot.objects.set(`${list}/${id}`, fromItem(item));
  }
  return { ...snapshot, memberships: new Map(memberships) };
};

const sharedWith = async (send: Send, table: string, { uri }: ListRef, principal: string): Promise<string[]> => {
  const items = await queryAll(send, table, `who#${principal}`, `${uri}#`);
  return items.map((item) => text(item, "sk").slice(uri.length + 1));
};

/** All items under a partition key, in the order of their sort keys. */
export const queryAll = async (send: Send, table: string, pk: string, prefix?: string): Promise<Item[]> => {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const answer: Operations["Query"][1] = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: prefix === undefined ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix !== undefined && { ":prefix": { S: prefix } }) },
      ...(from && { ExclusiveStartKey: from }),
    });
    items.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
};

const spend = async (send: Send, table: string, token: string, until: number): Promise<boolean> => {
  const by = randomUUID();
  const item = { ...tokenKey(token), by: { S: by }, [TABLE.expiry]: { N: String(Math.ceil(until / 1000)) } };
  try {
    await send("PutItem", { TableName: table, Item: item, ConditionExpression: "attribute_not_exists(pk)" });
    return true;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    // Perhaps by us, whose first answer was lost.
    const { Item } = await send("GetItem", { TableName: table, Key: tokenKey(token), ConsistentRead: true });
    return Item?.by?.S === by;
  }
};

const secret = async (send: Send, table: string, name: string): Promise<string> => {
  const read = async () =>
    (await send("GetItem", { TableName: table, Key: secretKey(name), ConsistentRead: true })).Item?.value?.S;
  const known = await read();
  if (known !== undefined) return known;
  const value = randomBytes(32).toString("hex");
  try {
    await send("PutItem", {
      TableName: table,
      Item: { ...secretKey(name), value: { S: value } },
      ConditionExpression: "attribute_not_exists(pk)",
    });
    return value;
  } catch (error) {
    const winner = isConditionFailed(error) ? await read() : undefined;
    if (winner === undefined) throw error;
    return winner;
  }
};
