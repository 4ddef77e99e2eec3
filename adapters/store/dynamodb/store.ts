import { randomBytes, randomUUID } from "node:crypto";
import type { ListClock, MeasuredSnapshot, ReadRequest, Store, StoredObject } from "../../../core/ports/store.ts";
import { BUCKETS, isStorable, ROOT_GENERATION } from "../../../core/resources.ts";
import { readChanges } from "./changes.ts";
import { createClaims } from "./claims.ts";
import { writeCommit } from "./commit.ts";
import { FORMAT_KEY, requireFormat } from "./format.ts";
import { findGrants } from "./grants.ts";
import { readHeads } from "./heads.ts";
import {
  clockFromItem,
  clockKey,
  fromItem,
  HEARTBEAT_KEY,
  type Item,
  secretKey,
  text,
  tokenKey,
  uriOf,
} from "./items.ts";
import { isConditionFailed, readAll, type Send } from "./operations.ts";
import { countListEntries, readListPage } from "./page.ts";
import { cleanIndex, prepareIndex } from "./prepare-index.ts";
import { purgeList } from "./purge.ts";
import { findMemberships, readItems, readMemberships } from "./read-items.ts";
import { TABLE } from "./table.ts";
import { walkHeads, walkObjects } from "./walk.ts";

/** Creates the store on one DynamoDB table, see `table.ts`. */
export const createDynamoDbStore = ({
  send,
  table,
  now = Date.now,
}: {
  send: Send;
  table: string;
  now?: () => number;
}): Store => {
  let isFormatKnown = false;
  /** Checks the table's format once per process, with the first read. */
  const read = async (request: ReadRequest): Promise<MeasuredSnapshot> => {
    const { formatItem, ...snapshot } = await readSnapshot(send, table, request, isFormatKnown ? [] : [FORMAT_KEY]);
    if (!isFormatKnown) requireFormat(table, formatItem);
    isFormatKnown = true;
    return snapshot;
  };
  /** Like {@link read}, for work that does not begin with it. */
  const checkFormat = async (): Promise<void> => {
    if (!isFormatKnown) await read({ objects: [], clocks: [] });
  };
  return {
    read,
    readPage: (list, query) => readListPage(send, table, list, query),
    readChanges: (list, query) => readChanges(send, table, list, query),
    walk: async (list, query) => {
      await checkFormat();
      return walkObjects(send, table, list, query);
    },
    walkHeads: (list, query) => walkHeads(send, table, list, query),
    count: (list, query) => countListEntries(send, table, list, query),
    readHeads: (request) => readHeads(send, table, request),
    readMemberships: (member, after) => readMemberships(send, table, member, after),
    findMemberships: (member, groups) => findMemberships(send, table, member, groups),
    findGrants: (principals, query) => findGrants(send, table, principals, query),
    flush: async (top, shouldStop) => {
      await checkFormat();
      // The second pass removes objects that were created during the first one.
      for (const list of [...top, ...top])
        if (!(await purgeList(send, table, list, ROOT_GENERATION, shouldStop))) return false;
      return true;
    },
    ping: async ({ writes }) => {
      await checkFormat();
      await readAll(send, table, [clockKey(BUCKETS)]);
      // Always the same item: in AWS, a write that changes nothing is not in the stream.
      if (writes) await send("PutItem", { TableName: table, Item: HEARTBEAT_KEY });
    },
    consumeToken: (token, until) => consumeToken(send, table, token, until),
    commit: (commit, prepared) => writeCommit(send, table, commit, prepared),
    prepareIndex: (commit, prepared) => prepareIndex(send, table, commit, prepared),
    cleanIndex: (commit, prepared) => cleanIndex(send, table, commit, prepared),
    purge: async (list, generation, shouldStop) => {
      await checkFormat();
      return purgeList(send, table, list, generation, shouldStop);
    },
    getSecret: (name) => getSecret(send, table, name),
    addSecret: (name, value) => getSecret(send, table, name, () => value),
    ...createClaims(send, table, now),
  };
};

const readSnapshot = async (
  send: Send,
  table: string,
  { clocks, members = [], ...request }: ReadRequest,
  furtherKeys: readonly Item[],
): Promise<MeasuredSnapshot & { readonly formatItem: Item | undefined }> => {
  const lists = new Map(
    clocks.filter(({ parent }) => parent === null || isStorable(parent)).map((list) => [list.uri, list]),
  );
  const groups = members.map(
    async (member) => [member, await readMemberships(send, table, member, undefined)] as const,
  );
  const [{ items, parents, bytes }, memberships] = await Promise.all([
    readItems(send, table, request, [...[...lists.values()].map(clockKey), ...furtherKeys]),
    Promise.all(groups),
  ]);

  const snapshot = { objects: new Map<string, StoredObject>(), clocks: new Map<string, ListClock>() };
  let formatItem: Item | undefined;
  for (const item of items) {
    if (text(item, "pk") === FORMAT_KEY.pk?.S) formatItem = item;
    else if (text(item, "sk") === "#clock") snapshot.clocks.set(text(item, "pk"), clockFromItem(item));
    else snapshot.objects.set(uriOf(item), fromItem(item));
  }
  return {
    ...snapshot,
    bytes,
    formatItem,
    parents: new Map([...parents].map(([uri, item]) => [uri, fromItem(item)])),
    memberships: new Map(memberships),
  };
};

const consumeToken = async (send: Send, table: string, token: string, until: number): Promise<boolean> => {
  const by = randomUUID();
  const item = { ...tokenKey(token), by: { S: by }, [TABLE.expiry]: { N: String(Math.ceil(until / 1000)) } };
  try {
    await send("PutItem", { TableName: table, Item: item, ConditionExpression: "attribute_not_exists(pk)" });
    return true;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    // This call may have retried after a lost response, and have written the item itself.
    const { Item } = await send("GetItem", { TableName: table, Key: tokenKey(token), ConsistentRead: true });
    return Item?.by?.S === by;
  }
};

const getSecret = async (
  send: Send,
  table: string,
  name: string,
  create = () => randomBytes(32).toString("hex"),
): Promise<string> => {
  const read = async () =>
    (await send("GetItem", { TableName: table, Key: secretKey(name), ConsistentRead: true })).Item?.value?.S;
  const existing = await read();
  if (existing !== undefined) return existing;
  const value = create();
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
