import { addUnits, type DateUnit, roundToUnit } from "./calendar.ts";
import { type DateFormat, type DateParts, DEFAULT_FORMAT } from "./date-format.ts";
import { offsetMinutes } from "./detect-date.ts";
import { findTimeZone, firstTimeOfLocal, type TimeZone } from "./time-zone.ts";

const UTC = findTimeZone("UTC") as TimeZone;
const MS_PER_MINUTE = 60_000;
/** The range of JavaScript's dates, in milliseconds from 1970. */
const MAX_TIME = 8_640_000_000_000_000;
/** Maximum length of a date, with its date math. */
const MAX_DATE_UNITS = 200;

export interface DateContext {
  /** What `now` means, in milliseconds since 1970. */
  readonly now: number;
  /** The zone of dates without an offset, and of calendar units. Default: UTC. */
  readonly zone?: TimeZone | undefined;
  /** Default: ISO 8601. */
  readonly format?: DateFormat | undefined;
  /** Whether missing parts and `/d` mean the last millisecond. Default: the first. */
  readonly roundUp?: boolean | undefined;
}

/** Units of date math by their letters. */
const UNITS: ReadonlyMap<string, DateUnit> = new Map([
  ["y", "year"],
  ["M", "month"],
  ["w", "week"],
  ["d", "day"],
  ["h", "hour"],
  ["H", "hour"],
  ["m", "minute"],
  ["s", "second"],
]);
// cspell:ignore Mwdh
const MATH_STEP = /([+-])(\d{0,6})([yMwdhHms])|\/([yMwdhHms])/g;
const MATH = /^(?:[+-]\d{0,6}[yMwdhHms]|\/[yMwdhHms])*$/;

/**
 * Parses a date, `now`, or date math on either: `2024-01-31||+1M/d`, `now-1d/d`. Returns milliseconds since 1970, or
 * `undefined` for other texts.
 * @example
 * parseDate("now-1d/d", { now: Date.now() }); // yesterday at 00:00 UTC
 */
export const parseDate = (
  text: string,
  { now, zone = UTC, format, roundUp = false }: DateContext,
): number | undefined => {
  if (text.length > MAX_DATE_UNITS) return undefined;
  const isNow = /^now(?=[-+/|]|$)/.test(text);
  const bars = text.indexOf("||");
  if (!isNow && bars < 0) return readPlain(text, { zone, format, roundUp });
  const math = isNow ? text.slice("now".length).replace(/^\|\|/, "") : text.slice(bars + 2);
  const start = isNow ? now : readPlain(text.slice(0, bars), { zone, format, roundUp: false });
  const steps = [...math.matchAll(MATH_STEP)];
  if (start === undefined || !MATH.test(math)) return undefined;
  let time = start;
  for (const [, sign, count, unit = "", rounding] of steps)
    time =
      rounding === undefined
        ? addUnits(time, Number(`${sign}${count === "" ? 1 : count}`), UNITS.get(unit) ?? "day", zone)
        : roundToUnit(time, UNITS.get(rounding) ?? "day", zone, roundUp);
  return Math.abs(time) <= MAX_TIME ? time : undefined;
};

const readPlain = (
  text: string,
  { zone, format = DEFAULT_FORMAT, roundUp }: { zone: TimeZone; format: DateFormat | undefined; roundUp: boolean },
): number | undefined => {
  const found = format(text);
  const time = found === undefined || typeof found === "number" ? found : timeOf(found, zone, roundUp);
  return time !== undefined && Math.abs(time) <= MAX_TIME ? time : undefined;
};

const timeOf = (parts: DateParts, zone: TimeZone, roundUp: boolean): number => {
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  const local = date.setUTCHours(parts.hour, parts.minute, parts.second, parts.millisecond);
  const end = roundUp ? roundToUnit(local, parts.precision, UTC, true) : local;
  return parts.offset === undefined ? firstTimeOfLocal(zone, end) : end - offsetMinutes(parts.offset) * MS_PER_MINUTE;
};
