import type { Json } from "../../lib/json.ts";
import type { AggregationKind } from "./aggregation.ts";
import type { AggregationContext } from "./parse-aggregations.ts";
import { readFieldPaths, readNumber } from "./parse-aggregations-options.ts";
import { getOwn, joinPath, readBoolean, readCount, readList, readObject, searchIssue } from "./read-body.ts";

/** OpenSearch's default. */
const DEFAULT_PERCENTS = [1, 5, 25, 50, 75, 95, 99];
const MAX_PERCENTS = 100;
const DEFAULT_TOP_HITS = 3;
/** Maximum number of hits of one bucket, as OpenSearch's `index.max_inner_result_window`. */
const MAX_TOP_HITS = 100;

type MetricParser = (spec: Json, path: string) => AggregationKind;

/** `{"avg": {"field": "price"}}` */
const parseNumeric =
  (is: "min" | "max" | "avg" | "sum" | "stats"): MetricParser =>
  (spec, path) => {
    return { is, paths: readFieldPaths(readObject(spec, path, ["field"]), path) };
  };

/** `{"value_count": {"field": "price"}}` */
const parseCount =
  (is: "valueCount" | "cardinality"): MetricParser =>
  (spec, path) => ({ is, paths: readFieldPaths(readObject(spec, path, ["field"]), path) });

/** `{"percentiles": {"field": "price", "percents": [50, 95]}}` */
const parsePercentiles: MetricParser = (spec, path) => {
  const options = readObject(spec, path, ["field", "percents", "keyed"]);
  const percentsPath = joinPath(path, "percents");
  const value = getOwn(options, "percents");
  const percents =
    value === undefined
      ? DEFAULT_PERCENTS
      : readList(value, percentsPath, MAX_PERCENTS).map((item, index) =>
          readNumber(item, joinPath(percentsPath, index)),
        );
  if (percents.length === 0 || percents.some((percent) => percent < 0 || percent > 100))
    throw searchIssue(percentsPath, "must have numbers from 0 to 100");
  return {
    is: "percentiles",
    paths: readFieldPaths(options, path),
    percents: percents.toSorted((a, b) => a - b),
    keyed: readBoolean(getOwn(options, "keyed"), joinPath(path, "keyed"), true),
  };
};

export const METRIC_PARSERS: ReadonlyMap<string, MetricParser> = new Map<string, MetricParser>([
  ["avg", parseNumeric("avg")],
  ["cardinality", parseCount("cardinality")],
  ["max", parseNumeric("max")],
  ["min", parseNumeric("min")],
  ["percentiles", parsePercentiles],
  ["stats", parseNumeric("stats")],
  ["sum", parseNumeric("sum")],
  ["value_count", parseCount("valueCount")],
]);

/** `{"top_hits": {"size": 1, "sort": [{"year": "desc"}], "_source": ["title"]}}` */
export const parseTopHits = (
  spec: Json,
  path: string,
  { parseSort, parseSource }: AggregationContext,
): AggregationKind => {
  const options = readObject(spec, path, ["from", "size", "sort", "_source"]);
  const from = readCount(getOwn(options, "from"), joinPath(path, "from"), 0);
  const size = readCount(getOwn(options, "size"), joinPath(path, "size"), DEFAULT_TOP_HITS);
  if (size === 0) throw searchIssue(joinPath(path, "size"), "must be 1 or more");
  if (from + size > MAX_TOP_HITS)
    throw searchIssue(
      joinPath(path, from > MAX_TOP_HITS ? "from" : "size"),
      `from + size must be at most ${MAX_TOP_HITS}`,
    );
  return {
    is: "topHits",
    from,
    size,
    sort: parseSort(getOwn(options, "sort"), joinPath(path, "sort")),
    source: parseSource(getOwn(options, "_source"), joinPath(path, "_source")),
  };
};
