import type { OptionsSchema } from "../kit/schema.ts";
import { isObject, type JsonObject } from "../lib/json.ts";

/** The JSON Schema of what a schema takes; `undefined` where it can't be described as one. */
export const toJsonSchema = (schema: OptionsSchema<never, unknown> | OptionsSchema): JsonObject | undefined => {
  try {
    const described = schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" });
    // What has no place in JSON, such as a default that is a function, has none in the description.
    const json: unknown = described && JSON.parse(JSON.stringify(described));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
};

/** What an object's JSON Schema says of a key. */
export const propertySchema = (schema: JsonObject | undefined, key: string): JsonObject | undefined => {
  const { properties, additionalProperties } = schema ?? {};
  const found = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return isObject(found) ? found : undefined;
};
