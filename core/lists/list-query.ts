import { isObject, type Json } from "../../lib/json.ts";
import { parseJson } from "../../lib/strict-json.ts";
import { Failure, invalid, type RequestIssue } from "../errors.ts";
import { COMPARISONS, type Comparison, type Filter } from "./filter.ts";
import type { Sort } from "./sort.ts";

/** What the query of a list asks for. */
export interface ListQuery {
  /** Exclusive bounds on last_modified, in ms. */
  readonly since: number | undefined;
  readonly before: number | undefined;
  /** What else an object must meet. */
  readonly filters: readonly Filter[];
  /** Something is asked about last_modified: the list shows tombstones too. */
  readonly tombstones: boolean;
  readonly sorts: readonly Sort[];
  readonly fields: readonly string[] | undefined;
  readonly limit: number | undefined;
  /** As given; `null` when it is not. */
  readonly token: string | null;
  /** `_to` is given, the old name of `_before`. */
  readonly deprecatedTo: boolean;
}

/** How far ahead a bound may lie, in ms: clocks differ, but not by more than a day. */
const AHEAD = 24 * 3600 * 1000;

const MOST_FILTERS = 100;
const MOST_SORTS = 100;
/** Characters. */
const LONGEST_NAME = 500;
const LONGEST_VALUE = 10_000;

const BOUNDS: ReadonlyMap<string, Comparison> = new Map([
  ["_since", "gt"],
  ["_to", "lt"],
  ["_before", "lt"],
]);

/** Comparisons of last_modified that the order of the list answers, as exclusive bounds. */
const WITHIN: Partial<Record<Comparison, (time: number) => { readonly since?: number; readonly before?: number }>> = {
  gt: (time) => ({ since: time }),
  min: (time) => ({ since: time - 1 }),
  lt: (time) => ({ before: time }),
  max: (time) => ({ before: time + 1 }),
  eq: (time) => ({ since: time - 1, before: time + 1 }),
};

/** Reads the query of a list. Where `knownFields` are given, others are refused. Kinto ignores unknown names that begin with `_`. */
export const readListQuery = (query: URLSearchParams, now: number, knownFields?: readonly string[]): ListQuery => {
  checkSizes(query);
  requireIntegers(query);
  let since = -1;
  let before = Number.POSITIVE_INFINITY;
  let tombstones = false;
  const filters: Filter[] = [];
  for (const key of new Set(query.keys())) {
    const name = key.trim();
    if (name.startsWith("_") && !BOUNDS.has(name)) continue;
    const { field, comparison } = readName(name);
    if (!isKnown(field, knownFields)) throw invalid(flaw(name, `Unknown filter field '${name}'`));
    if (filters.length === MOST_FILTERS) throw invalid(flaw(name, `More than ${MOST_FILTERS} filters`));
    const given = query.getAll(key);
    if (field !== "last_modified") {
      filters.push({ field, comparison, value: readValue(name, field, comparison, given) });
      continue;
    }
    tombstones = true;
    const text = single(name, given);
    if (BOUNDS.has(name) && text === "null") continue;
    const time = readTime(name, text, now);
    if (comparison === "not" || comparison === "has") {
      filters.push({ field, comparison, value: time });
      continue;
    }
    const bounds = WITHIN[comparison]?.(time);
    if (bounds === undefined) throw invalid(wrong(name));
    since = Math.max(since, bounds.since ?? since);
    before = Math.min(before, bounds.before ?? before);
  }
  return {
    since: since < 0 ? undefined : since,
    before: Number.isFinite(before) ? before : undefined,
    filters,
    tombstones,
    sorts: readSorts(query, knownFields),
    fields: readFields(query, knownFields),
    limit: readLimit(query),
    token: query.has("_token") ? single("_token", query.getAll("_token")) : null,
    deprecatedTo: query.has("_to"),
  };
};

/** Reads `_fields`: what of an object is to be shown; `undefined` for all of it. */
export const readFields = (query: URLSearchParams, knownFields?: readonly string[]): readonly string[] | undefined => {
  const fields = items(query.getAll("_fields"));
  const strangers = new Set(fields.filter((field) => !isKnown(field, knownFields)).map(rootOf));
  // Kinto says that this was in the body.
  if (strangers.size > 0)
    throw invalid({
      location: "body",
      name: "Invalid _fields parameter",
      description: `Fields ${[...strangers]} do not exist`,
    });
  return fields.length > 0 ? fields : undefined;
};

/** What is no field's name is ignored, as Kinto does. */
const readSorts = (query: URLSearchParams, knownFields: readonly string[] | undefined): Sort[] => {
  const sorts = items(query.getAll("_sort")).flatMap((item) => {
    const [, sign, field] = /^([-+]?)([\p{L}\p{N}_.]+)$/u.exec(item.trim()) ?? [];
    return field === undefined ? [] : [{ field, descending: sign === "-" }];
  });
  const stranger = sorts.find(({ field }) => !isKnown(field, knownFields));
  if (stranger !== undefined) throw invalid(flaw(null, `Unknown sort field '${stranger.field}'`));
  if (sorts.length > MOST_SORTS) throw invalid(flaw("_sort", `More than ${MOST_SORTS} fields to sort by`));
  return sorts;
};

