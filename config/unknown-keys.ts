import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** The keys of a value that its JSON Schema does not know, each with its path and what was probably meant. */
export const findUnknownKeys = (value: unknown, schema: unknown, path: string): string[] => {
  if (!isObject(schema) || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((entry, place) => findUnknownKeys(entry, schema.items, `${path}[${place}]`));
  const { properties = {}, additionalProperties, anyOf, oneOf } = schema;
  const ways = anyOf ?? oneOf;
  if (Array.isArray(ways)) return nearestWay(value, ways, path);
  if (!isObject(properties)) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, entry]) => {
    if (Object.hasOwn(properties, key)) return findUnknownKeys(entry, properties[key], `${path}.${key}`);
    return additionalProperties === false
      ? [`${path}.${key} is not an option. ${didYouMean(key, known)}`]
      : findUnknownKeys(entry, additionalProperties, `${path}.${key}`);
  });
};

/** Of several ways to write a value, that of its kind which leaves the fewest keys unknown. */
const nearestWay = (value: object, ways: readonly unknown[], path: string): string[] => {
  const kind = Array.isArray(value) ? "array" : "object";
  const [least = []] = ways
    .filter((way) => isObject(way) && way.type === kind)
    .map((way) => findUnknownKeys(value, way, path))
    .sort((a, b) => a.length - b.length);
  return least;
};
