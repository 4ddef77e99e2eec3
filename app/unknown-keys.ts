import { isObject } from "../core/json.ts";
import { didYouMean } from "../core/nearest.ts";

/** The keys of a value that its JSON Schema does not know, each with its path and what was probably meant. */
export const unknownKeys = (value: unknown, schema: unknown, path: string): string[] => {
  if (!isObject(schema) || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry, place) => unknownKeys(entry, schema.items, `${path}[${place}]`));
  const { properties } = schema;
  if (!isObject(properties)) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, entry]) => {
    if (Object.hasOwn(properties, key)) return unknownKeys(entry, properties[key], `${path}.${key}`);
    return schema.additionalProperties === false ? [`${path}.${key} is not an option. ${didYouMean(key, known)}`] : [];
  });
};
