import { invalid } from "../core/errors.ts";
import { createProjection } from "../core/lists/fields.ts";
import { createMatcher } from "../core/lists/filter.ts";
import { readListQuery } from "../core/lists/list-query.ts";
import { compareSortKeys, type SortKey, sortKeyOf } from "../core/lists/sort.ts";
import type { JsonObject } from "../lib/json.ts";

/**
 * The entries of a list that a query selects.
 * @example
 * const isLastPage = ({ next }: SelectedEntries): boolean => next === undefined;
 */
export interface SelectedEntries {
  readonly entries: readonly JsonObject[];
  /** The number of entries that match, in all pages. */
  readonly total: number;
  /** The query of the next page; absent on the last page. */
  readonly next?: string;
}

/**
 * Applies filters, `_since`, `_before`, `_sort`, `_fields`, `_limit` and `_token` of a list's query to entries that a route
 * has made. Each entry needs an `id` and a `last_modified`. Throws a 400 for an invalid query.
 * @param query the text after the question mark
 * @param newest the newest time that a client can know, in ms
 * @example
 * const { entries } = selectEntries("_since=5&_sort=id", [{ id: "a", last_modified: 7 }], Date.now());
 */
export const selectEntries = (query: string, entries: readonly JsonObject[], newest: number): SelectedEntries => {
  const { since, before, filters, sorts, fields, limit, token } = readListQuery(new URLSearchParams(query), newest);
  const matches = createMatcher(filters);
  const [keyOf, compare] = [sortKeyOf(sorts), compareSortKeys(sorts)];
  const after = token === null ? undefined : readToken(token);
  const selected = entries
    .filter(({ last_modified: time }) => Number(time) > (since ?? -1) && Number(time) < (before ?? Infinity))
    .filter(matches)
    .map((entry) => ({ entry, key: keyOf(entry) }))
    .sort((a, b) => compare(a.key, b.key));
  const rest = after === undefined ? selected : selected.filter(({ key }) => compare(key, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const project = fields === undefined ? (entry: JsonObject) => entry : createProjection(fields);
  return {
    entries: page.map(({ entry }) => project(entry)),
    total: selected.length,
    ...(last !== undefined && page.length < rest.length && { next: nextQuery(query, last.key) }),
  };
};

const nextQuery = (query: string, key: SortKey): string => {
  const params = new URLSearchParams(query);
  params.set("_token", Buffer.from(JSON.stringify(key)).toString("base64url"));
  return params.toString();
};

const readToken = (token: string): SortKey => {
  try {
    const key: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(key) && key.every((part) => Array.isArray(part) && part.length <= 1)) return key as SortKey;
  } catch {
    // It is not JSON.
  }
  throw invalid({ location: "querystring", name: "_token", description: "_token is none of Next-Page" });
};
