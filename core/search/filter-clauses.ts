import type { Json } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import type { Filter } from "../lists/filter.ts";
import type { ListQuery } from "../lists/list-query.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import { anyOf, type BoolClause, boolClause, type Clause, NO_MATCH } from "./clause.ts";
import { type Limits, rangeClause } from "./parse-range.ts";
import { wildcardSource } from "./pattern-source.ts";
import type { QueryContext } from "./query-context.ts";
import { encodeValue, normalizeText, sanitizeText } from "./values.ts";

/**
 * The clauses of a list's filters: `min_area=1000`, `in_region=Europe,Asia`, `like_name=*land`, `has_tags=true`. A field with
 * several values matches if one of them does. Bounds find values of their own type, and dates as dates.
 */
export const filterClauses = (
  { filters, since, before }: Pick<ListQuery, "filters" | "since" | "before">,
  context: QueryContext,
): Pick<BoolClause, "filter" | "mustNot"> => {
  const filter: Clause[] = [];
  const mustNot: Clause[] = [];
  for (const one of filters) {
    const clause = positiveClause(one, context);
    if (isNegative(one)) mustNot.push(clause);
    else filter.push(clause);
  }
  const times: Limits = new Map([
    ...(since === undefined ? [] : [["gt", since] as const]),
    ...(before === undefined ? [] : [["lt", before] as const]),
  ]);
  if (times.size > 0) filter.push(rangeOf("last_modified", times, context));
  return { filter, mustNot };
};

const isNegative = ({ comparison, value }: Filter): boolean =>
  comparison === "not" || comparison === "exclude" || (comparison === "has" && !value);

/** What a filter finds, or leaves out if it is negative. */
const positiveClause = ({ field, comparison, value }: Filter, context: QueryContext): Clause => {
  const path = sanitizeText(field);
  switch (comparison) {
    case "eq":
    case "not":
      return equalTo(path, [value], context);
    case "in":
    case "exclude":
    case "contains_any":
      return equalTo(path, value as Json[], context);
    case "contains":
      return boolClause({ must: (value as Json[]).map((one) => equalTo(path, [one], context)) });
    case "has":
      return context.charge({ is: "present", path }, field);
    case "like":
      return likeClause(path, String(value), context);
    case "gt":
    case "lt":
      return rangeOf(path, new Map([[comparison, limitOf(field, value)]]), context);
    case "min":
      return rangeOf(path, new Map([["gte", limitOf(field, value)]]), context);
    case "max":
      return rangeOf(path, new Map([["lte", limitOf(field, value)]]), context);
  }
};

/** A null finds records without the field. */
const equalTo = (path: string, values: readonly Json[], context: QueryContext): Clause => {
  const encoded = values.filter((value) => value !== null && typeof value !== "object").map(encodeValue);
  const clauses: Clause[] =
    encoded.length === 0
      ? []
      : [context.charge({ is: "values", path, match: { how: "anyOf", values: encoded } }, path)];
  if (values.includes(null)) clauses.push(boolClause({ mustNot: [context.charge({ is: "present", path }, path)] }));
  return anyOf(clauses);
};

/** `*` stands for any characters. A text without it is found anywhere in the whole string. */
const likeClause = (path: string, pattern: string, context: QueryContext): Clause => {
  const wildcard = normalizeText(pattern).replace(/[\\?]/g, "\\$&");
  const source = wildcardSource(pattern.includes("*") ? wildcard : `*${wildcard}*`, { words: false, ignoreCase: true });
  return context.charge({ is: "values", path, match: { how: "pattern", source, ignoreCase: true } }, path);
};

const limitOf = (field: string, value: Json): string | number | bigint => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
  throw invalid(queryIssue(field, "A bound must be a number, a date or a text"));
};

const rangeOf = (path: string, limits: Limits, context: QueryContext): Clause =>
  path === "" ? NO_MATCH : rangeClause(path, limits, { isRequired: false }, { context, at: path });
