import type { HeadSnapshot, ObjectHead } from "../../../core/ports/store.ts";
import { isStorable, type ObjectRef } from "../../../core/resources.ts";
import { HEAD_ATTRIBUTES, headFromItem, keyOf, text } from "./items.ts";
import { readAllMeasured, type Send } from "./operations.ts";

/** Reads objects without their data. DynamoDB reads whole items, so their size is returned too. */
export const readHeads = async (send: Send, table: string, objects: readonly ObjectRef[]): Promise<HeadSnapshot> => {
  const refs = new Map(objects.filter(isStorable).map((ref) => [ref.uri, ref]));
  const { items, bytes } = await readAllMeasured(send, table, [...refs.values()].map(keyOf), HEAD_ATTRIBUTES);
  const heads = new Map<string, ObjectHead>(
    items.map((item) => [`${text(item, "pk")}/${text(item, "sk")}`, headFromItem(item)]),
  );
  return { heads, bytes };
};
