import type { Json } from "../../json.ts";
import { pythonRepr } from "../../python-repr.ts";
import type { Keyword, Violation } from "../types.ts";
import { findFirst, ownValue, requireArray, violation } from "./keyword.ts";

export const allOf: Keyword = ({ evaluator, value, instance, scope }) =>
  findFirst(requireArray(value), (schema) => evaluator.descend(instance, schema, scope));

const validUnderNone = (instance: Json): Violation =>
  violation(() => `${pythonRepr(instance)} is not valid under any of the given schemas`);

export const anyOf: Keyword = ({ evaluator, value, instance, scope }) =>
  requireArray(value).some((schema) => evaluator.isValid(instance, schema, scope))
    ? undefined
    : validUnderNone(instance);

export const oneOf: Keyword = ({ evaluator, value, instance, scope }) => {
  const [one, ...others] = requireArray(value).filter((schema) => evaluator.isValid(instance, schema, scope));
  if (one === undefined) return validUnderNone(instance);
  if (others.length === 0) return undefined;
  return violation(() => {
    const schemas = [...others, one].slice(0, 100).map(pythonRepr).join(", ");
    return `${pythonRepr(instance)} is valid under each of ${schemas}`;
  });
};

export const not: Keyword = ({ evaluator, value, instance, scope }) =>
  evaluator.isValid(instance, value, scope)
    ? violation(() => `${pythonRepr(instance)} should not be valid under ${pythonRepr(value)}`)
    : undefined;

/** `if` with its `then` and `else`. */
export const condition: Keyword = ({ evaluator, value, instance, schema, scope }) => {
  const branch = ownValue(schema, evaluator.isValid(instance, value, scope) ? "then" : "else");
  return branch === undefined ? undefined : evaluator.descend(instance, branch, scope);
};

/** `$ref` and `$dynamicRef`. */
export const reference: Keyword = ({ evaluator, value, instance, scope }) =>
  evaluator.descendReference(instance, value, scope);

/** `$recursiveRef`. */
export const recursiveReference: Keyword = ({ evaluator, instance, scope }) =>
  evaluator.descendRecursiveReference(instance, scope);
