import { randomUUID } from "node:crypto";
import { type Expiry, STATE_LIMITS, type State, type StateEntry, type StateQuery } from "../../../core/ports/state.ts";
import { CONTENTION_LIMITS, contentionFailure } from "../../../core/store/contention.ts";
import { type Json, parseJson } from "../../../lib/json.ts";
import { startRetries } from "../../../lib/util/backoff.ts";
import { type Item, text } from "./items.ts";
import { isConditionFailed, type Operations, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/**
 * Creates a plugin's state in the table. A list is a partition. Each write has a random id (the attribute `mark`), by
 * which a write whose response was lost is recognized.
 */
export const createDynamoDbState = ({
  send,
  table,
  now = Date.now,
  plugin,
}: {
  send: Send;
  table: string;
  now?: () => number;
  plugin: string;
}): State => {
  const partition = (list: string) => `state#${plugin}#${checkName("list", list)}`;
  const keyOf = (list: string, key: string): Item => ({ pk: { S: partition(list) }, sk: { S: checkName("key", key) } });
  const isPresent = (item: Item | undefined): item is Item =>
    item !== undefined && (item[TABLE.expiry]?.N === undefined || Number(item[TABLE.expiry]?.N) * 1000 > now());

  const read = async (list: string, key: string): Promise<{ value: Json | undefined; writeId: string | undefined }> => {
    const { Item } = await send("GetItem", { TableName: table, Key: keyOf(list, key), ConsistentRead: true });
    // An expired item may still exist. It has no value, but its write id is needed to replace it.
    return { value: isPresent(Item) ? readJson(Item) : undefined, writeId: Item?.mark?.S };
  };

  /** Replaces the item that a write created, or creates it. Returns `false` after a concurrent write. */
  const replace = async (item: Item, writeId: string, previous: string | undefined): Promise<boolean> => {
    try {
      await send("PutItem", {
        TableName: table,
        Item: { ...item, mark: { S: writeId } },
        ConditionExpression: previous === undefined ? "attribute_not_exists(pk)" : "mark = :before",
        ...(previous !== undefined && { ExpressionAttributeValues: { ":before": { S: previous } } }),
      });
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  };

  const change: State["change"] = async (list, key, make, options) => {
    const writeId = randomUUID();
    const retries = startRetries(CONTENTION_LIMITS);
    let value: Json | undefined;
    do {
      const current = await read(list, key);
      if (current.writeId === writeId) return value;
      value = make(current.value);
      if (value === undefined) return current.value;
      if (await replace(toItem(keyOf(list, key), value, options), writeId, current.writeId)) return value;
    } while (await retries.pause());
    if ((await read(list, key)).writeId === writeId) return value;
    throw contentionFailure(`the state '${key}' of '${plugin}'`, retries.describe());
  };

  return {
    get: async (list, key) => (await read(list, key)).value,
    async put(list, key, value, options) {
      await send("PutItem", {
        TableName: table,
        Item: { ...toItem(keyOf(list, key), value, options), mark: { S: randomUUID() } },
      });
    },
    async add(list, key, value, options) {
      const writeId = randomUUID();
      try {
        await send("PutItem", {
          TableName: table,
          Item: { ...toItem(keyOf(list, key), value, options), mark: { S: writeId } },
          ConditionExpression: `attribute_not_exists(pk) OR ${TABLE.expiry} <= :now`,
          ExpressionAttributeValues: { ":now": { N: String(Math.floor(now() / 1000)) } },
        });
        return true;
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        // This call may have retried after a lost response, and have written the item itself.
        return (await read(list, key)).writeId === writeId;
      }
    },
    change,
    async delete(list, key) {
      await send("DeleteItem", { TableName: table, Key: keyOf(list, key) });
    },
    list: (list, query = {}) => readEntries(send, table, partition(list), query, isPresent),
  };
};

async function* readEntries(
  send: Send,
  table: string,
  pk: string,
  { after, limit = Number.POSITIVE_INFINITY, descending = false }: StateQuery,
  isPresent: (item: Item) => boolean,
): AsyncGenerator<StateEntry> {
  let remaining = limit;
  let startKey: Item | undefined =
    after === undefined ? undefined : { pk: { S: pk }, sk: { S: checkName("key", after) } };
  while (remaining > 0) {
    const output: Operations["Query"][1] = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      ScanIndexForward: !descending,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ...(Number.isFinite(remaining) && { Limit: remaining }),
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    for (const item of (output.Items ?? []).filter(isPresent)) {
      yield { key: text(item, "sk"), value: readJson(item) };
      remaining--;
    }
    startKey = output.LastEvaluatedKey;
    if (startKey === undefined) return;
  }
}

const readJson = (item: Item): Json => parseJson(text(item, "json")) as Json;

const toItem = (key: Item, value: Json, { expires }: Expiry = {}): Item => {
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  if (bytes > STATE_LIMITS.value)
    throw new RangeError(`The value has ${bytes} bytes of JSON; the limit is ${STATE_LIMITS.value} bytes`);
  return {
    ...key,
    json: { S: json },
    ...(expires !== undefined && { [TABLE.expiry]: { N: String(Math.ceil(expires / 1000)) } }),
  };
};

/** Returns a name that can be part of a table key. Throws a RangeError for others. */
const checkName = (kind: "list" | "key", name: string): string => {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > STATE_LIMITS[kind])
    throw new RangeError(`The ${kind} name has ${bytes} bytes; it must have 1 to ${STATE_LIMITS[kind]}`);
  if (!name.isWellFormed()) throw new RangeError(`The ${kind} name '${name}' is not well-formed Unicode`);
  return name;
};
