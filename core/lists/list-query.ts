import { isObject, type Json } from "../../lib/json.ts";
import { parseStrictJson, StrictJsonError } from "../../lib/strict-json.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { invalid, type RequestIssue } from "../errors.ts";
import { MAX_FUTURE_MS } from "../resources.ts";
import { COMPARISONS, type Comparison, type Filter } from "./filter.ts";
import { isJson, parseInteger, queryIssue, requireIntegers, unquote } from "./query-parameters.ts";
import type { Sort } from "./sort.ts";

/** The parsed query of a list. */
export interface ListQuery {
  /** Exclusive bounds on last_modified, in ms. */
  readonly since: number | undefined;
  readonly before: number | undefined;
  /** Further conditions that objects must meet. */
  readonly filters: readonly Filter[];
  /** Whether to include tombstones: true when the query has a condition on last_modified. */
  readonly tombstones: boolean;
  readonly sorts: readonly Sort[];
  readonly fields: readonly string[] | undefined;
  readonly limit: number | undefined;
  /** `_token`; `null` when absent. */
  readonly token: string | null;
  /** The query has `_to`, the deprecated name of `_before`. */
  readonly deprecatedTo: boolean;
}

const MAX_FILTERS = 100;
const MAX_SORTS = 100;
/** Each is looked up in each object of a page. */
const MAX_FIELDS = 500;
const MAX_NAME_CHARS = 500;
const MAX_VALUE_CHARS = 10_000;

const BOUNDS: ReadonlyMap<string, Comparison> = new Map([
  ["_since", "gt"],
  ["_to", "lt"],
  ["_before", "lt"],
]);

/** Comparisons of last_modified that can be expressed as exclusive bounds. */
const TIME_BOUNDS: Partial<
  Record<Comparison, (time: number) => { readonly since?: number; readonly before?: number }>
> = {
  gt: (time) => ({ since: time }),
  min: (time) => ({ since: time - 1 }),
  lt: (time) => ({ before: time }),
  max: (time) => ({ before: time + 1 }),
  eq: (time) => ({ since: time - 1, before: time + 1 }),
};

/**
 * Parses the query of a list. Ignores unknown names that start with `_`, as in Kinto.
 * @param newest the newest time that a client can know, in ms: the present, or the list's timestamp if it is later.
 * Bounds must be less than a day after it.
 * @param knownFields the only fields that may be used; default: all
 */
export const readListQuery = (query: URLSearchParams, newest: number, knownFields?: readonly string[]): ListQuery => {
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
    if (!isKnown(field, knownFields)) throw invalid(queryIssue(name, `Unknown filter field '${name}'`));
    if (filters.length === MAX_FILTERS) throw invalid(queryIssue(name, `More than ${MAX_FILTERS} filters`));
    const values = query.getAll(key);
    if (field !== "last_modified") {
      filters.push({ field, comparison, value: readValue(name, field, comparison, values) });
      continue;
    }
    tombstones = true;
    const text = readSingle(name, values);
    if (BOUNDS.has(name) && text === "null") continue;
    const time = readTime(name, text, newest);
    if (comparison === "not" || comparison === "has") {
      filters.push({ field, comparison, value: time });
      continue;
    }
    const bounds = TIME_BOUNDS[comparison]?.(time);
    if (bounds === undefined) throw invalid(invalidValue(name));
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
    token: query.has("_token") ? readSingle("_token", query.getAll("_token")) : null,
    deprecatedTo: query.has("_to"),
  };
};

/**
 * Parses `_fields` of a list's query: the fields to return, `undefined` for all. A field such as `a.b` is a path. Throws
 * a 400 for unknown fields and for more than 500.
 * @param knownFields the only fields that may be used; default: all
 * @example
 * const fields = readFields(new URLSearchParams("_fields=title,author.name")); // ["title", "author.name"]
 */
export const readFields = (query: URLSearchParams, knownFields?: readonly string[]): readonly string[] | undefined => {
  const fields = splitItems(query.getAll("_fields"));
  const unknown = new Set(fields.filter((field) => !isKnown(field, knownFields)).map(rootOf));
  // Kinto reports this issue as one of the body.
  if (unknown.size > 0)
    throw invalid({
      location: "body",
      name: "Invalid _fields parameter",
      description: `Fields ${[...unknown]} do not exist`,
    });
  if (fields.length > MAX_FIELDS) throw invalid(queryIssue("_fields", `More than ${MAX_FIELDS} fields to show`));
  return fields.length > 0 ? fields : undefined;
};

