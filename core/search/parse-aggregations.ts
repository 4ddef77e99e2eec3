import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Aggregation, AggregationKind } from "./aggregation.ts";
import type { Clause } from "./clause.ts";
import { parseComposite } from "./parse-aggregations-composite.ts";
import { parseDateHistogram, parseHistogram } from "./parse-aggregations-histogram.ts";
import { METRIC_PARSERS, parseTopHits } from "./parse-aggregations-metrics.ts";
import { readFieldPaths } from "./parse-aggregations-options.ts";
import { parseDateRange, parseRange } from "./parse-aggregations-range.ts";
import { parseTerms } from "./parse-aggregations-terms.ts";
import { getOwn, joinPath, readBoolean, readObject, readString, searchIssue, unsupportedName } from "./read-body.ts";
import type { SortKey } from "./request.ts";
import type { SourceFilter } from "./source-filter.ts";

/** Maximum number of aggregations of a search, sub-aggregations included. */
export const MAX_AGGREGATIONS = 64;
/** Maximum number of aggregations in each other. */
export const MAX_AGGREGATION_DEPTH = 8;
const MAX_FILTERS = 100;
const BUCKET_PROPERTIES = ["key", "key_as_string", "doc_count", "from", "from_as_string", "to", "to_as_string"];

/** How the parts of aggregations are parsed that other parts of a search have too. */
export interface AggregationContext {
  /** Milliseconds since 1970: what `now` means in dates. */
  readonly now: number;
  readonly parseClause: (value: Json | undefined, path: string) => Clause;
  readonly parseSort: (value: Json | undefined, path: string) => readonly SortKey[];
  readonly parseSource: (value: Json | undefined, path: string) => SourceFilter;
}

/**
 * Parses the aggregations of a search, in OpenSearch's language. Throws a 400 with the path of what is not supported.
 * @example
 * parseAggregations({ langs: { terms: { field: "lang", size: 5 } } }, "aggs", context);
 */
export const parseAggregations = (
  value: Json | undefined,
  path: string,
  context: AggregationContext,
): readonly Aggregation[] => {
  let count = 0;

  const parseAll = (value: Json | undefined, path: string, parents: readonly string[]): Aggregation[] => {
    if (value === undefined) return [];
    const entries = Object.entries(readObject(value, path));
    if (parents.length >= MAX_AGGREGATION_DEPTH && entries.length > 0)
      throw searchIssue(path, `is more than ${MAX_AGGREGATION_DEPTH} levels deep. Move it outwards`);
    count += entries.length;
    if (count > MAX_AGGREGATIONS)
      throw searchIssue(path, `exceeds the maximum of ${MAX_AGGREGATIONS} aggregations of a search. Remove some`);
    return entries.map(([name, spec]) => parseOne(name, spec, joinPath(path, name), parents));
  };

  const parseOne = (name: string, value: Json, path: string, parents: readonly string[]): Aggregation => {
    if (name === "" || /[[\]>]/.test(name)) throw searchIssue(path, "must have a name without [, ] and >");
    if (parents.length > 0 && BUCKET_PROPERTIES.includes(name))
      throw searchIssue(path, `must have another name: buckets have a ${name} of their own`);
    const spec = readObject(value, path);
    const kinds = Object.keys(spec).filter((key) => key !== "aggs" && key !== "aggregations");
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1)
      throw searchIssue(
        path,
        `must have exactly one kind, for example {"terms": {"field": "lang"}}, and optionally aggs`,
      );
    const parse = KIND_PARSERS.get(kind);
    if (parse === undefined) throw unsupportedName(path, kind, [...KIND_PARSERS.keys()]);
    checkPlace(kind, parents, path);
    const [aggs, aggsPath] = readSubAggregations(spec, path);
    if (aggs !== undefined && !isBucketKind(kind))
      throw searchIssue(aggsPath, `is not possible below ${kind}, which has no buckets. Move it beside ${kind}`);
    const children = parseAll(aggs, aggsPath, [...parents, kind]);
    return { name, of: parse(spec[kind] as Json, joinPath(path, kind), context, children), aggs: children };
  };

  return parseAll(value, path, []);
};

