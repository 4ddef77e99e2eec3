import type { HeadWalkPage, WalkPage, WalkQuery } from "../../../core/ports/store.ts";
import type { ListRef } from "../../../core/resources.ts";
import { fromItem, HEAD_ATTRIBUTES, headFromItem, text } from "./items.ts";
import { bytesOfQuery, type Operations, type Send } from "./operations.ts";

/** Sorts after a list's clock and before every id. */
const BEFORE_IDS = "#~";

/** Reads a part of a generation's objects in the order of their ids, which is the order of the table. */
export const walkObjects = async (send: Send, table: string, list: ListRef, query: WalkQuery): Promise<WalkPage> => {
  const { Items = [], LastEvaluatedKey } = await send("Query", toWalkInput(table, list, query));
  return {
    objects: Items.map((item) => [text(item, "sk"), fromItem(item)] as const),
    ...(LastEvaluatedKey !== undefined && { next: text(LastEvaluatedKey, "sk") }),
  };
};

/** Like {@link walkObjects}, without the data. */
export const walkHeads = async (send: Send, table: string, list: ListRef, query: WalkQuery): Promise<HeadWalkPage> => {
  const input = toWalkInput(table, list, query);
  const output = await send("Query", {
    ...input,
    ProjectionExpression: HEAD_ATTRIBUTES.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(HEAD_ATTRIBUTES.map((name) => [`#${name}`, name])),
    ReturnConsumedCapacity: "TOTAL",
  });
  const { Items = [], LastEvaluatedKey } = output;
  return {
    heads: Items.map((item) => [text(item, "sk"), headFromItem(item)] as const),
    bytes: bytesOfQuery(output),
    ...(LastEvaluatedKey !== undefined && { next: text(LastEvaluatedKey, "sk") }),
  };
};

const toWalkInput = (
  table: string,
  list: ListRef,
  { parentGeneration, after = BEFORE_IDS, limit, tombstones = false }: WalkQuery,
): Operations["Query"][0] => ({
  TableName: table,
  ConsistentRead: true,
  KeyConditionExpression: "pk = :list AND sk > :after",
  FilterExpression: tombstones ? "#of = :of" : "#of = :of AND attribute_not_exists(gone)",
  ExpressionAttributeNames: { "#of": "of" },
  ExpressionAttributeValues: { ":list": { S: list.uri }, ":after": { S: after }, ":of": { S: parentGeneration } },
  Limit: limit,
});
