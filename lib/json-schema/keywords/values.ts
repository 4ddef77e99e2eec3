import { isObject, type Json } from "../../json.ts";
import { pythonRepr, pythonStr } from "../../python-repr.ts";
import { isEqual } from "../equality.ts";
import type { Keyword, KeywordInput } from "../types.ts";
import {
  forType,
  isArray,
  isNumber,
  isString,
  malformed,
  maxSize,
  minSize,
  ownValue,
  requireArray,
  requireNumber,
  violation,
} from "./keyword.ts";

const isInteger = (value: number | bigint): boolean => typeof value === "bigint" || Number.isInteger(value);

const TYPES: Readonly<Record<string, (instance: Json) => boolean>> = {
  array: isArray,
  boolean: (instance) => typeof instance === "boolean",
  integer: (instance) => isNumber(instance) && isInteger(instance),
  null: (instance) => instance === null,
  number: isNumber,
  object: isObject,
  string: isString,
};

export const type: Keyword = ({ evaluator, value, instance }) => {
  const types = typeof value === "string" ? [value] : requireArray(value);
  if (types.length > 1) evaluator.spend(types.length);
  const isValid = types.some((each) => {
    if (typeof each !== "string" || !Object.hasOwn(TYPES, each)) throw malformed(each);
    return TYPES[each]?.(instance);
  });
  if (isValid) return undefined;
  return violation(() => `${pythonRepr(instance)} is not of type ${types.map(pythonRepr).join(", ")}`);
};

/** `enum`. */
export const enumeration: Keyword = ({ evaluator, value, instance }) =>
  requireArray(value).some((each) => isEqual(each, instance, evaluator.spend))
    ? undefined
    : violation(() => `${pythonRepr(instance)} is not one of ${pythonRepr(value)}`);

/** `const`. */
export const constant: Keyword = ({ evaluator, value, instance }) =>
  isEqual(instance, value, evaluator.spend) ? undefined : violation(() => `${pythonRepr(value)} was expected`);

export const format: Keyword = ({ evaluator, value, instance }) => {
  const message = evaluator.explainFormat(value, instance);
  return message === undefined ? undefined : violation(() => message);
};

const compareNumbers = (
  isViolated: (instance: number | bigint, limit: number | bigint) => boolean,
  problem: string,
): Keyword =>
  forType(isNumber, (instance, { value }) =>
    isViolated(instance, requireNumber(value))
      ? violation(() => `${pythonRepr(instance)} is ${problem} of ${pythonRepr(value)}`)
      : undefined,
  );

export const minimum = compareNumbers((instance, limit) => instance < limit, "less than the minimum");
export const maximum = compareNumbers((instance, limit) => instance > limit, "greater than the maximum");
export const exclusiveMinimum = compareNumbers(
  (instance, limit) => instance <= limit,
  "less than or equal to the minimum",
);
export const exclusiveMaximum = compareNumbers(
  (instance, limit) => instance >= limit,
  "greater than or equal to the maximum",
);
/** In draft 4 `exclusiveMinimum` and `exclusiveMaximum` are booleans beside `minimum` and `maximum`. */
export const draft4Minimum: Keyword = (input) =>
  (ownValue(input.schema, "exclusiveMinimum") ? exclusiveMinimum : minimum)(input);
export const draft4Maximum: Keyword = (input) =>
  (ownValue(input.schema, "exclusiveMaximum") ? exclusiveMaximum : maximum)(input);

export const multipleOf: Keyword = forType(isNumber, (instance, { value }) => {
  const factor = requireNumber(value);
  if (factor === 0) throw malformed(value);
  return isMultiple(instance, factor)
    ? undefined
    : violation(() => `${pythonRepr(instance)} is not a multiple of ${pythonStr(value)}`);
});

const isMultiple = (number: number | bigint, factor: number | bigint): boolean => {
  if (typeof number === "bigint" || typeof factor === "bigint") {
    if (isInteger(number) && isInteger(factor)) return BigInt(number) % BigInt(factor) === 0n;
    return isMultiple(Number(number), Number(factor));
  }
  const quotient = number / factor;
  // Dividing makes 0.3 a multiple of 0.1, which the remainder does not. If the quotient overflows, the remainder is
  // exact.
  return Number.isInteger(factor) || !Number.isFinite(quotient) ? number % factor === 0 : Number.isInteger(quotient);
};

/** The length in characters, where JavaScript counts UTF-16 units. */
const countCharacters = (text: string, { evaluator }: KeywordInput): number => {
  evaluator.spend(text.length >> 5);
  let pairs = 0;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) pairs++;
  }
  return text.length - pairs;
};

export const minLength = minSize(isString, countCharacters, "is too short");
export const maxLength = maxSize(isString, countCharacters, "is too long");

export const pattern: Keyword = forType(isString, (instance, { evaluator, value }) =>
  evaluator.matchesPattern(value, instance)
    ? undefined
    : violation(() => `${pythonRepr(instance)} does not match ${pythonRepr(value)}`),
);
