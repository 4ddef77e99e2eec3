import type { Json, JsonObject } from "../../lib/json.ts";
import type { DateStyle } from "./aggregation.ts";
import { parseDateFormat } from "./dates/date-format.ts";
import { isDateFormat } from "./dates/format-date.ts";
import { parseDate } from "./dates/parse-date.ts";
import { findTimeZone } from "./dates/time-zone.ts";
import { readNumber } from "./parse-aggregations-options.ts";
import { getOwn, joinPath, readString, searchIssue } from "./read-body.ts";

export interface DateOptions {
  readonly dates: DateStyle;
  /** Parses a date: a text in the format or with date math, or milliseconds since 1970. */
  readonly readDate: (value: Json | undefined, path: string) => number;
}

/** The options `format` and `time_zone`, and how dates are read with them. @param now milliseconds since 1970 */
export const readDateOptions = (options: JsonObject, path: string, now: number): DateOptions => {
  const dates = readDateStyle(options, path);
  const zone = findTimeZone(dates.timeZone);
  const format = dates.format === undefined ? undefined : parseDateFormat(dates.format);
  const readDate = (value: Json | undefined, path: string): number => {
    if (typeof value !== "string") return readNumber(value, path);
    const time = parseDate(value, { now, zone, format }) ?? parseDate(value, { now, zone });
    if (time === undefined)
      throw searchIssue(path, "must be a date such as 2024-01-31 or now-1M/d, or milliseconds since 1970");
    return time;
  };
  return { dates, readDate };
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
