import { randomUUID } from "node:crypto";
import { Failure } from "../../../core/errors.ts";
import { type Expiry, STATE_LIMITS, type State, type StateEntry, type StateQuery } from "../../../core/ports/state.ts";
import type { Json } from "../../../lib/json.ts";
import { type Item, text } from "./items.ts";
import { isConditionFailed, type Operations, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** How often a change is made anew that others came between. */
const TRIES = 12;
const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));

/** What one plugin keeps in the one table: a list is a partition. Each write is told by a mark of its own, so that one whose answer was lost is known again. */
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
  const partition = (list: string) => `state#${plugin}#${named("list", list)}`;
  const keyOf = (list: string, key: string): Item => ({ pk: { S: partition(list) }, sk: { S: named("key", key) } });
  const isPresent = (item: Item | undefined): item is Item =>
    item !== undefined && (item[TABLE.expiry]?.N === undefined || Number(item[TABLE.expiry]?.N) * 1000 > now());

  const read = async (list: string, key: string): Promise<{ value: Json | undefined; mark: string | undefined }> => {
    const { Item } = await send("GetItem", { TableName: table, Key: keyOf(list, key), ConsistentRead: true });
    // What is expired may still stand there: it is no value, but its mark tells whether somebody came between.
    return { value: isPresent(Item) ? jsonOf(Item) : undefined, mark: Item?.mark?.S };
  };

  /** Writes over what bears a mark, or, without one, where nothing is. `false` when it is not so. */
  const replace = async (item: Item, mark: string, before: string | undefined): Promise<boolean> => {
    try {
      await send("PutItem", {
        TableName: table,
        Item: { ...item, mark: { S: mark } },
        ConditionExpression: before === undefined ? "attribute_not_exists(pk)" : "mark = :before",
        ...(before !== undefined && { ExpressionAttributeValues: { ":before": { S: before } } }),
      });
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  };

  const change: State["change"] = async (list, key, make, options) => {
    const mark = randomUUID();
    let made: Json | undefined;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const present = await read(list, key);
      if (present.mark === mark) return made;
      made = make(present.value);
      if (made === undefined) return present.value;
      if (await replace(toItem(keyOf(list, key), made, options), mark, present.mark)) return made;
      await pause(attempt);
    }
    if ((await read(list, key)).mark === mark) return made;
    throw new Failure("BACKEND", { message: `What '${plugin}' keeps as '${key}' changes too fast, please retry.` });
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
      const mark = randomUUID();
      try {
        await send("PutItem", {
          TableName: table,
          Item: { ...toItem(keyOf(list, key), value, options), mark: { S: mark } },
          ConditionExpression: `attribute_not_exists(pk) OR ${TABLE.expiry} <= :now`,
          ExpressionAttributeValues: { ":now": { N: String(Math.floor(now() / 1000)) } },
        });
        return true;
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        // Perhaps by us, whose first answer was lost.
        return (await read(list, key)).mark === mark;
      }
    },
    change,
    async delete(list, key) {
      await send("DeleteItem", { TableName: table, Key: keyOf(list, key) });
    },
    list: (list, query = {}) => entries(send, table, partition(list), query, isPresent),
  };
};

async function* entries(
  send: Send,
  table: string,
  pk: string,
  { after, limit = Number.POSITIVE_INFINITY, descending = false }: StateQuery,
  isPresent: (item: Item) => boolean,
): AsyncGenerator<StateEntry> {
  let left = limit;
  let from: Item | undefined = after === undefined ? undefined : { pk: { S: pk }, sk: { S: named("key", after) } };
  while (left > 0) {
    const answer: Operations["Query"][1] = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      ScanIndexForward: !descending,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ...(Number.isFinite(left) && { Limit: left }),
      ...(from && { ExclusiveStartKey: from }),
    });
    for (const item of (answer.Items ?? []).filter(isPresent)) {
      yield { key: text(item, "sk"), value: jsonOf(item) };
      left--;
    }
    from = answer.LastEvaluatedKey;
    if (from === undefined) return;
  }
}

const jsonOf = (item: Item): Json => JSON.parse(text(item, "json")) as Json;

const toItem = (key: Item, value: Json, { expires }: Expiry = {}): Item => {
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  if (bytes > STATE_LIMITS.value)
    throw new RangeError(
      `The value has ${bytes} bytes of JSON, and ${STATE_LIMITS.value} are the most that can be kept`,
    );
  return {
    ...key,
    json: { S: json },
    ...(expires !== undefined && { [TABLE.expiry]: { N: String(Math.ceil(expires / 1000)) } }),
  };
};

/** A name as it is, where DynamoDB can take it for part of a key. */
const named = (what: "list" | "key", name: string): string => {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > STATE_LIMITS[what])
    throw new RangeError(`The ${what} has a name of ${bytes} bytes, and must have 1 to ${STATE_LIMITS[what]}`);
  if (!name.isWellFormed()) throw new RangeError(`The ${what} '${name}' is no well-formed Unicode`);
  return name;
};
