import type { Json, JsonObject } from "../../lib/json.ts";
import type { DateStyle } from "./aggregation.ts";
import { detectDate } from "./dates/detect-date.ts";
import { isDateFormat } from "./dates/format-date.ts";
import { findTimeZone, firstTimeOfLocal } from "./dates/time-zone.ts";
import { readNumber } from "./parse-aggregations-options.ts";
import { getOwn, joinPath, readString, searchIssue } from "./read-body.ts";

export interface DateOptions {
  readonly dates: DateStyle;
  /** Parses a date: a text, or milliseconds since 1970. */
  readonly readDate: (value: Json | undefined, path: string) => number;
  /** The option `missing`. */
  readonly missing: number | undefined;
}

/** The options `format`, `time_zone` and `missing`. @param now milliseconds since 1970 */
export const readDateOptions = (options: JsonObject, path: string, _now: number): DateOptions => {
  const dates = readDateStyle(options, path);
  const zone = findTimeZone(dates.timeZone) ?? { name: "UTC", offsetAt: () => 0 };
  const readDate = (value: Json | undefined, path: string): number => {
    if (typeof value !== "string") return readNumber(value, path);
    const time = detectDate(value);
    if (time === undefined) throw searchIssue(path, "must be a date such as 2024-01-31, or milliseconds since 1970");
    return /Z|[+-]\d\d:?\d\d$/.test(value) ? time : firstTimeOfLocal(zone, time);
  };
  const missing = getOwn(options, "missing");
  return { dates, readDate, missing: missing === undefined ? undefined : readDate(missing, joinPath(path, "missing")) };
};

/** The options `format` and `time_zone`. */
export const readDateStyle = (options: JsonObject, path: string): DateStyle => {
  const [format, zone] = [getOwn(options, "format"), getOwn(options, "time_zone")];
  const [formatPath, zonePath] = [joinPath(path, "format"), joinPath(path, "time_zone")];
  if (format !== undefined && !isDateFormat(readString(format, formatPath)))
    throw searchIssue(formatPath, "must be a pattern such as yyyy-MM-dd, or a name such as epoch_millis");
  const timeZone = zone === undefined ? "UTC" : findTimeZone(readString(zone, zonePath))?.name;
  if (timeZone === undefined) throw searchIssue(zonePath, "must be a time zone such as Europe/Rome or +01:00");
  return { format: typeof format === "string" ? format : undefined, timeZone };
};
