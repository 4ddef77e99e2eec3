import type { StandardSchema } from "../kit/schema.ts";
import { isObject, type Json, type JsonObject } from "../lib/json.ts";

/** Converts a Standard Schema to JSON Schema, for its input; `undefined` if it has no JSON Schema. */
export const toJsonSchema = (schema: StandardSchema<never, unknown> | StandardSchema): JsonObject | undefined => {
  try {
    const described = schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" });
    // Removes what JSON cannot express, such as a function as default.
    const json: unknown = described && JSON.parse(JSON.stringify(described));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
};

/** The JSON Schema of an object's property. */
export const propertySchema = (schema: JsonObject | undefined, key: string): JsonObject | undefined => {
  const { properties, additionalProperties } = schema ?? {};
  const found = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return isObject(found) ? found : undefined;
};

type Issue = NonNullable<Awaited<ReturnType<StandardSchema["~standard"]["validate"]>>["issues"]>[number];

/** Maximum number of reported issues. */
const MAX_ISSUES = 100;

/** Converts issues to paths and descriptions. The description of a missing property is `Required`. @param input the validated input */
export const describeIssues = (
  issues: readonly Issue[],
  input: JsonObject,
): readonly { readonly steps: readonly string[]; readonly description: string }[] =>
  issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    const steps = path.map((step) => String(typeof step === "object" ? step.key : step));
    return { steps, description: isMissing(input, steps) ? "Required" : message };
  });

const isMissing = (input: JsonObject, steps: readonly string[]): boolean => {
  let at: Json = input;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return true;
    at = (at as JsonObject)[step] as Json;
  }
  return false;
};
