import type { CalendarUnit, DateInterval } from "../aggregation.ts";
import { findSkip, findTimeZone, firstTimeOfLocal, type TimeZone, timesOfLocal } from "./time-zone.ts";

const MS_PER_DAY = 86_400_000;
const TIME_UNIT_MS: Partial<Record<CalendarUnit, number>> = { minute: 60_000, hour: 3_600_000 };
/** 1970-01-05 is a Monday, on which weeks begin. */
const FIRST_MONDAY = 4 * MS_PER_DAY;

/** JavaScript's dates end at 8.64e15 ms from 1970. The intervals of a time are within them. */
const MAX_TIME = 8.6e15;

/** Whether a number is a time that a date histogram counts. */
export const isTime = (value: number): boolean => Math.abs(value) <= MAX_TIME;

/** The intervals of a date histogram. Times are milliseconds since 1970. */
export interface Rounding {
  /** The start of the interval that contains the time. */
  round(time: number): number;
  /** The start of the interval after the one that starts at `start`. */
  next(start: number): number;
}

/**
 * Divides time into intervals of the local time of a zone, as OpenSearch does: days begin at the first time of their
 * date, and an hour that occurs twice is two intervals.
 * @throws RangeError for an unknown time zone
 */
export const createRounding = (interval: DateInterval, timeZone: string, offsetMs: number): Rounding => {
  const zone = findTimeZone(timeZone);
  if (zone === undefined) throw new RangeError(`Unknown time zone: ${timeZone}`);
  const unitMs = "fixedMs" in interval ? interval.fixedMs : TIME_UNIT_MS[interval.calendar];
  const base =
    unitMs === undefined
      ? roundByDates(zone, (interval as { readonly calendar: CalendarUnit }).calendar)
      : roundByTime(zone, unitMs);
  if (offsetMs === 0) return base;
  return {
    round: (time) => base.round(time - offsetMs) + offsetMs,
    next: (start) => base.next(start - offsetMs) + offsetMs,
  };
};

const roundByDates = (zone: TimeZone, unit: CalendarUnit): Rounding => {
  const toLocal = (time: number) => time + zone.offsetAt(time);
  return {
    round: (time) => firstTimeOfLocal(zone, startOfUnit(toLocal(time), unit)),
    // The first time of a day can be after midnight.
    next: (start) => firstTimeOfLocal(zone, startOfNextUnit(startOfUnit(toLocal(start), unit), unit)),
  };
};

const startOfUnit = (local: number, unit: CalendarUnit): number => {
  if (unit === "day") return floor(local, MS_PER_DAY);
  if (unit === "week") return floor(local - FIRST_MONDAY, 7 * MS_PER_DAY) + FIRST_MONDAY;
  const date = new Date(local);
  const month = date.getUTCMonth();
  return startOfMonth(date.getUTCFullYear(), unit === "year" ? 0 : unit === "quarter" ? month - (month % 3) : month);
};

const startOfNextUnit = (local: number, unit: CalendarUnit): number => {
  if (unit === "day") return local + MS_PER_DAY;
  if (unit === "week") return local + 7 * MS_PER_DAY;
  const date = new Date(local);
  const months = unit === "year" ? 12 : unit === "quarter" ? 3 : 1;
  return startOfMonth(date.getUTCFullYear(), date.getUTCMonth() + months);
};

const startOfMonth = (year: number, month: number): number => new Date(0).setUTCFullYear(year, month, 1);

const roundByTime = (zone: TimeZone, unitMs: number): Rounding => {
  const round = (time: number): number => {
    const local = floor(time + zone.offsetAt(time), unitMs);
    const times = timesOfLocal(zone, local);
    return times.length === 0
      ? Math.min(findSkip(zone, local), time)
      : (times.findLast((one) => one <= time) ?? (times[0] as number));
  };
  return {
    round,
    next: (start) => {
      for (let step = 1; step <= 3; step++) {
        const next = round(start + step * unitMs);
        if (next > start) return next;
      }
      return start + unitMs;
    },
  };
};

const floor = (value: number, step: number): number => Math.floor(value / step) * step;