/** Ignores invalid field names, as in Kinto. */
const readSorts = (query: URLSearchParams, knownFields: readonly string[] | undefined): Sort[] => {
  const sorts = splitItems(query.getAll("_sort")).flatMap((item) => {
    const [, sign, field] = /^([-+]?)([\p{L}\p{N}_.]+)$/u.exec(item.trim()) ?? [];
    return field === undefined ? [] : [{ field, descending: sign === "-" }];
  });
  const unknown = sorts.find(({ field }) => !isKnown(field, knownFields));
  if (unknown !== undefined) throw invalid(queryIssue(null, `Unknown sort field '${unknown.field}'`));
  if (sorts.length > MAX_SORTS) throw invalid(queryIssue("_sort", `More than ${MAX_SORTS} fields to sort by`));
  return sorts;
};

/** As in Kinto, 0, null and an empty value mean no limit. */
const readLimit = (query: URLSearchParams): number | undefined => {
  if (!query.has("_limit")) return undefined;
  return parseInteger(readSingle("_limit", query.getAll("_limit"))) || undefined;
};

/** Splits a value at commas. Values of a repeated parameter are not split. */
const splitItems = (values: readonly string[]): string[] =>
  (values.length > 1 ? values : values.join().split(",")).filter((item) => item !== "");

const readSingle = (name: string, values: readonly string[]): string => {
  if (values.length > 1) throw invalid(queryIssue(name, `${name} is given more than once`));
  return values.join();
};

const COMPARISON_NAME = new RegExp(String.raw`^(${COMPARISONS.join("|")})_([\p{L}\p{N}_.]+)$`, "u");

/** Parses a parameter name: `gt_size` compares the field `size`. Other names are field names. */
const readName = (name: string): { field: string; comparison: Comparison } => {
  const bound = BOUNDS.get(name);
  if (bound !== undefined) return { field: "last_modified", comparison: bound };
  const [, comparison, field] = COMPARISON_NAME.exec(name) ?? [];
  return field === undefined ? { field: name, comparison: "eq" } : { field, comparison: comparison as Comparison };
};

/** Only the first part of a field path must be known. */
const isKnown = (field: string, knownFields: readonly string[] | undefined): boolean =>
  knownFields === undefined || knownFields.includes(rootOf(field));
const rootOf = (field: string): string => field.split(".", 1).join();

const readValue = (name: string, field: string, comparison: Comparison, values: readonly string[]): Json => {
  // An id is text, even if it looks like a number.
  const read = field === "id" && comparison !== "has" ? unquote : (text: string) => parseValue(name, text);
  // As in Kinto, the prefix determines the format of the value, even when the rest is not a field name.
  const value = /^(in|exclude)_/.test(name) ? splitItems(values).map(read) : read(readSingle(name, values));
  if (comparison === "like" && typeof value !== "string") throw invalid(invalidValue(name));
  if (field.includes("\0") || hasNullCharacter(value)) throw invalid(queryIssue(name, "Invalid character 0x00"));
  if (comparison.startsWith("contains") && field === "id")
    throw invalid(queryIssue(name, `Field '${field}' is not an array`));
  return name.startsWith("contains_") && !Array.isArray(value) ? [value] : value;
};

/** Parses JSON; other text is a string. */
const parseValue = (name: string, text: string): Json => {
  if (!isJson(text)) return text;
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw invalid(queryIssue(name, `Invalid value for ${name}. ${error.message}`));
  }
};

const hasNullCharacter = (value: Json): boolean => {
  if (typeof value === "string") return value.includes("\0");
  if (Array.isArray(value)) return value.some(hasNullCharacter);
  return isObject(value) && Object.entries(value).some((pair) => pair.some(hasNullCharacter));
};

const readTime = (name: string, text: string, newest: number): number => {
  const time = parseInteger(text);
  if (time === undefined || time < 0 || time >= newest + MAX_FUTURE_MS) throw invalid(invalidValue(name));
  return time;
};

const checkSizes = (query: URLSearchParams): void => {
  for (const [name, value] of query) {
    if (name.length > MAX_NAME_CHARS)
      throw invalid(
        queryIssue(
          truncateText(name, MAX_NAME_CHARS),
          `The parameter name has ${name.length} characters; the limit is ${MAX_NAME_CHARS}`,
        ),
      );
    if (value.length > MAX_VALUE_CHARS)
      throw invalid(queryIssue(name, `${name} has ${value.length} characters; the limit is ${MAX_VALUE_CHARS}`));
  }
};

const invalidValue = (name: string): RequestIssue => queryIssue(name, `Invalid value for ${name}`);
