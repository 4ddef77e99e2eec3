import { offsetMinutes } from "./detect-date.ts";

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
const MAX_NAME_UNITS = 64;
const MAX_ZONES = 64;
const MAX_CACHED_DAYS = 20_000;

export interface TimeZone {
  /** The name that Intl and Java know: an IANA name, `UTC` or an offset such as `+01:00`. */
  readonly name: string;
  /** Local time minus UTC at a time, in milliseconds. @param time milliseconds since 1970 */
  offsetAt(time: number): number;
}

const UTC: TimeZone = { name: "UTC", offsetAt: () => 0 };
const zones = new Map<string, TimeZone>();

/** Finds a time zone by its IANA name or its offset, such as `Europe/Rome` or `+01:00`. Returns `undefined` if none. */
export const findTimeZone = (name: string): TimeZone | undefined => {
  if (/^(Z|utc)$/i.test(name)) return UTC;
  if (/^[+-]\d\d(:?\d\d)?$/.test(name)) return createOffsetZone(offsetMinutes(name));
  const known = zones.get(name);
  if (known !== undefined || name.length > MAX_NAME_UNITS) return known;
  const zone = createNamedZone(name);
  if (zone === undefined) return undefined;
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
};

/** Java's limit. */
const MAX_OFFSET_MINUTES = 18 * 60;

const createOffsetZone = (minutes: number): TimeZone | undefined => {
  const size = Math.abs(minutes);
  if (size > MAX_OFFSET_MINUTES) return undefined;
  if (minutes === 0) return UTC;
  const digits = (value: number) => String(value).padStart(2, "0");
  const name = `${minutes < 0 ? "-" : "+"}${digits(Math.trunc(size / 60))}:${digits(size % 60)}`;
  return { name, offsetAt: () => minutes * MS_PER_MINUTE };
};

const createNamedZone = (name: string): TimeZone | undefined => {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    });
  } catch {
    return undefined;
  }
  const readOffset = (time: number): number => {
    const seconds = Math.floor(time / 1000) * 1000;
    const [month = 0, day = 0, year = 0, hour, minute, second] = (format.format(seconds).match(/\d+/g) ?? []).map(
      Number,
    );
    return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
  };
  // The offset of a day, and NaN if it changes on that day. Intl takes some microseconds per call.
  const days = new Map<number, number>();
  return {
    name: format.resolvedOptions().timeZone,
    offsetAt(time) {
      const day = Math.floor(time / MS_PER_DAY);
      let offset = days.get(day);
      if (offset === undefined) {
        const [start, end] = [readOffset(day * MS_PER_DAY), readOffset((day + 1) * MS_PER_DAY)];
        offset = start === end ? start : Number.NaN;
        if (days.size >= MAX_CACHED_DAYS) days.clear();
        days.set(day, offset);
      }
      return Number.isNaN(offset) ? readOffset(time) : offset;
    },
  };
};

/**
 * The times at which clocks of the zone show a local time: none when clocks skip it, two when they are set back over it.
 * @param local milliseconds since 1970 as if the local time was UTC
 */
export const timesOfLocal = (zone: TimeZone, local: number): readonly number[] => {
  const offsets = new Set([zone.offsetAt(local - MS_PER_DAY), zone.offsetAt(local + MS_PER_DAY)]);
  return [...offsets]
    .map((offset) => local - offset)
    .filter((time) => time + zone.offsetAt(time) === local)
    .toSorted((a, b) => a - b);
};

/** The first time at which clocks of the zone show a local time, or a later one where they skip it. */
export const firstTimeOfLocal = (zone: TimeZone, local: number): number =>
  timesOfLocal(zone, local)[0] ?? findSkip(zone, local);

/** The time at which clocks skip a local time. */
export const findSkip = (zone: TimeZone, local: number): number => {
  const after = zone.offsetAt(local + MS_PER_DAY);
  let [before, time] = [local - after, local - zone.offsetAt(local - MS_PER_DAY)];
  while (time - before > 1) {
    const middle = Math.floor((before + time) / 2);
    if (zone.offsetAt(middle) === after) time = middle;
    else before = middle;
  }
  return time;
};
