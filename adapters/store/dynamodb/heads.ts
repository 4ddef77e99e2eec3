import type { HeadSnapshot, ObjectsRequest } from "../../../core/ports/store.ts";
import { HEAD_ATTRIBUTES, headFromItem, uriOf } from "./items.ts";
import type { Send } from "./operations.ts";
import { readItems } from "./read-items.ts";

/** Reads objects without their data. DynamoDB reads whole items, so their size is returned too. */
export const readHeads = async (send: Send, table: string, request: ObjectsRequest): Promise<HeadSnapshot> => {
  const { items, parents, bytes } = await readItems(send, table, request, [], HEAD_ATTRIBUTES);
  return { heads: new Map([...items, ...parents.values()].map((item) => [uriOf(item), headFromItem(item)])), bytes };
};
