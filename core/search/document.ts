import type { Json, JsonObject } from "../../lib/json.ts";
import { clean, encodeValue, LONGEST_VALUE, type Scalar } from "./values.ts";

/** Paths that one record may be searched by; those beyond are kept in the record and found by no query. */
export const MOST_PATHS = 1000;
/** UTF-16 units of a path; longer ones can't be searched by. */
export const LONGEST_PATH = 1024;

/** Levels of objects that `exists` finds. */
const MOST_LEVELS = 32;

/** What one record holds at one dotted path, all arrays on the way taken apart. */
export interface Leaf {
  readonly path: string;
  /** Strings, for their words. */
  readonly texts: readonly string[];
  /** Strings, numbers and booleans as {@link encodeValue} writes them, each once. */
  readonly values: readonly string[];
}

export interface Leaves {
  readonly leaves: readonly Leaf[];
  /** Every path that holds something other than null, those of objects included. */
  readonly paths: readonly string[];
}

/**
 * A record as OpenSearch sees it: scalars by dotted path. A field may be a number here, a string there and an object
 * elsewhere: no record's shape binds another's.
 */
export const leavesOf = (document: JsonObject): Leaves => {
  const found = new Map<string, { texts: string[]; values: Set<string> }>();
  const paths = new Set<string>();

  const visit = (value: Json, path: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, path);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) visit(item, path === "" ? clean(key) : `${path}.${clean(key)}`);
    } else if (value !== null && path.length <= LONGEST_PATH) {
      keep(value, path);
    }
  };

  const keep = (value: Scalar, path: string): void => {
    let leaf = found.get(path);
    if (leaf === undefined) {
      if (found.size === MOST_PATHS) return;
      leaf = { texts: [], values: new Set() };
      found.set(path, leaf);
      for (const one of selfAndAbove(path)) paths.add(one);
    }
    if (typeof value === "string") leaf.texts.push(clean(value));
    if (typeof value !== "string" || value.length <= LONGEST_VALUE) leaf.values.add(encodeValue(value));
  };

  visit(document, "");
  const leaves = Array.from(found, ([path, { texts, values }]) => ({ path, texts, values: [...values] }));
  return { leaves, paths: [...paths] };
};

/** A path and those of the objects that it leads through: a key with dots in it is the same as objects in each other. */
const selfAndAbove = (path: string): string[] => {
  const all = [path];
  for (let dot = path.indexOf("."); dot >= 0 && all.length <= MOST_LEVELS; dot = path.indexOf(".", dot + 1))
    all.push(path.slice(0, dot));
  return all;
};
