import type { Json, JsonObject } from "../../lib/json.ts";
import { findValue } from "./fields.ts";
import { createLikeMatcher } from "./like.ts";
import { compareValues, toCanonicalJson, toComparableText } from "./values.ts";

/** How a field is compared with a filter's value; `min` and `max` include it. */
export const COMPARISONS = [
  "lt",
  "min",
  "max",
  "not",
  "eq",
  "gt",
  "in",
  "exclude",
  "like",
  "has",
  "contains_any",
  "contains",
] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** `value` is an array for `in`, `exclude`, `contains` and `contains_any`, and a string for `like`. */
export interface Filter {
  /** May lead into objects: `address.street`. */
  readonly field: string;
  readonly comparison: Comparison;
  readonly value: Json;
}

/** Whether an object meets all filters. */
export const createMatcher = (filters: readonly Filter[]): ((object: JsonObject) => boolean) => {
  const tests = filters.map(({ field, comparison, value }) => ({ field, test: createTest(comparison, value) }));
  return (object) => tests.every(({ field, test }) => test(findValue(object, field)));
};

/** What is not there (`undefined`) is greater than all, equals nothing, and is in nothing. */
type Test = (found: Json | undefined) => boolean;

const createTest = (comparison: Comparison, value: Json): Test => {
  switch (comparison) {
    case "eq":
      return isIn([value]);
    case "not":
      return isNot(isIn([value]));
    case "in":
      return isIn(value as Json[]);
    case "exclude":
      return isNot(isIn(value as Json[]));
    case "lt":
      return (found) => compareValues(found, value) < 0;
    case "max":
      return (found) => compareValues(found, value) <= 0;
    case "gt":
      return (found) => compareValues(found, value) > 0;
    case "min":
      return (found) => compareValues(found, value) >= 0;
    case "has":
      return isTrue(value) ? isThere : isNot(isThere);
    case "like":
      return isLike(value as string);
    case "contains":
      return containsAll(value as Json[]);
    case "contains_any":
      return containsAny(value as Json[]);
  }
};

const isNot =
  (test: Test): Test =>
  (found) =>
    !test(found);

const isThere: Test = (found) => found !== undefined;

const isIn = (values: readonly Json[]): Test => {
  const wanted = new Set(values.map(toCanonicalJson));
  return (found) => found !== undefined && wanted.has(toCanonicalJson(found));
};

const isLike = (pattern: string): Test => {
  const matches = createLikeMatcher(pattern);
  return (found) => {
    const text = found === undefined ? undefined : toComparableText(found);
    return text !== undefined && matches(text);
  };
};

const containsAll = (values: readonly Json[]): Test => {
  const wanted = [...new Set(values.map(toCanonicalJson))];
  return (found) => {
    if (!Array.isArray(found)) return false;
    const held = new Set(found.map(toCanonicalJson));
    return wanted.every((value) => held.has(value));
  };
};

const containsAny = (values: readonly Json[]): Test => {
  const wanted = new Set(values.map(toCanonicalJson));
  return (found) => Array.isArray(found) && found.some((element) => wanted.has(toCanonicalJson(element)));
};

/** Python's idea of truth, which is Kinto's: what is empty or zero is false. */
const isTrue = (value: Json): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