const readSubAggregations = (spec: JsonObject, path: string): [Json | undefined, path: string] => {
  const [aggs, aggregations] = [getOwn(spec, "aggs"), getOwn(spec, "aggregations")];
  if (aggs !== undefined && aggregations !== undefined)
    throw searchIssue(joinPath(path, "aggregations"), "is the same as aggs. Use only one of them");
  return aggs === undefined ? [aggregations, joinPath(path, "aggregations")] : [aggs, joinPath(path, "aggs")];
};

const isBucketKind = (kind: string): boolean => kind !== "top_hits" && !METRIC_PARSERS.has(kind);

const checkPlace = (kind: string, parents: readonly string[], path: string): void => {
  if (kind === "composite" && parents.length > 0)
    throw searchIssue(joinPath(path, kind), "must be outside of other aggregations");
  if ((kind === "top_hits" || kind === "nested") && parents.includes("nested"))
    throw searchIssue(joinPath(path, kind), "must be outside of nested");
};

type KindParser = (
  spec: Json,
  path: string,
  context: AggregationContext,
  children: readonly Aggregation[],
) => AggregationKind;

const parseFilter: KindParser = (spec, path, { parseClause }) => ({ is: "filter", filter: parseClause(spec, path) });

/** `{"filters": {"old": {"range": {"year": {"lt": 1990}}}}}`, or an array of clauses. */
const parseFilters: KindParser = (spec, path, { parseClause }) => {
  const options = readObject(spec, path, ["filters", "other_bucket", "other_bucket_key"]);
  const [value, filtersPath] = [getOwn(options, "filters"), joinPath(path, "filters")];
  if (!Array.isArray(value) && !isObject(value))
    throw searchIssue(filtersPath, "must be an object or array of clauses");
  const entries = Array.isArray(value)
    ? value.map((filter, index) => [String(index), filter] as const)
    : Object.entries(value);
  if (entries.length === 0 || entries.length > MAX_FILTERS)
    throw searchIssue(filtersPath, `must have from 1 to ${MAX_FILTERS} clauses`);
  const otherKey = getOwn(options, "other_bucket_key");
  const key = otherKey === undefined ? "_other_" : readString(otherKey, joinPath(path, "other_bucket_key"));
  const hasOther = readBoolean(getOwn(options, "other_bucket"), joinPath(path, "other_bucket"), otherKey !== undefined);
  return {
    is: "filters",
    filters: entries.map(([key, filter]) => ({ key, filter: parseClause(filter, joinPath(filtersPath, key)) })),
    keyed: !Array.isArray(value),
    otherKey: hasOther ? key : undefined,
  };
};

/** `{"nested": {"path": "comments"}}` */
const parseNested: KindParser = (spec, path) => {
  const options = readObject(spec, path, ["path"]);
  return { is: "nested", path: readString(getOwn(options, "path"), joinPath(path, "path")) };
};

/** `{"missing": {"field": "price"}}` */
const parseMissing: KindParser = (spec, path) => ({
  is: "missing",
  paths: readFieldPaths(readObject(spec, path, ["field"]), path),
});

const KIND_PARSERS: ReadonlyMap<string, KindParser> = new Map<string, KindParser>([
  ...METRIC_PARSERS,
  ["composite", parseComposite],
  ["date_histogram", parseDateHistogram],
  ["date_range", parseDateRange],
  ["filter", parseFilter],
  ["filters", parseFilters],
  ["histogram", parseHistogram],
  ["missing", parseMissing],
  ["nested", parseNested],
  ["range", parseRange],
  ["terms", parseTerms],
  ["top_hits", parseTopHits],
]);
