import { randomUUID } from "node:crypto";
import { type Expiry, STATE_LIMITS, type State, type StateEntry, type StateQuery } from "../../../core/ports/state.ts";
import { CONTENTION_LIMITS, contentionFailure } from "../../../core/store/contention.ts";
import { type Json, parseJson } from "../../../lib/json.ts";
import { startRetries } from "../../../lib/util/backoff.ts";
import { isCounterConditionFailed, readCounter, toCounterInput } from "./counters.ts";
import { type Item, text } from "./items.ts";
import { isConditionFailed, isTransactionCanceled, type Operations, type Send } from "./operations.ts";
import { checkName, stateKey, statePartition } from "./state-key.ts";
import { TABLE } from "./table.ts";

/** Maximum number of counters in one transaction: DynamoDB's limit of 100 items, less those of a request's objects. */
const MAX_COUNTERS = 90;

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
  const keyOf = (list: string, key: string): Item => stateKey(plugin, list, key);
  const isPresent = (item: Item | undefined): item is Item =>
    item !== undefined && (item[TABLE.expiry]?.N === undefined || Number(item[TABLE.expiry]?.N) * 1000 > now());

  const read = async (list: string, key: string): Promise<{ value: Json | undefined; writeId: string | undefined }> => {
    const { Item } = await send("GetItem", { TableName: table, Key: keyOf(list, key), ConsistentRead: true });
    // An expired item may still exist. It has no value, but its write id is needed to replace it.
    return { value: isPresent(Item) ? readValue(Item) : undefined, writeId: Item?.mark?.S };
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
    async count(list, key, update, options) {
      const input = toCounterInput(table, plugin, { ...update, list, key }, options);
      try {
        const { Attributes } = await send("UpdateItem", { ...input, ReturnValues: "ALL_NEW" });
        return readCounter(Attributes ?? {});
      } catch (error) {
        if (isConditionFailed(error)) return undefined;
        throw error;
      }
    },
    async countAll(updates) {
      if (updates.length > MAX_COUNTERS)
        throw new RangeError(`countAll got ${updates.length} counters; the limit is ${MAX_COUNTERS}`);
      if (updates.length === 0) return true;
      const retries = startRetries(CONTENTION_LIMITS);
      do {
        try {
          const items = updates.map((update) => ({ Update: toCounterInput(table, plugin, update) }));
          await send("TransactWriteItems", { TransactItems: items });
          return true;
        } catch (error) {
          if (!isTransactionCanceled(error)) throw error;
          if (isCounterConditionFailed(error.reasons)) return false;
        }
      } while (await retries.pause());
      throw contentionFailure(`counters of '${plugin}'`, retries.describe());
    },
    list: (list, query = {}) => readEntries(send, table, statePartition(plugin, list), query, isPresent),
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
      yield { key: text(item, "sk"), value: readValue(item) };
      remaining--;
    }
    startKey = output.LastEvaluatedKey;
    if (startKey === undefined) return;
  }
}

const readValue = (item: Item): Json =>
  item.json === undefined ? readCounter(item) : (parseJson(text(item, "json")) as Json);

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
