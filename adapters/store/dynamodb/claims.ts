import type { Claim, Store } from "../../../core/ports/store.ts";
import { claimKey, type Item } from "./items.ts";
import { isConditionFailed, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";

/** How long a claim is kept. SQS keeps a message for at most 14 days, and a redrive starts anew. */
const RETENTION_SECONDS = 30 * 24 * 3600;

/** Creates the idempotency records of deliveries: each is claimed before and settled after its processing. */
export const createClaims = (
  send: Send,
  table: string,
  now: () => number,
): Pick<Store, "claim" | "settle" | "release"> => {
  const expires = () => ({ N: String(Math.ceil(now() / 1000) + RETENTION_SECONDS) });
  return {
    async claim(key, { owner, until }) {
      try {
        const { Attributes } = await send("UpdateItem", {
          TableName: table,
          Key: claimKey(key),
          UpdateExpression: "SET #owner = :owner, #until = :until, #expiry = :expiry ADD #tries :one",
          ConditionExpression: "attribute_not_exists(pk) OR (#until < :now AND attribute_not_exists(#done))",
          ExpressionAttributeNames: {
            "#owner": "owner",
            "#until": "until",
            "#expiry": TABLE.expiry,
            "#tries": "tries",
            "#done": "done",
          },
          ExpressionAttributeValues: {
            ":owner": { S: owner },
            ":until": { N: String(until) },
            ":expiry": expires(),
            ":one": { N: "1" },
            ":now": { N: String(now()) },
          },
          ReturnValues: "UPDATED_NEW",
        });
        return toTaken(Attributes);
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        const { Item } = await send("GetItem", { TableName: table, Key: claimKey(key), ConsistentRead: true });
        if (Item?.done?.BOOL === true) return { kind: "done" };
        // This call retried after a lost response, and the claim is its own.
        return Item?.owner?.S === owner ? toTaken(Item) : { kind: "busy", until: Number(Item?.until?.N ?? 0) };
      }
    },
    async settle(key, { owner }) {
      await send("PutItem", {
        TableName: table,
        Item: { ...claimKey(key), owner: { S: owner }, done: { BOOL: true }, [TABLE.expiry]: expires() },
      });
    },
    async release(key, { owner }, { forget }) {
      try {
        await send("UpdateItem", {
          TableName: table,
          Key: claimKey(key),
          UpdateExpression: `SET #until = :zero${forget ? ", #tries = :zero" : ""} REMOVE #owner`,
          ConditionExpression: "#owner = :owner AND attribute_not_exists(#done)",
          ExpressionAttributeNames: {
            "#owner": "owner",
            "#until": "until",
            "#done": "done",
            ...(forget && { "#tries": "tries" }),
          },
          ExpressionAttributeValues: { ":owner": { S: owner }, ":zero": { N: "0" } },
        });
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
      }
    },
  };
};

const toTaken = (item: Item | undefined): Claim => ({ kind: "taken", tries: Number(item?.tries?.N ?? 1) });
