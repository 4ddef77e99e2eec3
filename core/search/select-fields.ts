import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";

/**
 * Returns a document without the fields whose dotted path matches a pattern, and all within them; the document itself
 * if it has none. Objects in arrays are searched too.
 * @param patterns `*` matches any characters
 */
export const omitFields = (document: JsonObject, patterns: readonly string[]): JsonObject =>
  patterns.length === 0 ? document : filterFields(document, (path) => !matchesAny(patterns, path));

/** Returns a document with the fields of a mapping only, and all within those that have no properties of their own. */
export const pickMappedFields = (document: JsonObject, properties: MappedProperties): JsonObject =>
  filterFields(document, (path) => isMapped(path.split("."), properties));

type MappedProperties = Readonly<Record<string, { readonly properties?: MappedProperties }>>;

/** A key may contain dots, as in `{"a.b": {…}}`, which is the same as `{"a": {"properties": {"b": {…}}}}`. */
const isMapped = (steps: readonly string[], properties: MappedProperties): boolean => {
  const path = steps.join(".");
  return Object.entries(properties).some(([name, field]) => {
    if (name === path || name.startsWith(`${path}.`)) return true;
    if (!path.startsWith(`${name}.`)) return false;
    return field.properties === undefined || isMapped(path.slice(name.length + 1).split("."), field.properties);
  });
};

const filterFields = (document: JsonObject, keeps: (path: string) => boolean): JsonObject => {
  const filterValue = (value: Json, path: string): Json => {
    if (Array.isArray(value)) return value.map((item) => filterValue(item, path));
    return isObject(value) ? filterObject(value, `${path}.`) : value;
  };
  const filterObject = (object: JsonObject, prefix: string): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, value]) =>
        keeps(prefix + key) ? [[key, filterValue(value, prefix + key)]] : [],
      ),
    );
  return filterObject(document, "");
};
