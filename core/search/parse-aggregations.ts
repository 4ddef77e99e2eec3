import type { Json } from "../../lib/json.ts";
import { type Aggregation, type AggregationKind, MAX_BUCKETS } from "./aggregation.ts";
import { fieldPaths } from "./fields.ts";
import {
  getOwn,
  joinPath,
  readCount,
  readObject,
  readSingleEntry,
  readString,
  searchIssue,
  unsupportedName,
} from "./read-body.ts";

/** Maximum number of aggregations of a search, sub-aggregations included. */
export const MAX_AGGREGATIONS = 64;

/** `{"langs": {"terms": {"field": "lang", "size": 5}}}` */
export const parseAggregations = (value: Json | undefined, path: string): Aggregation[] => {
  if (value === undefined) return [];
  const entries = Object.entries(readObject(value, path));
  if (entries.length > MAX_AGGREGATIONS) throw searchIssue(path, `must have at most ${MAX_AGGREGATIONS} aggregations`);
  return entries.map(([name, spec]) => parseAggregation(name, spec, joinPath(path, name)));
};

const parseAggregation = (name: string, value: Json, path: string): Aggregation => {
  const [kind, spec, specPath] = readSingleEntry(value, path, `an aggregation such as {"terms": {"field": "lang"}}`);
  if (kind !== "terms") throw unsupportedName(path, kind, ["terms"]);
  return { name, of: parseTermsAggregation(spec, specPath), aggs: [] };
};

const parseTermsAggregation = (spec: Json, path: string): AggregationKind => {
  const options = readObject(spec, path, ["field", "size"]);
  const field = readString(getOwn(options, "field"), joinPath(path, "field"));
  const size = readCount(getOwn(options, "size"), joinPath(path, "size"), 10);
  if (size === 0 || size > MAX_BUCKETS) throw searchIssue(joinPath(path, "size"), `must be from 1 to ${MAX_BUCKETS}`);
  return {
    is: "terms",
    paths: fieldPaths(field),
    size,
    order: [
      { by: "count", order: "desc" },
      { by: "key", order: "asc" },
    ],
    include: undefined,
    exclude: undefined,
    missing: undefined,
    minDocCount: 1,
  };
};
