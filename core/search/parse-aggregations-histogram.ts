import type { Json, JsonObject } from "../../lib/json.ts";
import type { Aggregation, AggregationKind, CalendarUnit, DateInterval } from "./aggregation.ts";
import type { AggregationContext } from "./parse-aggregations.ts";
import { readDateOptions } from "./parse-aggregations-dates.ts";
import { readBounds, readFieldPaths, readNumber, readOptionalNumber, readOrder } from "./parse-aggregations-options.ts";
import { getOwn, joinPath, readBoolean, readCount, readObject, readString, searchIssue } from "./read-body.ts";

const KEYS = ["field", "offset", "min_doc_count", "extended_bounds", "order", "keyed"];

/** The options that both histograms have. */
const readSeries = (options: JsonObject, path: string, children: readonly Aggregation[]) => ({
  paths: readFieldPaths(options, path),
  minDocCount: readCount(getOwn(options, "min_doc_count"), joinPath(path, "min_doc_count"), 0),
  order: readOrder(getOwn(options, "order"), joinPath(path, "order"), { by: "key", order: "asc" }, children),
  keyed: readBoolean(getOwn(options, "keyed"), joinPath(path, "keyed"), false),
});

/** `{"histogram": {"field": "price", "interval": 50}}` */
export const parseHistogram = (
  spec: Json,
  path: string,
  _: AggregationContext,
  children: readonly Aggregation[],
): AggregationKind => {
  const options = readObject(spec, path, [...KEYS, "interval"]);
  return {
    is: "histogram",
    ...readSeries(options, path, children),
    interval: readInterval(getOwn(options, "interval"), joinPath(path, "interval")),
    offset: readOptionalNumber(options, "offset", path) ?? 0,
    extendedBounds: readBounds(getOwn(options, "extended_bounds"), joinPath(path, "extended_bounds"), readNumber),
  };
};

export const readInterval = (value: Json | undefined, path: string): number => {
  const interval = readNumber(value, path);
  if (interval <= 0) throw searchIssue(path, "must be greater than 0");
  return interval;
};

/** `{"date_histogram": {"field": "seen", "calendar_interval": "month", "time_zone": "Europe/Rome"}}` */
export const parseDateHistogram = (
  spec: Json,
  path: string,
  { now }: AggregationContext,
  children: readonly Aggregation[],
): AggregationKind => {
  const options = readObject(spec, path, [...KEYS, "calendar_interval", "fixed_interval", "time_zone", "format"]);
  const { dates, readDate } = readDateOptions(options, path, now);
  return {
    is: "dateHistogram",
    ...readSeries(options, path, children),
    interval: readDateInterval(options, path),
    offsetMs: readOffset(options, path),
    dates,
    extendedBounds: readBounds(getOwn(options, "extended_bounds"), joinPath(path, "extended_bounds"), readDate),
  };
};

const CALENDAR_UNITS: ReadonlyMap<string, CalendarUnit> = new Map(
  (
    [
      ["minute", "1m"],
      ["hour", "1h"],
      ["day", "1d"],
      ["week", "1w"],
      ["month", "1M"],
      ["quarter", "1q"],
      ["year", "1y"],
    ] as const
  ).flatMap(([unit, short]) => [
    [unit, unit],
    [short, unit],
  ]),
);

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** `calendar_interval` or `fixed_interval`. */
export const readDateInterval = (options: JsonObject, path: string): DateInterval => {
  const [calendar, fixed] = [getOwn(options, "calendar_interval"), getOwn(options, "fixed_interval")];
  if ((calendar === undefined) === (fixed === undefined))
    throw searchIssue(path, "must have either calendar_interval or fixed_interval");
  if (fixed !== undefined) {
    const fixedPath = joinPath(path, "fixed_interval");
    const fixedMs = parseDuration(readString(fixed, fixedPath));
    if (fixedMs === undefined || fixedMs <= 0)
      throw searchIssue(fixedPath, "must be a number of d, h, m, s or ms, for example 12h");
    return { fixedMs };
  }
  const calendarPath = joinPath(path, "calendar_interval");
  const unit = CALENDAR_UNITS.get(readString(calendar, calendarPath));
  if (unit === undefined) throw searchIssue(calendarPath, `must be one of: ${[...CALENDAR_UNITS.keys()].join(", ")}`);
  return { calendar: unit };
};

/** `"+6h"`, `"-1d"` @returns milliseconds */
export const readOffset = (options: JsonObject, path: string): number => {
  const value = getOwn(options, "offset");
  if (value === undefined) return 0;
  const text = readString(value, joinPath(path, "offset"));
  const duration = parseDuration(text.replace(/^[-+]/, ""));
  if (duration === undefined)
    throw searchIssue(joinPath(path, "offset"), "must be a number of d, h, m, s or ms, for example +6h");
  return text.startsWith("-") ? -duration : duration;
};

const parseDuration = (text: string): number | undefined => {
  const [, count, unit = ""] = /^(\d{1,9})([a-z]{1,2})$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit);
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs;
};
