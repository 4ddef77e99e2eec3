import { isObject, type Json, type JsonObject } from "../../json.ts";
import { pythonRepr } from "../../python-repr.ts";
import { SchemaError } from "../limits.ts";
import type { Keyword, KeywordInput, Violation } from "../types.ts";

export const isArray = (value: Json): value is Json[] => Array.isArray(value);
export const isNumber = (value: Json): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";
export const isString = (value: Json): value is string => typeof value === "string";

/** A keyword about instances of one type. Others are valid. */
export const forType =
  <Instance extends Json>(
    isType: (instance: Json) => instance is Instance,
    check: (instance: Instance, input: KeywordInput) => Violation | undefined,
  ): Keyword =>
  (input) =>
    isType(input.instance) ? check(input.instance, input) : undefined;

/** @param value what the schema demands, where that is not the value of the keyword itself */
export const violation = (message: () => string, value?: Json): Violation =>
  value === undefined ? { message, path: [] } : { message, path: [], value };

export const malformed = (value: Json): SchemaError =>
  new SchemaError(`${pythonRepr(value)} is not a valid value for this keyword`);

export const requireNumber = (value: Json): number | bigint => {
  if (!isNumber(value)) throw malformed(value);
  return value;
};
export const requireArray = (value: Json): Json[] => {
  if (!Array.isArray(value)) throw malformed(value);
  return value;
};
export const requireObject = (value: Json): JsonObject => {
  if (!isObject(value)) throw malformed(value);
  return value;
};

export const ownValue = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The first violation that `check` finds. */
export const findFirst = <Each>(
  all: Iterable<Each>,
  check: (each: Each) => Violation | undefined,
): Violation | undefined => {
  for (const each of all) {
    const found = check(each);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** `'a', 'b' were`, as messages list superfluous values. */
export const listExtras = (all: readonly Json[]): string =>
  `${all.slice(0, 100).map(pythonRepr).join(", ")}${all.length > 100 ? "…" : ""} ${all.length === 1 ? "was" : "were"}`;

export const minSize = <Instance extends Json>(
  isType: (instance: Json) => instance is Instance,
  sizeOf: (instance: Instance, input: KeywordInput) => number,
  problem: string,
): Keyword =>
  forType(isType, (instance, input) => {
    const min = requireNumber(input.value);
    if (sizeOf(instance, input) >= min) return undefined;
    return violation(() => `${pythonRepr(instance)} ${min === 1 ? "should be non-empty" : problem}`);
  });

export const maxSize = <Instance extends Json>(
  isType: (instance: Json) => instance is Instance,
  sizeOf: (instance: Instance, input: KeywordInput) => number,
  problem: string,
): Keyword =>
  forType(isType, (instance, input) => {
    const max = requireNumber(input.value);
    if (sizeOf(instance, input) <= max) return undefined;
    return violation(() => `${pythonRepr(instance)} ${max === 0 ? "is expected to be empty" : problem}`);
  });
