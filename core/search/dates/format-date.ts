import type { DateStyle } from "../aggregation.ts";
import { findTimeZone } from "./time-zone.ts";

type PatternPart = string | { readonly letter: string; readonly count: number };

const ISO = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

/** OpenSearch's names of formats that have a pattern. Each also begins with `strict_`. */
const NAMED_PATTERNS: Readonly<Record<string, string>> = {
  basic_date: "yyyyMMdd",
  basic_date_time: "yyyyMMdd'T'HHmmss.SSSX",
  date: "yyyy-MM-dd",
  date_hour: "yyyy-MM-dd'T'HH",
  date_hour_minute: "yyyy-MM-dd'T'HH:mm",
  date_hour_minute_second: "yyyy-MM-dd'T'HH:mm:ss",
  date_optional_time: ISO,
  date_time: ISO,
  date_time_no_millis: "yyyy-MM-dd'T'HH:mm:ssXXX",
  hour: "HH",
  hour_minute: "HH:mm",
  hour_minute_second: "HH:mm:ss",
  year: "yyyy",
  year_month: "yyyy-MM",
  year_month_day: "yyyy-MM-dd",
};

const MAX_FORMAT_UNITS = 100;
const MONTHS = "January February March April May June July August September October November December".split(" ");
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Whether dates can be written in a format: a pattern such as `yyyy-MM-dd`, or a name such as `epoch_millis`. */
export const isDateFormat = (format: string): boolean =>
  format.length <= MAX_FORMAT_UNITS &&
  (EPOCH_UNITS_MS.has(firstOf(format)) || parsePattern(firstOf(format)) !== undefined);

/** Of several formats, separated by `||`, dates are written in the first. */
const firstOf = (format: string): string => format.split("||")[0] as string;

const EPOCH_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["epoch_millis", 1],
  ["epoch_second", 1000],
]);

/**
 * Writes a date.
 * @param time milliseconds since 1970
 * @example
 * formatDate(0, { format: "yyyy-MM-dd", timeZone: "UTC" }); // "1970-01-01"
 */
export const formatDate = (time: number, { format, timeZone }: DateStyle): string => {
  const name = format === undefined ? ISO : firstOf(format);
  const unit = EPOCH_UNITS_MS.get(name);
  if (unit !== undefined) return String(time / unit);
  const offset = findTimeZone(timeZone)?.offsetAt(time) ?? 0;
  const local = new Date(time + offset);
  if (Number.isNaN(local.getTime())) return String(time);
  const parts = parsePattern(name) ?? [];
  return parts
    .map((part) => (typeof part === "string" ? part : (LETTERS[part.letter]?.(local, part.count, offset) ?? "")))
    .join("");
};

const pad = (value: number, count: number): string => String(value).padStart(count, "0");
const nameOf = (name: string | undefined, count: number): string => (count > 3 ? name : name?.slice(0, 3)) ?? "";

const formatOffset = (offset: number, count: number): string => {
  if (offset === 0) return "Z";
  const minutes = Math.abs(offset) / 60_000;
  const hours = `${offset < 0 ? "-" : "+"}${pad(Math.trunc(minutes / 60), 2)}`;
  const rest = pad(Math.trunc(minutes % 60), 2);
  if (count === 1) return rest === "00" ? hours : hours + rest;
  return count === 2 ? hours + rest : `${hours}:${rest}`;
};

const formatYear = (date: Date, count: number): string => {
  const year = date.getUTCFullYear();
  if (count === 2) return pad(Math.abs(year) % 100, 2);
  const digits = pad(Math.abs(year), count);
  return year < 0 ? `-${digits}` : year > 9999 && count >= 4 ? `+${digits}` : digits;
};

/** The letters of a pattern, as in Java's DateTimeFormatter. */
const LETTERS: Readonly<Record<string, (local: Date, count: number, offset: number) => string>> = {
  y: formatYear,
  u: formatYear,
  Q: (date) => String(Math.floor(date.getUTCMonth() / 3) + 1),
  M: (date, count) => (count > 2 ? nameOf(MONTHS[date.getUTCMonth()], count) : pad(date.getUTCMonth() + 1, count)),
  d: (date, count) => pad(date.getUTCDate(), count),
  E: (date, count) => nameOf(WEEKDAYS[date.getUTCDay()], count),
  H: (date, count) => pad(date.getUTCHours(), count),
  h: (date, count) => pad(date.getUTCHours() % 12 || 12, count),
  m: (date, count) => pad(date.getUTCMinutes(), count),
  s: (date, count) => pad(date.getUTCSeconds(), count),
  S: (date, count) => pad(date.getUTCMilliseconds(), 3).padEnd(count, "0").slice(0, count),
  a: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  X: (_, count, offset) => formatOffset(offset, count),
  x: (_, count, offset) => (offset === 0 ? (["+00", "+0000", "+00:00"][count - 1] ?? "") : formatOffset(offset, count)),
  Z: (_, __, offset) => (offset === 0 ? "+0000" : formatOffset(offset, 2)),
};

/** Maximum number of a letter. */
const MAX_COUNTS: Readonly<Record<string, number>> = { y: 4, u: 4, Q: 1, M: 4, E: 4, S: 9, a: 1, X: 3, x: 3, Z: 3 };

const parsePattern = (format: string): readonly PatternPart[] | undefined => {
  const pattern = NAMED_PATTERNS[format.replace(/^strict_/, "")] ?? format;
  const parts: PatternPart[] = [];
  for (const [part] of pattern.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    const letter = part.charAt(0);
    if (letter === "'") {
      if (part.length === 1) return undefined;
      parts.push(part === "''" ? "'" : part.slice(1, -1).replaceAll("''", "'"));
    } else if (!/[A-Za-z]/.test(letter)) {
      parts.push(part);
    } else if (Object.hasOwn(LETTERS, letter) && part.length <= (MAX_COUNTS[letter] ?? 2)) {
      parts.push({ letter, count: part.length });
    } else {
      return undefined;
    }
  }
  return parts.length === 0 ? undefined : parts;
};
