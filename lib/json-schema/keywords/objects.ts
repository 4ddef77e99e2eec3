import { isObject, type Json, type JsonObject } from "../../json.ts";
import { pythonRepr } from "../../python-repr.ts";
import type { Keyword, KeywordInput, Violation } from "../types.ts";
import {
  findFirst,
  forType,
  listExtras,
  maxSize,
  minSize,
  ownValue,
  requireArray,
  requireObject,
  violation,
} from "./keyword.ts";

const countProperties = (instance: JsonObject): number => Object.keys(instance).length;
export const minProperties = minSize(isObject, countProperties, "does not have enough properties");
export const maxProperties = maxSize(isObject, countProperties, "has too many properties");

/** Checks that the instance has all of these properties. */
const checkRequired = (
  instance: JsonObject,
  names: Json,
  message: (name: Json) => string,
  { evaluator }: KeywordInput,
): Violation | undefined =>
  findFirst(requireArray(names), (name) => {
    evaluator.spend(1);
    return typeof name === "string" && Object.hasOwn(instance, name) ? undefined : violation(() => message(name));
  });

export const required: Keyword = forType(isObject, (instance, input) =>
  checkRequired(instance, input.value, (name) => `${pythonRepr(name)} is a required property`, input),
);

export const properties: Keyword = forType(isObject, (instance, { evaluator, value, scope }) => {
  const schemas = requireObject(value);
  const names = Object.keys(schemas);
  evaluator.spend(names.length >> 2);
  return findFirst(names, (name) =>
    Object.hasOwn(instance, name)
      ? evaluator.descend(instance[name] as Json, schemas[name] as Json, scope, name)
      : undefined,
  );
});

export const patternProperties: Keyword = forType(isObject, (instance, { evaluator, value, scope }) =>
  findFirst(Object.entries(requireObject(value)), ([pattern, schema]) =>
    findFirst(Object.keys(instance), (name) =>
      evaluator.matchesPattern(pattern, name)
        ? evaluator.descend(instance[name] as Json, schema, scope, name)
        : undefined,
    ),
  ),
);

export const additionalProperties: Keyword = forType(isObject, (instance, { evaluator, value, schema, scope }) => {
  const named = requireObject(ownValue(schema, "properties") ?? {});
  const patterns = Object.keys(requireObject(ownValue(schema, "patternProperties") ?? {}));
  const additional = Object.keys(instance).filter((name) => {
    evaluator.spend(1);
    return !Object.hasOwn(named, name) && !patterns.some((pattern) => evaluator.matchesPattern(pattern, name));
  });
  if (value !== false)
    return findFirst(additional, (name) => evaluator.descend(instance[name] as Json, value, scope, name));
  if (additional.length === 0) return undefined;
  return violation(() => {
    const names = additional.sort();
    if (!Object.hasOwn(schema, "patternProperties"))
      return `Additional properties are not allowed (${listExtras(names)} unexpected)`;
    const verb = names.length === 1 ? "does" : "do";
    const expected = patterns.sort().map(pythonRepr).join(", ");
    return `${names.map(pythonRepr).join(", ")} ${verb} not match any of the regexes: ${expected}`;
  });
});

export const propertyNames: Keyword = forType(isObject, (instance, { evaluator, value, scope }) =>
  findFirst(Object.keys(instance), (name) => evaluator.descend(name, value, scope)),
);

type CheckDependency = (
  instance: JsonObject,
  name: string,
  dependency: Json,
  input: KeywordInput,
) => Violation | undefined;

/** A keyword whose entries apply where the instance has a property of that name. */
const dependencyKeyword = (check: CheckDependency): Keyword =>
  forType(isObject, (instance, input) =>
    findFirst(Object.entries(requireObject(input.value)), ([name, dependency]) => {
      input.evaluator.spend(1);
      return Object.hasOwn(instance, name) ? check(instance, name, dependency, input) : undefined;
    }),
  );

const checkDependentRequired: CheckDependency = (instance, name, dependency, input) =>
  checkRequired(instance, dependency, (other) => `${pythonRepr(other)} is a dependency of ${pythonRepr(name)}`, input);
const checkDependentSchema: CheckDependency = (instance, _, schema, { evaluator, scope }) =>
  evaluator.descend(instance, schema, scope);

export const dependentRequired = dependencyKeyword(checkDependentRequired);
export const dependentSchemas = dependencyKeyword(checkDependentSchema);
/** Before 2019-09 one keyword for both. */
export const dependencies = dependencyKeyword((instance, name, dependency, input) =>
  (Array.isArray(dependency) ? checkDependentRequired : checkDependentSchema)(instance, name, dependency, input),
);
