import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { GeoPoint } from "./clause.ts";
import { parsePoint } from "./geo-point.ts";
import { encodedDate, encodeValue, MAX_VALUE_UNITS, type Scalar, sanitizeText } from "./values.ts";

/** One meaning of a field name: a path, and whether its strings are compared as a whole. */
export interface FieldTarget {
  readonly path: string;
  readonly keyword: boolean;
}

/** Names of sub-fields with the whole string: that of OpenSearch's dynamic mapping, and that of Searchlight's plugins. */
const KEYWORDS = [".keyword", ".raw"];

/**
 * The meanings of a field name in a query. `title.keyword` and `title.raw` are the whole string of `title`, or a field
 * that the record itself has. So is a field that a type declares as a keyword.
 */
export const resolveField = (
  name: string,
  keywordUse: (path: string) => KeywordUse = () => "none",
): readonly [FieldTarget, ...FieldTarget[]] => {
  const path = sanitizeText(name);
  const suffix = KEYWORDS.find((one) => path.endsWith(one) && path !== one);
  if (suffix === undefined) return FIELD_TARGETS[keywordUse(path)](path);
  return [
    { path: path.slice(0, -suffix.length), keyword: true },
    { path, keyword: false },
  ];
};

/** Whether all, some or none of the searched types declare that strings of a field are whole. */
export type KeywordUse = "all" | "some" | "none";

const FIELD_TARGETS: Readonly<Record<KeywordUse, (path: string) => readonly [FieldTarget, ...FieldTarget[]]>> = {
  all: (path) => [{ path, keyword: true }],
  some: (path) => [
    { path, keyword: true },
    { path, keyword: false },
  ],
  none: (path) => [{ path, keyword: false }],
};

/** The paths whose values a sort or an aggregation on a field uses. */
export const fieldPaths = (name: string): string[] => resolveField(name).map(({ path }) => path);

/** Maximum number of fields of one record that have a path of their own. */
export const MAX_FIELDS = 1000;
/** Maximum length of such a path in UTF-16 units. */
export const MAX_PATH_UNITS = 1024;
/** The path of all other fields of a record, which searches of all fields find. No query can name it. */
export const OTHER_FIELDS_PATH = "";

/** Maximum depth of objects that `exists` finds. */
const MAX_EXISTS_DEPTH = 32;

/** All values of one record at one dotted path. Arrays are flattened. */
interface Field {
  readonly path: string;
  /** Strings, searched by their words. */
  readonly texts: readonly string[];
  /**
   * Strings, numbers and booleans, encoded by `encodeValue`, without duplicates. A string that is a date has both
   * values: that of the string and that of the date.
   */
  readonly values: readonly string[];
  /** Objects, arrays and strings that are points on the earth. */
  readonly points: readonly GeoPoint[];
}

export interface DocumentFields {
  readonly fields: readonly Field[];
  /** The paths of all values other than null, and of the objects that contain them. */
  readonly paths: readonly string[];
}

/**
 * The searchable fields of a record, as OpenSearch sees them: scalars by dotted path. Records need no common shape: a
 * field may be a number in one, a string in another and an object in a third.
 * @param root the path of the document, if it is an object within a record: see {@link findObjects}
 */
export const extractFields = (document: JsonObject, root = ""): DocumentFields => {
  const found = new Map<string, { texts: string[]; values: Set<string>; points: GeoPoint[] }>();
  const paths = new Set<string>();

  const visit = (value: Json, path: string): void => {
    if (value === null) return;
    if (Array.isArray(value)) {
      addPoint(value, path);
      for (const item of value) visit(item, path);
    } else if (typeof value === "object") {
      addPoint(value, path);
      for (const [key, item] of Object.entries(value)) visit(item, joinKeys(path, key));
    } else {
      addScalar(value, path);
    }
  };

  /** The field at a path: that of all others if the document has too many, or if the path is too long. */
  const fieldAt = (path: string) => {
    const isOther = !found.has(path) && (found.size >= MAX_FIELDS || path.length > MAX_PATH_UNITS);
    const own = isOther ? OTHER_FIELDS_PATH : path;
    const field = found.get(own) ?? { texts: [], values: new Set<string>(), points: [] };
    if (!found.has(own)) {
      found.set(own, field);
      if (!isOther) for (const one of withParentPaths(own)) paths.add(one);
    }
    return field;
  };

  const addPoint = (value: Json, path: string): void => {
    const point = path === root ? undefined : parsePoint(value);
    if (point !== undefined) fieldAt(path).points.push(point);
  };

  const addScalar = (value: Scalar, path: string): void => {
    const field = fieldAt(path);
    if (typeof value === "string") {
      addPoint(value, path);
      field.texts.push(sanitizeText(value));
      if (value.length > MAX_VALUE_UNITS) return;
    }
    const encoded = encodeValue(value);
    field.values.add(encoded);
    const date = encodedDate(encoded);
    if (date !== undefined) field.values.add(date);
  };

  visit(document, root);
  const fields = Array.from(found, ([path, { values, ...field }]) => ({ path, ...field, values: [...values] }));
  return { fields, paths: [...paths] };
};

/** Maximum number of objects at one path of a record that are searched on their own. */
const MAX_NESTED_OBJECTS = 1000;

/** The objects at a path of a record. A `nested` clause looks at each of them on its own. */
export const findObjects = (document: JsonObject, path: string): readonly JsonObject[] => {
  const found: JsonObject[] = [];
  const visit = (value: Json, at: string): void => {
    if (found.length === MAX_NESTED_OBJECTS) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, at);
    } else if (isObject(value)) {
      if (at === path) found.push(value);
      else
        for (const [key, item] of Object.entries(value)) {
          const inner = joinKeys(at, key);
          if (inner === path || path.startsWith(`${inner}.`)) visit(item, inner);
        }
    }
  };
  visit(document, "");
  return found;
};

const joinKeys = (path: string, key: string): string =>
  path === "" ? sanitizeText(key) : `${path}.${sanitizeText(key)}`;

/** A path and its parents. A key that contains dots is equivalent to nested objects. */
const withParentPaths = (path: string): string[] => {
  const all = [path];
  for (let dot = path.indexOf("."); dot >= 0 && all.length <= MAX_EXISTS_DEPTH; dot = path.indexOf(".", dot + 1))
    all.push(path.slice(0, dot));
  return all;
};
