import type { Json, JsonObject } from "../../lib/json.ts";
import { encodeValue, MAX_VALUE_UNITS, type Scalar, sanitizeText } from "./values.ts";

/** One meaning of a field name: a path, and whether its strings are compared as a whole. */
export interface FieldTarget {
  readonly path: string;
  readonly keyword: boolean;
}

const KEYWORD = ".keyword";

/**
 * The meanings of a field name in a query. `title.keyword` is the whole string of `title`, as in OpenSearch's dynamic
 * mapping, or a field that the record itself has.
 */
export const resolveField = (name: string): readonly [FieldTarget, ...FieldTarget[]] => {
  const path = sanitizeText(name);
  if (!path.endsWith(KEYWORD) || path === KEYWORD) return [{ path, keyword: false }];
  return [
    { path: path.slice(0, -KEYWORD.length), keyword: true },
    { path, keyword: false },
  ];
};

/** The paths whose values a sort or an aggregation on a field uses. */
export const fieldPaths = (name: string): string[] => resolveField(name).map(({ path }) => path);

/** Maximum number of fields of one record that are indexed. The record keeps the others. */
export const MAX_FIELDS = 1000;
/** Maximum length of an indexed path in UTF-16 units. */
export const MAX_PATH_UNITS = 1024;

/** Maximum depth of objects that `exists` finds. */
const MAX_EXISTS_DEPTH = 32;

/** All values of one record at one dotted path. Arrays are flattened. */
interface Field {
  readonly path: string;
  /** Strings, searched by their words. */
  readonly texts: readonly string[];
  /** Strings, numbers and booleans, encoded by {@link encodeValue}, without duplicates. */
  readonly values: readonly string[];
}

export interface DocumentFields {
  readonly fields: readonly Field[];
  /** The paths of all values other than null, and of the objects that contain them. */
  readonly paths: readonly string[];
}

/**
 * The searchable fields of a record, as OpenSearch sees them: scalars by dotted path. Records need no common shape: a
 * field may be a number in one, a string in another and an object in a third.
 */
export const extractFields = (document: JsonObject): DocumentFields => {
  const found = new Map<string, { texts: string[]; values: Set<string> }>();
  const paths = new Set<string>();

  const visit = (value: Json, path: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, path);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value))
        visit(item, path === "" ? sanitizeText(key) : `${path}.${sanitizeText(key)}`);
    } else if (value !== null && path.length <= MAX_PATH_UNITS) {
      add(value, path);
    }
  };

  const add = (value: Scalar, path: string): void => {
    let field = found.get(path);
    if (field === undefined) {
      if (found.size === MAX_FIELDS) return;
      field = { texts: [], values: new Set() };
      found.set(path, field);
      for (const one of withParentPaths(path)) paths.add(one);
    }
    if (typeof value === "string") field.texts.push(sanitizeText(value));
    if (typeof value !== "string" || value.length <= MAX_VALUE_UNITS) field.values.add(encodeValue(value));
  };

  visit(document, "");
  const fields = Array.from(found, ([path, { texts, values }]) => ({ path, texts, values: [...values] }));
  return { fields, paths: [...paths] };
};

/** A path and its parents. A key that contains dots is equivalent to nested objects. */
const withParentPaths = (path: string): string[] => {
  const all = [path];
  for (let dot = path.indexOf("."); dot >= 0 && all.length <= MAX_EXISTS_DEPTH; dot = path.indexOf(".", dot + 1))
    all.push(path.slice(0, dot));
  return all;
};
