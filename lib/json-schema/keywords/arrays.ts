import type { Json } from "../../json.ts";
import { pythonRepr } from "../../python-repr.ts";
import { canonicalize } from "../equality.ts";
import type { Keyword, KeywordInput, Violation } from "../types.ts";
import {
  findFirst,
  forType,
  isArray,
  listExtras,
  maxSize,
  minSize,
  ownValue,
  requireArray,
  requireNumber,
  violation,
} from "./keyword.ts";

const count = (instance: readonly Json[]): number => instance.length;
export const minItems = minSize(isArray, count, "is too short");
export const maxItems = maxSize(isArray, count, "is too long");

export const uniqueItems: Keyword = forType(isArray, (instance, { evaluator, value }) => {
  if (value === false) return undefined;
  const seen = new Set(instance.map((item) => canonicalize(item, evaluator.spend)));
  return seen.size === instance.length ? undefined : violation(() => `${pythonRepr(instance)} has non-unique elements`);
});

/** Checks the items from an index on against one schema. */
const checkRest = (
  { evaluator, scope }: KeywordInput,
  instance: readonly Json[],
  schema: Json,
  start = 0,
): Violation | undefined => {
  for (let index = start; index < instance.length; index++) {
    const found = evaluator.descend(instance[index] as Json, schema, scope, index);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Checks items against the schemas at the same indexes. */
const checkTuple = (
  { evaluator, scope }: KeywordInput,
  instance: readonly Json[],
  schemas: readonly Json[],
): Violation | undefined =>
  findFirst(instance.slice(0, schemas.length).entries(), ([index, item]) =>
    evaluator.descend(item, schemas[index] as Json, scope, index),
  );

export const prefixItems: Keyword = forType(isArray, (instance, input) =>
  checkTuple(input, instance, requireArray(input.value)),
);

export const items: Keyword = forType(isArray, (instance, input) => {
  const { value, schema } = input;
  const prefix = requireArray(ownValue(schema, "prefixItems") ?? []).length;
  const extra = instance.length - prefix;
  if (extra <= 0) return undefined;
  if (value !== false) return checkRest(input, instance, value, prefix);
  const rest = extra === 1 ? (instance[prefix] as Json) : instance.slice(prefix);
  return violation(
    () => `Expected at most ${prefix} item${prefix === 1 ? "" : "s"} but found ${extra} extra: ${pythonRepr(rest)}`,
  );
});

/** `items` before 2020-12: one schema for all items, or one for each index. */
export const draft4Items: Keyword = forType(isArray, (instance, input) =>
  Array.isArray(input.value) ? checkTuple(input, instance, input.value) : checkRest(input, instance, input.value),
);

export const additionalItems: Keyword = forType(isArray, (instance, input) => {
  const { value, schema } = input;
  const tuple = ownValue(schema, "items");
  if (!Array.isArray(tuple)) return undefined;
  if (value !== false) return checkRest(input, instance, value, tuple.length);
  if (instance.length <= tuple.length) return undefined;
  return violation(() => `Additional items are not allowed (${listExtras(instance.slice(tuple.length))} unexpected)`);
});

/** `contains` before 2019-09. */
export const draft6Contains: Keyword = forType(isArray, (instance, { evaluator, value, scope }) =>
  instance.some((item) => evaluator.isValid(item, value, scope))
    ? undefined
    : violation(() => `None of ${pythonRepr(instance)} are valid under the given schema`),
);

/** `contains` with `minContains` and `maxContains`. */
export const contains: Keyword = forType(isArray, (instance, { evaluator, value, schema, scope }) => {
  const min = requireNumber(ownValue(schema, "minContains") ?? 1);
  const max = requireNumber(ownValue(schema, "maxContains") ?? instance.length);
  let matches = 0;
  for (const item of instance) {
    if (evaluator.isValid(item, value, scope) && ++matches > max) {
      return violation(() => `Too many items match the given schema (expected at most ${max})`, max);
    }
  }
  if (matches >= min) return undefined;
  if (matches === 0) return violation(() => `${pythonRepr(instance)} does not contain items matching the given schema`);
  return violation(
    () => `Too few items match the given schema (expected at least ${min} but only ${matches} matched)`,
    min,
  );
});
