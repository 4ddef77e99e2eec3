import type { Json, JsonObject } from "../../lib/json.ts";
import type { AggregationKind, NumberRange } from "./aggregation.ts";
import { formatDate } from "./dates/format-date.ts";
import { formatDouble } from "./format-double.ts";
import type { AggregationContext } from "./parse-aggregations.ts";
import { readDateOptions } from "./parse-aggregations-dates.ts";
import { readFieldPaths, readNumber } from "./parse-aggregations-options.ts";
import { getOwn, joinPath, readBoolean, readList, readObject, readString, searchIssue } from "./read-body.ts";

const MAX_RANGES = 1000;
const KEYS = ["field", "ranges", "keyed"];

/** `{"range": {"field": "price", "ranges": [{"to": 10}, {"from": 10, "to": 20, "key": "middle"}, {"from": 20}]}}` */
export const parseRange = (spec: Json, path: string): AggregationKind => {
  const options = readObject(spec, path, KEYS);
  return {
    is: "range",
    paths: readFieldPaths(options, path),
    ranges: readRanges(options, path, readNumber, formatDouble),
    keyed: readBoolean(getOwn(options, "keyed"), joinPath(path, "keyed"), false),
    dates: undefined,
  };
};

/** `{"date_range": {"field": "seen", "ranges": [{"from": "now-1M/d"}], "format": "yyyy-MM-dd", "time_zone": "CET"}}` */
export const parseDateRange = (spec: Json, path: string, { now }: AggregationContext): AggregationKind => {
  const options = readObject(spec, path, [...KEYS, "format", "time_zone"]);
  const { dates, readDate } = readDateOptions(options, path, now);
  return {
    is: "range",
    paths: readFieldPaths(options, path),
    ranges: readRanges(options, path, readDate, (time) => formatDate(time, dates)),
    keyed: readBoolean(getOwn(options, "keyed"), joinPath(path, "keyed"), false),
    dates,
  };
};

const readRanges = (
  options: JsonObject,
  path: string,
  readBound: (value: Json | undefined, path: string) => number,
  format: (bound: number) => string,
): NumberRange[] => {
  const rangesPath = joinPath(path, "ranges");
  const items = readList(getOwn(options, "ranges"), rangesPath, MAX_RANGES);
  if (items.length === 0) throw searchIssue(rangesPath, "must have at least one range");
  const ranges = items.map((item, index) => {
    const rangePath = joinPath(rangesPath, index);
    const range = readObject(item, rangePath, ["key", "from", "to"]);
    const bound = (name: string) => {
      const value = getOwn(range, name);
      return value === undefined || value === null ? undefined : readBound(value, joinPath(rangePath, name));
    };
    const [from, to, key] = [bound("from"), bound("to"), getOwn(range, "key")];
    const show = (bound: number | undefined) => (bound === undefined ? "*" : format(bound));
    return {
      from,
      to,
      key: key === undefined ? `${show(from)}-${show(to)}` : readString(key, joinPath(rangePath, "key")),
    };
  });
  return ranges.toSorted(
    (a, b) => compare(a.from ?? -Infinity, b.from ?? -Infinity) || compare(a.to ?? Infinity, b.to ?? Infinity),
  );
};

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
