import { isObject, type Json, type JsonObject } from "../json.ts";
import { BudgetExceededError } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Scope } from "./references.ts";

/** The places of an array that some other keyword of a schema has judged, here or in what it refers to or is made of. */
export const evaluatedItems = (run: Evaluation, instance: readonly Json[], schema: Json, at: Scope): Set<number> => {
  const found = new Set<number>();
  walk(run, instance as Json[], schema, at, (part, scope) => {
    const list = own(part, "items");
    const prefix = own(part, "prefixItems") ?? (Array.isArray(list) ? list : undefined);
    const isAll = list !== undefined && (!Array.isArray(list) || own(part, "additionalItems") !== undefined);
    const judged = isAll ? instance.length : Array.isArray(prefix) ? Math.min(prefix.length, instance.length) : 0;
    run.spend(judged);
    for (let place = 0; place < judged; place++) found.add(place);
    for (const keyword of ["contains", "unevaluatedItems"]) {
      const each = own(part, keyword);
      if (each === undefined) continue;
      for (const [place, item] of instance.entries()) if (run.isValid(item, each, scope)) found.add(place);
    }
  });
  return found;
};

/** The properties of an object that some other keyword of a schema has judged, here or in what it refers to or is made of. */
export const evaluatedProperties = (run: Evaluation, instance: JsonObject, schema: Json, at: Scope): Set<string> => {
  const found = new Set<string>();
  const names = Object.keys(instance);
  walk(run, instance, schema, at, (part, scope) => {
    const named = own(part, "properties");
    const patterns = own(part, "patternProperties");
    const sources = isObject(patterns) ? Object.keys(patterns) : [];
    for (const name of names) {
      run.spend(1);
      if (isObject(named) && Object.hasOwn(named, name)) found.add(name);
      if (sources.some((source) => run.occurs(source, name))) found.add(name);
    }
    for (const keyword of ["additionalProperties", "unevaluatedProperties"]) {
      const each = own(part, keyword);
      if (each === undefined) continue;
      for (const name of names) if (run.isValid(instance[name] as Json, each, scope)) found.add(name);
    }
  });
  return found;
};

/** Visits a schema and all that apply to the same instance because of it and hold. */
const walk = (
  run: Evaluation,
  instance: Json[] | JsonObject,
  schema: Json,
  at: Scope,
  visit: (part: JsonObject, at: Scope) => void,
  depth = 0,
): void => {
  run.spend(1);
  if (!isObject(schema)) return;
  if (depth > DEEPEST) throw new BudgetExceededError(`The schema leads more than ${DEEPEST} schemas deep into itself.`);
  const deeper = (part: Json | undefined, scope = at) =>
    part !== undefined && walk(run, instance, part, scope, visit, depth + 1);

  for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
    const reference = own(schema, keyword);
    if (reference === undefined) continue;
    const found = keyword === "$recursiveRef" ? run.findRecursive(at) : run.find(reference, at);
    deeper(found.schema, found.scope);
  }
  visit(schema, at);
  for (const keyword of ["allOf", "oneOf", "anyOf"]) {
    const parts = own(schema, keyword);
    if (!Array.isArray(parts)) continue;
    for (const part of parts) if (run.isValid(instance, part, at)) deeper(part);
  }
  const condition = own(schema, "if");
  if (condition !== undefined) {
    const holds = run.isValid(instance, condition, at);
    if (holds) deeper(condition);
    deeper(own(schema, holds ? "then" : "else"));
  }
  const dependent = own(schema, "dependentSchemas");
  if (isObject(dependent) && isObject(instance)) {
    for (const name of Object.keys(dependent)) if (Object.hasOwn(instance, name)) deeper(dependent[name]);
  }
};

/** Schemas that may apply because of each other. */
const DEEPEST = 200;

const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
