import type { Json } from "../../lib/json.ts";
import { pathsOf } from "./fields.ts";
import { at, flaw, own, readCount, readObject, readOnly, readString, unknown } from "./reading.ts";

/** Counts the hits by each value of a field: most frequent first, ties by value. */
export interface TermsAggregation {
  readonly name: string;
  readonly paths: readonly string[];
  /** Buckets to answer with. */
  readonly size: number;
}

const MOST_AGGREGATIONS = 16;
const MOST_BUCKETS = 10_000;

/** `{"langs": {"terms": {"field": "lang", "size": 5}}}` */
export const readAggregations = (value: Json | undefined, path: string): TermsAggregation[] => {
  if (value === undefined) return [];
  const entries = Object.entries(readObject(value, path));
  if (entries.length > MOST_AGGREGATIONS) throw flaw(path, `must have at most ${MOST_AGGREGATIONS} aggregations`);
  return entries.map(([name, spec]) => readAggregation(name, spec, at(path, name)));
};

const readAggregation = (name: string, value: Json, path: string): TermsAggregation => {
  const [kind, spec, specPath] = readOnly(value, path, `an aggregation such as {"terms": {"field": "lang"}}`);
  if (kind !== "terms") throw unknown(path, kind, ["terms"]);
  const options = readObject(spec, specPath, ["field", "size"]);
  const field = readString(own(options, "field"), at(specPath, "field"));
  const size = readCount(own(options, "size"), at(specPath, "size"), 10);
  if (size === 0 || size > MOST_BUCKETS) throw flaw(at(specPath, "size"), `must be from 1 to ${MOST_BUCKETS}`);
  return { name, paths: pathsOf(field), size };
};
