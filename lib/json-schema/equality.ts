import { isObject, type Json } from "../json.ts";
import type { Spend } from "./types.ts";

/** Whether two values are the same JSON, regardless of the order of keys. */
export const isEqual = (one: Json, other: Json, spend: Spend): boolean => {
  spend(1);
  if (one === other) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isEqual(item, other[index] as Json, spend))
    );
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key] as Json, other[key] as Json, spend));
};

/** A text that is the same for equal values and different for others. */
export const canonicalize = (value: Json, spend: Spend): string => {
  spend(1);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalize(item, spend)).join()}]`;
  if (!isObject(value)) {
    if (typeof value === "string") spend(value.length >> 4);
    return JSON.stringify(value);
  }
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalize(value[key] as Json, spend)}`).join()}}`;
};
