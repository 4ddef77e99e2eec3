import type { Json, JsonObject } from "../../lib/json.ts";
import { type Aggregation, type AggregationKind, MAX_BUCKETS, type TermsFilter } from "./aggregation.ts";
import type { AggregationContext } from "./parse-aggregations.ts";
import { readFieldPaths, readOrder } from "./parse-aggregations-options.ts";
import { regexpSource, translatePattern } from "./pattern-source.ts";
import { getOwn, joinPath, readCount, readList, readObject, readScalar, searchIssue } from "./read-body.ts";
import { encodeValue, equivalentValues, MAX_VALUE_UNITS } from "./values.ts";

const DEFAULT_SIZE = 10;
/** Maximum number of values of `include` and `exclude`. */
const MAX_TERMS = 1024;

/** `{"terms": {"field": "lang", "size": 5, "order": {"_key": "asc"}, "missing": "none", "exclude": ["en"]}}` */
export const parseTerms = (
  spec: Json,
  path: string,
  _: AggregationContext,
  children: readonly Aggregation[],
): AggregationKind => {
  const options = readObject(spec, path, ["field", "size", "order", "include", "exclude", "missing", "min_doc_count"]);
  const missing = getOwn(options, "missing");
  const minDocCount = readCount(getOwn(options, "min_doc_count"), joinPath(path, "min_doc_count"), 1);
  if (minDocCount === 0)
    throw searchIssue(joinPath(path, "min_doc_count"), "must be 1 or more: values that no hit has are not returned");
  return {
    is: "terms",
    paths: readFieldPaths(options, path),
    size: readSize(options, path),
    order: readOrder(getOwn(options, "order"), joinPath(path, "order"), { by: "count", order: "desc" }, children),
    include: readTermsFilter(getOwn(options, "include"), joinPath(path, "include")),
    exclude: readTermsFilter(getOwn(options, "exclude"), joinPath(path, "exclude")),
    missing: missing === undefined ? undefined : readMissing(missing, joinPath(path, "missing")),
    minDocCount,
  };
};

const readMissing = (value: Json, path: string): string => {
  const missing = readScalar(value, path);
  if (typeof missing === "string" && missing.length > MAX_VALUE_UNITS)
    throw searchIssue(path, `must have at most ${MAX_VALUE_UNITS} characters`);
  return encodeValue(missing);
};

/** The number of buckets, 10 by default. */
export const readSize = (options: JsonObject, path: string): number => {
  const size = readCount(getOwn(options, "size"), joinPath(path, "size"), DEFAULT_SIZE);
  if (size === 0 || size > MAX_BUCKETS) throw searchIssue(joinPath(path, "size"), `must be from 1 to ${MAX_BUCKETS}`);
  return size;
};

const readTermsFilter = (value: Json | undefined, path: string): TermsFilter | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === "string")
    return {
      pattern: translatePattern(path, () => regexpSource(value, { words: false, ignoreCase: false })),
    };
  if (!Array.isArray(value)) throw searchIssue(path, "must be a regular expression or an array of values");
  const values = readList(value, path, MAX_TERMS).map((item, index) => readScalar(item, joinPath(path, index)));
  return { anyOf: [...new Set(values.flatMap(equivalentValues).map(encodeValue))] };
};
