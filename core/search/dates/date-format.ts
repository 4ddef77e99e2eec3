// cspell:ignore SSSXXX
import type { DateUnit } from "./calendar.ts";

/** The parts of a date that a text states. */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Such as `+01:00` or `Z`; `undefined` if the text has none. */
  readonly offset: string | undefined;
  /** The smallest unit that is stated. */
  readonly precision: DateUnit;
}

/** Parses a text in one format: a time in milliseconds since 1970, or parts. Returns `undefined` for other texts. */
export type DateFormat = (text: string) => number | DateParts | undefined;

const OFFSET = String.raw`Z|[+-]\d\d(?::?\d\d)?`;
const TIME = String.raw`(?<hour>\d\d)(?::(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?)?`;
const DATE_OPTIONAL_TIME = String.raw`(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d)(?:T(?:${TIME}(?<offset>${OFFSET})?)?)?)?)?`;

/** A format from the source of a regular expression with named groups. */
const matchParts = (source: string): DateFormat => {
  const pattern = new RegExp(`^(?:${source})$`);
  return (text) => {
    const groups = pattern.exec(text)?.groups;
    return groups === undefined ? undefined : toParts(groups);
  };
};

const toParts = (groups: Readonly<Record<string, string | undefined>>): DateParts | undefined => {
  const number = (name: string, otherwise: number) => (groups[name] === undefined ? otherwise : Number(groups[name]));
  const parts = {
    year: number("year", 1970),
    month: number("month", 1),
    day: number("day", 1),
    hour: number("hour", 0),
    minute: number("minute", 0),
    second: number("second", 0),
    millisecond: Number((groups.fraction ?? "").slice(0, 3).padEnd(3, "0")),
    offset: groups.offset,
    precision: UNITS.findLast(([name]) => groups[name] !== undefined)?.[1] ?? "year",
  };
  const days = new Date(Date.UTC(2000 + (parts.year % 400), parts.month, 0)).getUTCDate();
  const isValid = parts.month >= 1 && parts.month <= 12 && parts.day >= 1 && parts.day <= days;
  return isValid && parts.hour <= 23 && parts.minute <= 59 && parts.second <= 59 ? parts : undefined;
};

/** From the greatest. */
const UNITS: readonly (readonly [group: string, unit: DateUnit])[] = [
  ["year", "year"],
  ["month", "month"],
  ["day", "day"],
  ["hour", "hour"],
  ["minute", "minute"],
  ["second", "second"],
  ["fraction", "millisecond"],
];

const epoch =
  (factor: number): DateFormat =>
  (text) =>
    /^-?\d{1,16}(\.\d{1,9})?$/.test(text) ? Math.floor(Number(text) * factor) : undefined;

const DATE_FORMATS: ReadonlyMap<string, DateFormat> = new Map([
  ["strict_date_optional_time", matchParts(DATE_OPTIONAL_TIME)],
  ["date_optional_time", matchParts(DATE_OPTIONAL_TIME)],
  ["strict_date_optional_time_nanos", matchParts(DATE_OPTIONAL_TIME)],
  ["iso8601", matchParts(DATE_OPTIONAL_TIME)],
  ["epoch_millis", epoch(1)],
  ["epoch_second", epoch(1000)],
]);

/** Named formats that are patterns. */
const NAMED_PATTERNS: ReadonlyMap<string, string> = new Map([
  ["basic_date", "yyyyMMdd"],
  ["date", "yyyy-MM-dd"],
  ["date_hour", "yyyy-MM-dd'T'HH"],
  ["date_hour_minute", "yyyy-MM-dd'T'HH:mm"],
  ["date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss"],
  ["date_time", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
  ["date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ["year", "yyyy"],
  ["year_month", "yyyy-MM"],
  ["year_month_day", "yyyy-MM-dd"],
]);

const SLASHES = String.raw`(?<year>\d{4})/(?<month>\d\d)/(?<day>\d\d)(?: (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d))?`;

/** Tries formats one after another. */
const firstOf =
  (formats: readonly DateFormat[]): DateFormat =>
  (text) => {
    for (const format of formats) {
      const found = format(text);
      if (found !== undefined) return found;
    }
    return undefined;
  };

/** The format of dates without one: what OpenSearch detects, and a year alone. */
export const DEFAULT_FORMAT: DateFormat = firstOf([matchParts(DATE_OPTIONAL_TIME), matchParts(SLASHES)]);

const MAX_FORMAT_UNITS = 128;

/** Parses `format`: names and patterns, separated by `||`. Returns `undefined` if one is unknown. */
export const parseDateFormat = (text: string): DateFormat | undefined => {
  if (text.length > MAX_FORMAT_UNITS) return undefined;
  const formats = text.split("||").map(parseOneFormat);
  return formats.includes(undefined) ? undefined : firstOf(formats.filter((format) => format !== undefined));
};

const parseOneFormat = (text: string): DateFormat | undefined => {
  const name = text.replace(/^strict_(?=date$|date_hour|date_time|year)/, "");
  return DATE_FORMATS.get(text) ?? parsePattern(NAMED_PATTERNS.get(name) ?? text);
};

/** Letters of a pattern. A single letter stands for one or two digits. */
const TOKENS: ReadonlyMap<string, string> = new Map([
  ["yyyy", String.raw`(?<year>\d{4})`],
  ["uuuu", String.raw`(?<year>\d{4})`],
  ["MM", String.raw`(?<month>\d\d)`],
  ["M", String.raw`(?<month>\d\d?)`],
  ["dd", String.raw`(?<day>\d\d)`],
  ["d", String.raw`(?<day>\d\d?)`],
  ["HH", String.raw`(?<hour>\d\d)`],
  ["H", String.raw`(?<hour>\d\d?)`],
  ["mm", String.raw`(?<minute>\d\d)`],
  ["m", String.raw`(?<minute>\d\d?)`],
  ["ss", String.raw`(?<second>\d\d)`],
  ["s", String.raw`(?<second>\d\d?)`],
  ["X", `(?<offset>${OFFSET})`],
  ["XX", `(?<offset>${OFFSET})`],
  ["XXX", `(?<offset>${OFFSET})`],
  ["Z", `(?<offset>${OFFSET})`],
  ["ZZ", `(?<offset>${OFFSET})`],
]);

/** A pattern such as `dd/MM/yyyy HH:mm`, or `undefined` if it has an unknown letter or one part twice. */
const parsePattern = (pattern: string): DateFormat | undefined => {
  let isKnown = pattern !== "";
  const seen = new Set<string>();
  const source = pattern.replace(/'([^']*)'|(([A-Za-z])\3*)|([^A-Za-z']+)|'/g, (_, quoted, token, __, text) => {
    if (token === undefined) return escapeText(quoted ?? text ?? "");
    const part = /^S{1,9}$/.test(token) ? `(?<fraction>\\d{${token.length}})` : TOKENS.get(token);
    if (part === undefined || seen.has(part.slice(0, 6))) isKnown = false;
    seen.add((part ?? "").slice(0, 6));
    return part ?? "";
  });
  return isKnown ? matchParts(source) : undefined;
};

const escapeText = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
