import { UserError } from "../config/problem.ts";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A date, and perhaps a time on it; that of UTC unless it says another. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A time that is past as operators give it, as epoch ms: `2030-01-31`, `2030-01-31T12:00:00Z`, epoch ms such as a `last_modified`, or how long ago: `90s`, `10m`, `2h`, `7d`. */
export const readTime = (flag: string, text: string, now = Date.now()): number => {
  const time = timeOf(text, now);
  if (time === undefined)
    throw new UserError([
      `${flag} takes a time such as 2030-01-31T12:00:00Z, a last_modified, or how long ago: 10m, 2h, 7d; not '${text}'.`,
    ]);
  // A list's own time may be ahead.
  if (time > now && !/^\d+$/.test(text))
    throw new UserError([
      `${flag} takes a time that is past: ${text} is ${new Date(time).toISOString()}, and now is ${new Date(now).toISOString()}.`,
    ]);
  return time;
};

const timeOf = (text: string, now: number): number | undefined => {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, now - Number(count) * UNITS[unit as keyof typeof UNITS]);
  if (/^\d{11,15}$/.test(text)) return Number(text);
  const [, date, zone] = DATE.exec(text) ?? [];
  // There is no 30th of February, though it is read as the 2nd of March.
  if (date === undefined || !isDay(date)) return undefined;
  const time = Date.parse(zone === undefined && text.includes("T") ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
};

const isDay = (date: string): boolean => {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
};

/** How many of something, as operators say it. */
export const readCount = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UserError([`${flag} takes a number from 1 on, not '${text}'.`]);
};

/** How many a second, as operators say it. */
export const readRate = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && Number(text) >= SLOWEST) return Number(text);
  throw new UserError([`${flag} takes a number from ${SLOWEST} on, not '${text}'.`]);
};

const SLOWEST = 0.01;
