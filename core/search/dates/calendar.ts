import type { CalendarUnit } from "../aggregation.ts";
import { createRounding } from "./round-date.ts";
import { firstTimeOfLocal, type TimeZone } from "./time-zone.ts";

export type DateUnit = Exclude<CalendarUnit, "quarter"> | "second" | "millisecond";

const MS_PER_DAY = 86_400_000;
const UNIT_MS: Partial<Record<DateUnit, number>> = { hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 };

/** Adds units to a time, in the calendar of a zone. The day of a month stays within the month. */
export const addUnits = (time: number, count: number, unit: DateUnit, zone: TimeZone): number => {
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return time + count * unitMs;
  const local = new Date(time + zone.offsetAt(time));
  if (unit === "day" || unit === "week") {
    local.setTime(local.getTime() + count * (unit === "week" ? 7 : 1) * MS_PER_DAY);
  } else {
    const day = local.getUTCDate();
    local.setUTCMonth(local.getUTCMonth() + count * (unit === "year" ? 12 : 1), 1);
    const lastDay = new Date(local);
    lastDay.setUTCMonth(local.getUTCMonth() + 1, 0);
    local.setUTCDate(Math.min(day, lastDay.getUTCDate()));
  }
  return Number.isNaN(local.getTime()) ? Number.NaN : firstTimeOfLocal(zone, local.getTime());
};

/** The first millisecond of the unit that a time is in, or the last one. Weeks begin on Monday. */
export const roundToUnit = (time: number, unit: DateUnit, zone: TimeZone, end: boolean): number => {
  if (unit === "millisecond") return time;
  const rounding = createRounding(unit === "second" ? { fixedMs: 1000 } : { calendar: unit }, zone.name, 0);
  const start = rounding.round(time);
  return end ? rounding.next(start) - 1 : start;
};
