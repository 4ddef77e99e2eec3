import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** Finds the keys of a value that its JSON Schema does not have. @returns a message for each, with a suggestion */
export const findUnknownKeys = (value: unknown, schema: unknown, path: string): string[] => {
  if (!isObject(schema) || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((entry, index) => findUnknownKeys(entry, schema.items, `${path}[${index}]`));
  const { properties = {}, additionalProperties, anyOf, oneOf } = schema;
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives)) return checkAlternatives(value, alternatives, path);
  if (!isObject(properties)) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, entry]) => {
    if (Object.hasOwn(properties, key)) return findUnknownKeys(entry, properties[key], `${path}.${key}`);
    return additionalProperties === false
      ? [`${path}.${key} is not an option. ${didYouMean(key, known)}`]
      : findUnknownKeys(entry, additionalProperties, `${path}.${key}`);
  });
};

/** The messages for the alternative of the same kind with the fewest unknown keys. */
const checkAlternatives = (value: object, alternatives: readonly unknown[], path: string): string[] => {
  const kind = Array.isArray(value) ? "array" : "object";
  const [fewest = []] = alternatives
    .filter((one) => isObject(one) && one.type === kind)
    .map((one) => findUnknownKeys(value, one, path))
    .sort((a, b) => a.length - b.length);
  return fewest;
};
