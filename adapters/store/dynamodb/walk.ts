import type { Walked, WalkQuery } from "../../../core/ports/store.ts";
import type { ListRef } from "../../../core/resources.ts";
import { fromItem, text } from "./items.ts";
import type { Send } from "./send.ts";

/** Sorts after a list's clock, and before every id. */
const BEFORE_IDS = "#~";

/** Some of a life's objects, as the table itself sorts them: by id. */
export const walk = async (
  send: Send,
  table: string,
  list: ListRef,
  { of, after = BEFORE_IDS, limit }: WalkQuery,
): Promise<Walked> => {
  const { Items = [], LastEvaluatedKey } = await send("Query", {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :list AND sk > :after",
    FilterExpression: "#of = :of AND attribute_not_exists(gone)",
    ExpressionAttributeNames: { "#of": "of" },
    ExpressionAttributeValues: { ":list": { S: list.uri }, ":after": { S: after }, ":of": { S: of } },
    Limit: limit,
  });
  return {
    objects: Items.map((item) => [text(item, "sk"), fromItem(item)] as const),
    ...(LastEvaluatedKey !== undefined && { next: text(LastEvaluatedKey, "sk") }),
  };
};
