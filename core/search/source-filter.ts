import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { getOwn, joinPath, readList, readObject, readString, searchIssue } from "./read-body.ts";

/** The parts of each document in the response, as dotted paths; `*` matches any characters. `false` for no part. */
export type SourceFilter = false | { readonly includes: readonly string[]; readonly excludes: readonly string[] };

const MAX_PATTERNS = 64;
const MAX_PATTERN_UNITS = 256;

/** `_source`: a boolean, a pattern, an array of patterns, or `{"includes": [..], "excludes": [..]}`. */
export const parseSourceFilter = (value: Json | undefined, path: string): SourceFilter => {
  if (value === undefined || value === true) return { includes: [], excludes: [] };
  if (value === false) return false;
  if (typeof value === "number" || typeof value === "bigint" || value === null)
    throw searchIssue(path, "must be true, false, a pattern, an array of patterns, or an object");
  if (!isObject(value)) return { includes: parsePatterns(value, path), excludes: [] };
  const spec = readObject(value, path, ["includes", "excludes"]);
  const list = (key: string) => parsePatterns(getOwn(spec, key) ?? [], joinPath(path, key));
  return { includes: list("includes"), excludes: list("excludes") };
};

const parsePatterns = (value: Json, path: string): string[] => {
  const patterns =
    typeof value === "string"
      ? [readString(value, path)]
      : readList(value, path, MAX_PATTERNS).map((item, index) => readString(item, joinPath(path, index)));
  if (patterns.some((pattern) => pattern.length > MAX_PATTERN_UNITS))
    throw searchIssue(path, `must have patterns of at most ${MAX_PATTERN_UNITS} characters`);
  return patterns;
};

/** Returns the parts of a document that the filter includes. */
export const applySourceFilter = (document: JsonObject, filter: Exclude<SourceFilter, false>): JsonObject => {
  if (filter.includes.length + filter.excludes.length === 0) return document;
  return filterObject(document, "", filter, filter.includes.length === 0) ?? {};
};

const filterObject = (
  object: JsonObject,
  path: string,
  filter: Exclude<SourceFilter, false>,
  included: boolean,
): JsonObject | undefined => {
  const kept: [string, Json][] = [];
  for (const [key, value] of Object.entries(object)) {
    const inner = path === "" ? key : `${path}.${key}`;
    if (filter.excludes.some((pattern) => matchesWildcard(inner, pattern))) continue;
    const part = filterValue(
      value,
      inner,
      filter,
      included || filter.includes.some((pattern) => matchesWildcard(inner, pattern)),
    );
    if (part !== undefined) kept.push([key, part]);
  }
  // fromEntries defines keys such as __proto__ as own properties.
  return included || kept.length > 0 ? Object.fromEntries(kept) : undefined;
};

const filterValue = (
  value: Json,
  path: string,
  filter: Exclude<SourceFilter, false>,
  included: boolean,
): Json | undefined => {
  if (isObject(value)) return filterObject(value, path, filter, included);
  if (!Array.isArray(value)) return included ? value : undefined;
  const items = value.flatMap((item) => filterValue(item, path, filter, included) ?? []);
  return included || items.length > 0 ? items : undefined;
};

/**
 * Whether a path matches a pattern. Backtracks only to the last `*`, so the time is bounded by the product of lengths.
 */
const matchesWildcard = (path: string, pattern: string): boolean => {
  let [pathAt, patternAt] = [0, 0];
  // The last `*`, and where the characters that it stands for end.
  let [starAt, starEnd] = [-1, 0];
  while (pathAt < path.length) {
    if (pattern[patternAt] === "*") {
      starAt = patternAt++;
      starEnd = pathAt;
    } else if (patternAt < pattern.length && pattern[patternAt] === path[pathAt]) {
      pathAt++;
      patternAt++;
    } else if (starAt >= 0) {
      patternAt = starAt + 1;
      pathAt = ++starEnd;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === "*") patternAt++;
  return patternAt === pattern.length;
};
