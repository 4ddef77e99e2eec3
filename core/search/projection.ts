import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { at, flaw, own, readList, readObject, readString } from "./reading.ts";

/** Which parts of a document to answer with: dotted paths in which `*` stands for anything; `false` is nothing at all. */
export type Projection = false | { readonly includes: readonly string[]; readonly excludes: readonly string[] };

const MOST_PATTERNS = 64;
const LONGEST_PATTERN = 256;

/** `_source`: a boolean, a pattern, an array of patterns, or `{"includes": [..], "excludes": [..]}`. */
export const readProjection = (value: Json | undefined, path: string): Projection => {
  if (value === undefined || value === true) return { includes: [], excludes: [] };
  if (value === false) return false;
  if (!isObject(value)) return { includes: readPatterns(value, path), excludes: [] };
  const spec = readObject(value, path, ["includes", "excludes"]);
  const list = (key: string) => readPatterns(own(spec, key) ?? [], at(path, key));
  return { includes: list("includes"), excludes: list("excludes") };
};

const readPatterns = (value: Json, path: string): string[] => {
  const patterns =
    typeof value === "string"
      ? [readString(value, path)]
      : readList(value, path, MOST_PATTERNS).map((item, index) => readString(item, at(path, index)));
  if (patterns.some((pattern) => pattern.length > LONGEST_PATTERN))
    throw flaw(path, `must have patterns of at most ${LONGEST_PATTERN} characters`);
  return patterns;
};

/** The parts of a document that were asked for. */
export const project = (document: JsonObject, projection: Exclude<Projection, false>): JsonObject => {
  if (projection.includes.length + projection.excludes.length === 0) return document;
  return partOf(document, "", projection, projection.includes.length === 0) ?? {};
};

const partOf = (
  object: JsonObject,
  path: string,
  projection: Exclude<Projection, false>,
  included: boolean,
): JsonObject | undefined => {
  const kept: [string, Json][] = [];
  for (const [key, value] of Object.entries(object)) {
    const inner = path === "" ? key : `${path}.${key}`;
    if (projection.excludes.some((pattern) => fits(inner, pattern))) continue;
    const part = partOfValue(
      value,
      inner,
      projection,
      included || projection.includes.some((pattern) => fits(inner, pattern)),
    );
    if (part !== undefined) kept.push([key, part]);
  }
  // fromEntries defines keys such as __proto__ as the object's own
  return included || kept.length > 0 ? Object.fromEntries(kept) : undefined;
};

const partOfValue = (
  value: Json,
  path: string,
  projection: Exclude<Projection, false>,
  included: boolean,
): Json | undefined => {
  if (isObject(value)) return partOf(value, path, projection, included);
  if (!Array.isArray(value)) return included ? value : undefined;
  const items = value.flatMap((item) => partOfValue(item, path, projection, included) ?? []);
  return included || items.length > 0 ? items : undefined;
};

/** Whether a path fits a pattern; goes back only to the last `*`, so it costs at most their lengths' product. */
const fits = (path: string, pattern: string): boolean => {
  let [here, there, star, resume] = [0, 0, -1, 0];
  while (here < path.length) {
    if (pattern[there] === "*") {
      star = there++;
      resume = here;
    } else if (there < pattern.length && pattern[there] === path[here]) {
      here++;
      there++;
    } else if (star >= 0) {
      there = star + 1;
      here = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[there] === "*") there++;
  return there === pattern.length;
};
