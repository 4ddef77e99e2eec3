import type {
  FindQuery,
  FoundVersions,
  ReadVersions,
  Version,
  VersionedBucket,
  VersionedObjects,
  VersionKey,
  VersionPage,
  VersionQuery,
  Versions,
} from "../../../core/ports/versions.ts";
import { type Item, text } from "./items.ts";
import { bytesOfQuery, type Operations, readAllMeasured, type Send, writeAll } from "./operations.ts";
import { TABLE } from "./table.ts";
import {
  deletionKey,
  foundFromItem,
  objectVersionKey,
  objectVersionPrefix,
  toVersionItem,
  versionFromItem,
  versionItemKey,
  versionKeyFromItem,
  versionPartition,
  versionSortKey,
} from "./version-items.ts";

/** Sorts after all URIs, ids, generations and revisions. */
const AFTER_KEYS = "~";
/** Versions that a purge reads at a time. */
const PURGED_PER_CALL = 200;

/** Creates the port to the versions in the table. */
export const createDynamoDbVersions = ({ send, table }: { send: Send; table: string }): Versions => ({
  list: (bucket, query) => listVersions(send, table, bucket, query),
  find: (bucket, of, query) => findVersions(send, table, bucket, of, query),
  get: (bucket, keys) => getVersions(send, table, bucket, keys),
  put: (versions) =>
    writeAll(
      send,
      table,
      versions.map((version) => ({ PutRequest: { Item: toVersionItem(version) } })),
    ),
  count: (bucket) => countVersions(send, table, bucket),
  delete: async (bucket, keys, deletedAt) => {
    // First, so that a list whose deletion fails halfway does not look unchanged.
    if (deletedAt !== undefined)
      await send("PutItem", {
        TableName: table,
        Item: { ...deletionKey(bucket), ts: { N: String(deletedAt) } },
      });
    await deleteKeys(
      send,
      table,
      keys.map((key) => versionItemKey(bucket, key)),
    );
  },
  deletedAt: async (bucket) => {
    const { Item } = await send("GetItem", { TableName: table, Key: deletionKey(bucket), ConsistentRead: true });
    return Number(Item?.ts?.N ?? 0);
  },
  purge: (bucket, shouldStop) => purgeVersions(send, table, bucket, shouldStop),
});

const listVersions = async (
  send: Send,
  table: string,
  bucket: VersionedBucket,
  { descending, since = -1, before = Number.MAX_SAFE_INTEGER, after, limit }: VersionQuery,
): Promise<VersionPage> => {
  if (since + 1 >= before) return { versions: [], bytes: 0 };
  const output = await send("Query", {
    TableName: table,
    ConsistentRead: true,
    ReturnConsumedCapacity: "TOTAL",
    ScanIndexForward: !descending,
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: {
      ":pk": { S: versionPartition(bucket) },
      ":from": { S: versionSortKey(since + 1) },
      ":to": { S: versionSortKey(before - 1, AFTER_KEYS) },
    },
    Limit: limit,
    ...(after && { ExclusiveStartKey: versionItemKey(bucket, after) }),
  });
  const { Items = [], LastEvaluatedKey } = output;
  return {
    versions: Items.map((item) => versionFromItem(bucket, item)),
    bytes: bytesOfQuery(output),
    ...(LastEvaluatedKey !== undefined && { next: versionKeyFromItem(LastEvaluatedKey) }),
  };
};

const findVersions = async (
  send: Send,
  table: string,
  bucket: VersionedBucket,
  of: VersionedObjects,
  { descending = false, since = -1, after, limit }: FindQuery,
): Promise<FoundVersions> => {
  const { list, id, parentGeneration } = of;
  const prefix = objectVersionPrefix(of);
  const isOne = id !== undefined && parentGeneration !== undefined;
  const output: Operations["Query"][1] = await send("Query", {
    TableName: table,
    IndexName: TABLE.index.name,
    ConsistentRead: true,
    ScanIndexForward: !descending,
    ReturnConsumedCapacity: "TOTAL",
    KeyConditionExpression: "pk = :pk AND #at BETWEEN :from AND :to",
    ExpressionAttributeNames: { "#at": TABLE.index.sortKey },
    ExpressionAttributeValues: {
      ":pk": { S: versionPartition(bucket) },
      ":from": { S: isOne ? objectVersionKey({ list, id, parentGeneration }, since + 1) : prefix },
      ":to": { S: `${prefix}${AFTER_KEYS}` },
    },
    Limit: limit,
    ...(after && {
      ExclusiveStartKey: {
        ...versionItemKey(bucket, after),
        at: { S: objectVersionKey({ list, ...after }, after.revision) },
      },
    }),
  });
  return {
    found: (output.Items ?? []).map(foundFromItem),
    bytes: bytesOfQuery(output),
    hasMore: output.LastEvaluatedKey !== undefined,
  };
};

const getVersions = async (
  send: Send,
  table: string,
  bucket: VersionedBucket,
  keys: readonly VersionKey[],
): Promise<ReadVersions> => {
  const wanted = new Map(keys.map((key) => versionItemKey(bucket, key)).map((key) => [text(key, "sk"), key] as const));
  if (wanted.size === 0) return { versions: [], bytes: 0 };
  const { items, bytes } = await readAllMeasured(send, table, [...wanted.values()]);
  return { versions: items.map((item): Version => versionFromItem(bucket, item)), bytes };
};

/** Counts in the index, whose items are small. */
const countVersions = async (send: Send, table: string, bucket: VersionedBucket): Promise<number> => {
  let count = 0;
  let startKey: Item | undefined;
  do {
    const output: Operations["Query"][1] = await send("Query", {
      TableName: table,
      IndexName: TABLE.index.name,
      ConsistentRead: true,
      Select: "COUNT",
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: versionPartition(bucket) } },
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    count += output.Count ?? 0;
    startKey = output.LastEvaluatedKey;
  } while (startKey !== undefined);
  return count;
};

const deleteKeys = (send: Send, table: string, keys: readonly Item[]): Promise<void> =>
  writeAll(
    send,
    table,
    keys.map((Key) => ({ DeleteRequest: { Key } })),
  );

const purgeVersions = async (
  send: Send,
  table: string,
  bucket: VersionedBucket,
  shouldStop: () => boolean,
): Promise<boolean> => {
  for (;;) {
    const { Items = [] } = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: versionPartition(bucket) } },
      ProjectionExpression: "pk, sk",
      Limit: PURGED_PER_CALL,
    });
    if (Items.length === 0) return true;
    await deleteKeys(send, table, Items);
    if (shouldStop()) return false;
  }
};
