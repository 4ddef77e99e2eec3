import { isObject, type Json, type JsonObject } from "../../json.ts";
import { BudgetExceededError, MAX_UNEVALUATED_DEPTH } from "../limits.ts";
import type { Evaluator, Keyword, Scope } from "../types.ts";
import { forType, isArray, listExtras, ownValue, violation } from "./keyword.ts";

export const unevaluatedItems: Keyword = forType(isArray, (instance, { evaluator, schema, scope }) => {
  const evaluated = findEvaluatedItems(evaluator, instance, schema, scope);
  const rest = instance.filter((_, index) => !evaluated.has(index));
  return rest.length === 0
    ? undefined
    : violation(() => `Unevaluated items are not allowed (${listExtras(rest)} unexpected)`);
});

export const unevaluatedProperties: Keyword = forType(isObject, (instance, { evaluator, value, schema, scope }) => {
  const evaluated = findEvaluatedProperties(evaluator, instance, schema, scope);
  const rest = Object.keys(instance).filter(
    (name) => !evaluated.has(name) && !evaluator.isValid(instance[name] as Json, value, scope),
  );
  if (rest.length === 0) return undefined;
  return violation(() =>
    value === false
      ? `Unevaluated properties are not allowed (${listExtras(rest.sort())} unexpected)`
      : `Unevaluated properties are not valid under the given schema (${listExtras(rest)} unevaluated and invalid)`,
  );
});

/** The indexes of an array that another keyword of the schema evaluates, or one of a schema that it applies. */
const findEvaluatedItems = (
  evaluator: Evaluator,
  instance: Json[],
  schema: Json,
  scope: Scope,
): ReadonlySet<number> => {
  const found = new Set<number>();
  visitApplied({ evaluator, instance, schema, scope }, (applied, at) => {
    const list = ownValue(applied, "items");
    const prefix = ownValue(applied, "prefixItems") ?? (Array.isArray(list) ? list : undefined);
    const coversAll =
      list !== undefined && (!Array.isArray(list) || ownValue(applied, "additionalItems") !== undefined);
    const end = coversAll ? instance.length : Array.isArray(prefix) ? Math.min(prefix.length, instance.length) : 0;
    evaluator.spend(end);
    for (let index = 0; index < end; index++) found.add(index);
    for (const keyword of ["contains", "unevaluatedItems"]) {
      const items = ownValue(applied, keyword);
      if (items === undefined) continue;
      for (const [index, item] of instance.entries()) if (evaluator.isValid(item, items, at)) found.add(index);
    }
  });
  return found;
};

/** The properties of an object that another keyword of the schema evaluates, or one of a schema that it applies. */
const findEvaluatedProperties = (
  evaluator: Evaluator,
  instance: JsonObject,
  schema: Json,
  scope: Scope,
): ReadonlySet<string> => {
  const found = new Set<string>();
  const names = Object.keys(instance);
  visitApplied({ evaluator, instance, schema, scope }, (applied, at) => {
    const named = ownValue(applied, "properties");
    const patternProperties = ownValue(applied, "patternProperties");
    const patterns = isObject(patternProperties) ? Object.keys(patternProperties) : [];
    for (const name of names) {
      evaluator.spend(1);
      if (isObject(named) && Object.hasOwn(named, name)) found.add(name);
      if (patterns.some((pattern) => evaluator.matchesPattern(pattern, name))) found.add(name);
    }
    for (const keyword of ["additionalProperties", "unevaluatedProperties"]) {
      const others = ownValue(applied, keyword);
      if (others === undefined) continue;
      for (const name of names) if (evaluator.isValid(instance[name] as Json, others, at)) found.add(name);
    }
  });
  return found;
};

interface Visit {
  readonly evaluator: Evaluator;
  readonly instance: Json[] | JsonObject;
  readonly schema: Json;
  readonly scope: Scope;
}

/** Visits a schema, and every valid schema that it applies to the same instance. */
const visitApplied = (visit: Visit, visitor: (schema: JsonObject, scope: Scope) => void, depth = 0): void => {
  const { evaluator, instance, schema, scope } = visit;
  evaluator.spend(1);
  if (!isObject(schema)) return;
  if (depth > MAX_UNEVALUATED_DEPTH)
    throw new BudgetExceededError(`The schema is nested more than ${MAX_UNEVALUATED_DEPTH} levels deep.`);
  const visitNext = (next: Json | undefined, nextScope = scope) =>
    next !== undefined && visitApplied({ ...visit, schema: next, scope: nextScope }, visitor, depth + 1);

  for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
    const reference = ownValue(schema, keyword);
    if (reference === undefined) continue;
    const target =
      keyword === "$recursiveRef" ? evaluator.resolveRecursive(scope) : evaluator.resolve(reference, scope);
    visitNext(target.schema, target.scope);
  }
  visitor(schema, scope);
  for (const keyword of ["allOf", "oneOf", "anyOf"]) {
    const parts = ownValue(schema, keyword);
    if (!Array.isArray(parts)) continue;
    for (const part of parts) if (evaluator.isValid(instance, part, scope)) visitNext(part);
  }
  const condition = ownValue(schema, "if");
  if (condition !== undefined) {
    const holds = evaluator.isValid(instance, condition, scope);
    if (holds) visitNext(condition);
    visitNext(ownValue(schema, holds ? "then" : "else"));
  }
  const dependent = ownValue(schema, "dependentSchemas");
  if (isObject(dependent) && isObject(instance)) {
    for (const name of Object.keys(dependent)) if (Object.hasOwn(instance, name)) visitNext(dependent[name]);
  }
};
