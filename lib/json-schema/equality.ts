import { isObject, type Json } from "../json.ts";

/** Whether two values are the same JSON, in whatever order their keys are; `spend` is told each step. */
export const isEqual = (one: Json, other: Json, spend: (steps: number) => void): boolean => {
  spend(1);
  if (one === other) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((each, place) => isEqual(each, other[place] as Json, spend))
    );
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key] as Json, other[key] as Json, spend));
};

/** A text that equal values have in common, and no others. */
export const canonical = (value: Json, spend: (steps: number) => void): string => {
  spend(1);
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, spend)).join()}]`;
  if (!isObject(value)) {
    if (typeof value === "string") spend(value.length >> 4);
    return JSON.stringify(value);
  }
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json, spend)}`).join()}}`;
};
