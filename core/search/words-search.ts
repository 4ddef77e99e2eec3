import type { Json, JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { readFields, readListQuery } from "../lists/list-query.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { boolClause, type Clause } from "./clause.ts";
import { fieldPaths } from "./fields.ts";
import { filterClauses } from "./filter-clauses.ts";
import type { SortKey } from "./parse-sort.ts";
import { QueryContext } from "./query-context.ts";
import { MAX_RESULT_WINDOW, parseSearch, type SearchRequest } from "./request.ts";
import type { WordsSettings } from "./words/word-clauses.ts";
import { parseWordsQuery } from "./words-query.ts";

/** The parameters that are no filters. */
const PARAMETERS = ["q", "sort", "limit", "offset", "facets", "highlight", "explain", "after"] as const;

const DEFAULT_LIMIT = 10;
const MAX_FACETS = 16;
const MAX_SORT_KEYS = 16;
const MAX_QUERY_UNITS = 1000;
/** Maximum number of values of a facet. */
const FACET_SIZE = 100;
const FACET_PREFIX = "facet:";

const DEFAULT_SETTINGS: WordsSettings = { language: "en", weights: {} };

/**
 * Parses the parameters of a search by words: `q=open sea&min_year=1970&sort=-year&facets=lang&limit=20`. Names that are no
 * parameters are filters, as in lists.
 * @param settings of the collection; English stems and equal fields when absent
 * @throws Failure INVALID_PARAMETERS
 * @example
 * const { request } = parseWordsSearch(new URLSearchParams("q=open sea&min_year=1970"), settings);
 */
export const parseWordsSearch = (query: URLSearchParams, settings: WordsSettings = DEFAULT_SETTINGS): SearchRequest => {
  const text = readSingle(query, "q") ?? "";
  if (text.length > MAX_QUERY_UNITS)
    throw invalid(queryIssue("q", `q has ${text.length} characters; the limit is ${MAX_QUERY_UNITS}`));
  const [limit, offset] = [readCount(query, "limit", DEFAULT_LIMIT), readCount(query, "offset", 0)];
  if (limit + offset > MAX_RESULT_WINDOW)
    throw invalid(queryIssue("limit", `limit + offset must be at most ${MAX_RESULT_WINDOW}`));
  const context = new QueryContext();
  const filters = parseFilters(query, context);
  const words = parseWordsQuery(text, settings);
  const withFilters = (clause: Clause): Clause =>
    filters.filter.length + filters.mustNot.length === 0 ? clause : boolClause({ ...filters, must: [clause] });
  const fields = readFields(query);
  const body: JsonObject = {
    from: offset,
    size: limit,
    ...parseFacets(query),
    ...parseHighlighting(query),
    explain: readFlag(query, "explain"),
    ...(fields !== undefined && { _source: [...fields, "id", "last_modified"] }),
  };
  return {
    ...parseSearch(body),
    query: withFilters(words.query),
    relaxed: words.relaxed.map(withFilters),
    sort: parseSorts(query),
  };
};

const parseFilters = (query: URLSearchParams, context: QueryContext) => {
  const isFilter = (name: string) => !(PARAMETERS as readonly string[]).includes(name) && name !== "_fields";
  const filters = new URLSearchParams([...query].filter(([name]) => isFilter(name)));
  const unknown = [...filters.keys()].find((name) => name.startsWith("_") && !/^_(since|to|before)$/.test(name));
  if (unknown !== undefined)
    throw invalid(
      queryIssue(unknown, `${unknown} is not a parameter of searches. Use one of: ${PARAMETERS.join(", ")}, _fields`),
    );
  try {
    return filterClauses(readListQuery(filters, Date.now()), context);
  } catch (error) {
    throw toQueryIssue(error);
  }
};

/** Clauses are parsed from parameters here, and not from a body. */
const toQueryIssue = (error: unknown): unknown => {
  if (!(error instanceof Failure) || !Array.isArray(error.details)) return error;
  const [issue] = error.details as readonly { location: string; name: string | null; description: string }[];
  return issue?.location === "body" ? invalid(queryIssue(issue.name, issue.description)) : error;
};

const readSingle = (query: URLSearchParams, name: string): string | undefined => {
  const [value, ...others] = query.getAll(name);
  if (others.length > 0) throw invalid(queryIssue(name, `${name} is given more than once`));
  return value;
};

const readCount = (query: URLSearchParams, name: string, otherwise: number): number => {
  const text = readSingle(query, name);
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}$/.test(text)) throw invalid(queryIssue(name, `${name} must be an integer of 0 or more`));
  return Number(text);
};

const readFlag = (query: URLSearchParams, name: string): boolean => {
  const text = readSingle(query, name) ?? "false";
  if (text !== "true" && text !== "false") throw invalid(queryIssue(name, `${name} must be true or false`));
  return text === "true";
};

/** The names in a list such as `region,languages`. */
const readNames = (query: URLSearchParams, name: string, max: number): readonly string[] => {
  const names = (readSingle(query, name) ?? "").split(",").map((item) => item.trim());
  const found = [...new Set(names.filter((item) => item !== ""))];
  const pattern = found.find((item) => item.includes("*"));
  if (pattern !== undefined && name !== "highlight")
    throw invalid(queryIssue(name, `${name} must have names of fields. Patterns such as ${pattern} are not supported`));
  if (found.length > max) throw invalid(queryIssue(name, `${name} has more than ${max} names`));
  return found;
};

/** `-year,title` */
const parseSorts = (query: URLSearchParams): readonly SortKey[] =>
  readNames(query, "sort", MAX_SORT_KEYS).map((item): SortKey => {
    const [, sign, field = ""] = /^([-+]?)(.*)$/s.exec(item) ?? [];
    const order = sign === "-" ? "desc" : "asc";
    if (field === "") throw invalid(queryIssue("sort", "sort must have names of fields, such as -year,title"));
    if (field === "_score") return { by: "score", order: "desc" };
    return { by: "values", paths: fieldPaths(field), order, mode: order === "asc" ? "min" : "max", missing: "last" };
  });

const parseFacets = (query: URLSearchParams): JsonObject => {
  const names = readNames(query, "facets", MAX_FACETS);
  if (names.length === 0) return {};
  const aggs = names.map((field): [string, Json] => [
    // Names of aggregations cannot have all characters.
    `${FACET_PREFIX}${encodeURIComponent(field)}`,
    { terms: { field, size: FACET_SIZE } },
  ]);
  return { aggs: Object.fromEntries(aggs) };
};

/** `highlight=true` marks all fields, `highlight=title,body` these. */
const parseHighlighting = (query: URLSearchParams): JsonObject => {
  const names = readNames(query, "highlight", MAX_FACETS);
  if (names.length === 0 || names.includes("false")) return {};
  const fields = names.includes("true") ? ["*"] : names;
  return { highlight: { fields: fields.map((field) => ({ [field]: {} })), require_field_match: false } };
};

/** Moves the aggregations that facets stand for to `facets: {"region": [{"value": "Asia", "count": 50}]}`. */
export const withFacets = ({ aggregations, ...body }: JsonObject): JsonObject => {
  if (aggregations === undefined) return body;
  const facets = Object.entries(aggregations as JsonObject).map(([name, found]): [string, Json] => [
    decodeURIComponent(name.slice(FACET_PREFIX.length)),
    ((found as JsonObject).buckets as JsonObject[]).map(({ key, key_as_string, doc_count = 0 }) => ({
      value: key_as_string === undefined ? (key ?? null) : key_as_string === "true",
      count: doc_count,
    })),
  ]);
  return { ...body, facets: Object.fromEntries(facets) };
};
