import type { Json, JsonObject } from "../../lib/json.ts";
import { findValue } from "./fields.ts";
import { createLikeMatcher } from "./like.ts";
import { compareValues, toCanonicalJson, toComparableText } from "./values.ts";

/** The comparisons of filters. `min` and `max` are inclusive. */
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

/** A filter. Its `value` is an array for `in`, `exclude`, `contains` and `contains_any`, and a string for `like`. */
export interface Filter {
  /** A field name or path such as `address.street`. */
  readonly field: string;
  readonly comparison: Comparison;
  readonly value: Json;
}

/** Creates a predicate for objects that match all filters. */
export const createMatcher = (filters: readonly Filter[]): ((object: JsonObject) => boolean) => {
  const tests = filters.map((filter) => ({ field: filter.field, test: createFilterTest(filter) }));
  return (object) => tests.every(({ field, test }) => test(findValue(object, field)));
};

/** Creates a predicate for the values of a filter's field. */
export const createFilterTest = ({ comparison, value }: Filter): Test => createTest(comparison, value);

/** Tests a field's value. A missing value (`undefined`) is greater than all others and equals none. */
type Test = (value: Json | undefined) => boolean;

const createTest = (comparison: Comparison, operand: Json): Test => {
  switch (comparison) {
    case "eq":
      return isIn([operand]);
    case "not":
      return negate(isIn([operand]));
    case "in":
      return isIn(operand as Json[]);
    case "exclude":
      return negate(isIn(operand as Json[]));
    case "lt":
      return (value) => compareValues(value, operand) < 0;
    case "max":
      return (value) => compareValues(value, operand) <= 0;
    case "gt":
      return (value) => compareValues(value, operand) > 0;
    case "min":
      return (value) => compareValues(value, operand) >= 0;
    case "has":
      return isTruthy(operand) ? isPresent : negate(isPresent);
    case "like":
      return isLike(operand as string);
    case "contains":
      return containsAll(operand as Json[]);
    case "contains_any":
      return containsAny(operand as Json[]);
  }
};

const negate =
  (test: Test): Test =>
  (value) =>
    !test(value);

const isPresent: Test = (value) => value !== undefined;

const isIn = (values: readonly Json[]): Test => {
  const expected = new Set(values.map(toCanonicalJson));
  return (value) => value !== undefined && expected.has(toCanonicalJson(value));
};

const isLike = (pattern: string): Test => {
  const matches = createLikeMatcher(pattern);
  return (value) => {
    const text = value === undefined ? undefined : toComparableText(value);
    return text !== undefined && matches(text);
  };
};

const containsAll = (values: readonly Json[]): Test => {
  const expected = [...new Set(values.map(toCanonicalJson))];
  return (value) => {
    if (!Array.isArray(value)) return false;
    const elements = new Set(value.map(toCanonicalJson));
    return expected.every((element) => elements.has(element));
  };
};

const containsAny = (values: readonly Json[]): Test => {
  const expected = new Set(values.map(toCanonicalJson));
  return (value) => Array.isArray(value) && value.some((element) => expected.has(toCanonicalJson(element)));
};

/** Truth as in Python and Kinto: empty values and zero are false. */
const isTruthy = (value: Json): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