/** Kinto takes 0, null and nothing for no limit. */
const readLimit = (query: URLSearchParams): number | undefined => {
  if (!query.has("_limit")) return undefined;
  return integerIn(single("_limit", query.getAll("_limit"))) || undefined;
};

/** Texts of a list: parted by commas, or each on its own where the name is given more than once. */
const items = (given: readonly string[]): string[] =>
  (given.length > 1 ? given : given.join().split(",")).filter((item) => item !== "");

const single = (name: string, given: readonly string[]): string => {
  if (given.length > 1) throw invalid(flaw(name, `${name} is given more than once`));
  return given.join();
};

const COMPARED = new RegExp(String.raw`^(${COMPARISONS.join("|")})_([\p{L}\p{N}_.]+)$`, "u");

/** `gt_size` compares the field `size`; a name that can't be read so is a field's own name. */
const readName = (name: string): { field: string; comparison: Comparison } => {
  const bound = BOUNDS.get(name);
  if (bound !== undefined) return { field: "last_modified", comparison: bound };
  const [, comparison, field] = COMPARED.exec(name) ?? [];
  return field === undefined ? { field: name, comparison: "eq" } : { field, comparison: comparison as Comparison };
};

/** Only the first level of a field's name must be known. */
const isKnown = (field: string, knownFields: readonly string[] | undefined): boolean =>
  knownFields === undefined || knownFields.includes(rootOf(field));
const rootOf = (field: string): string => field.split(".", 1).join();

const readValue = (name: string, field: string, comparison: Comparison, given: readonly string[]): Json => {
  // An id is text, also where it looks like a number.
  const read = field === "id" && comparison !== "has" ? textIn : (text: string) => valueIn(name, text);
  // As Kinto has it, the name's beginning says how the value is written, even where the rest of it is no field's name.
  const value = /^(in|exclude)_/.test(name) ? items(given).map(read) : read(single(name, given));
  if (comparison === "like" && typeof value !== "string") throw invalid(wrong(name));
  if (field.includes("\0") || hasNull(value)) throw invalid(flaw(name, "Invalid character 0x00"));
  if (comparison.startsWith("contains") && field === "id")
    throw invalid(flaw(name, `Field '${field}' is not an array`));
  return name.startsWith("contains_") && !Array.isArray(value) ? [value] : value;
};

/** A JSON value if it is written as one, else a bare string. */
const valueIn = (name: string, text: string): Json => {
  if (!isJson(text)) return text;
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof Failure ? invalid(flaw(name, error.message)) : error;
  }
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** A text, bare or as a JSON string. */
const textIn = (text: string): string => (text.startsWith('"') && isJson(text) ? JSON.parse(text) : text);

const hasNull = (value: Json): boolean => {
  if (typeof value === "string") return value.includes("\0");
  if (Array.isArray(value)) return value.some(hasNull);
  return isObject(value) && Object.entries(value).some((pair) => pair.some(hasNull));
};

const readTime = (name: string, text: string, now: number): number => {
  const time = integerIn(text);
  if (time === undefined || time < 0 || time >= now + AHEAD) throw invalid(wrong(name));
  return time;
};

/** An integer, bare or between double quotes as in an ETag; `undefined` for any other text. */
const integerIn = (text: string): number | undefined =>
  /^\s*[+-]?\d+\s*$/.test(textIn(text)) ? Number(textIn(text)) : undefined;

/** Kinto looks at these before all others, and tells of all that is wrong with them at once. */
export const requireIntegers = (query: URLSearchParams): void => {
  const flaws = ["_limit", ...BOUNDS.keys(), "last_modified"].flatMap((name) => {
    const [given = "", ...others] = query.getAll(name);
    if (others.length > 0) return [flaw(name, `${name} is given more than once`)];
    const description = given === "null" || textIn(given) === "" ? undefined : integerFlaw(textIn(given));
    return description === undefined ? [] : [flaw(name, description)];
  });
  const [first, ...others] = flaws;
  if (first !== undefined) throw invalid(first, ...others);
};

const integerFlaw = (text: string): string | undefined => {
  const number = integerIn(text);
  if (number === undefined) return `"${text}" is not a number`;
  if (number < 0) return `${text} is less than minimum value 0`;
  return number > 2 ** 63 ? `${text} is greater than maximum value ${2n ** 63n}` : undefined;
};

const checkSizes = (query: URLSearchParams): void => {
  for (const [name, value] of query) {
    if (name.length > LONGEST_NAME)
      throw invalid(
        flaw(name.slice(0, LONGEST_NAME), `A name has ${name.length} characters; ${LONGEST_NAME} are read`),
      );
    if (value.length > LONGEST_VALUE)
      throw invalid(flaw(name, `${name} has ${value.length} characters; ${LONGEST_VALUE} are read`));
  }
};

const flaw = (name: string | null, description: string): RequestIssue => ({
  location: "querystring",
  name,
  description,
});
const wrong = (name: string): RequestIssue => flaw(name, `Invalid value for ${name}`);
