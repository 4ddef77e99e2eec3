import type { Store } from "../../../core/store/store.ts";
import { claimKey } from "./items.ts";
import { isConditionFailed, type Send } from "./send.ts";
import { TABLE } from "./table.ts";

/** How long a done delivery is remembered, in seconds: SQS keeps a message for 14 days at most, and redrives begin anew. */
const REMEMBERED = 30 * 24 * 3600;

/** Deliveries in hand and done: what makes "at least once" once in effect. */
export const claims = (send: Send, table: string, now: () => number): Pick<Store, "claim" | "settle" | "release"> => {
  const expires = () => ({ N: String(Math.ceil(now() / 1000) + REMEMBERED) });
  return {
    async claim(key, { owner, until }) {
      try {
        await send("PutItem", {
          TableName: table,
          Item: { ...claimKey(key), owner: { S: owner }, until: { N: String(until) }, [TABLE.expiry]: expires() },
          ConditionExpression: "attribute_not_exists(pk) OR (#until < :now AND attribute_not_exists(#done))",
          ExpressionAttributeNames: { "#until": "until", "#done": "done" },
          ExpressionAttributeValues: { ":now": { N: String(now()) } },
        });
        return "taken";
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        const { Item } = await send("GetItem", { TableName: table, Key: claimKey(key), ConsistentRead: true });
        if (Item?.done?.BOOL === true) return "done";
        // Our own claim, whose first answer was lost.
        return Item?.owner?.S === owner ? "taken" : "busy";
      }
    },
    async settle(key, { owner }) {
      await send("PutItem", { TableName: table, Item: { ...claimKey(key), owner: { S: owner }, done: { BOOL: true }, [TABLE.expiry]: expires() } });
    },
    async release(key, { owner }) {
      try {
        await send("DeleteItem", {
          TableName: table,
          Key: claimKey(key),
          ConditionExpression: "#owner = :owner AND attribute_not_exists(#done)",
          ExpressionAttributeNames: { "#owner": "owner", "#done": "done" },
          ExpressionAttributeValues: { ":owner": { S: owner } },
        });
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
      }
    },
  };
};
