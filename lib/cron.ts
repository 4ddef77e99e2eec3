/** A parsed cron expression of five fields, in UTC. Each field lists its values in ascending order. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** The day fields that are `*`. Without any, a day matches when either field matches (POSIX). */
  readonly wildcards: readonly ("days" | "weekdays")[];
}

interface Field {
  readonly name: Exclude<keyof Cron, "open">;
  readonly from: number;
  readonly to: number;
  readonly words?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS: readonly Field[] = [
  { name: "minutes", from: 0, to: 59 },
  { name: "hours", from: 0, to: 23 },
  { name: "days", from: 1, to: 31 },
  { name: "months", from: 1, to: 12, words: MONTHS },
  // 7 is also Sunday.
  { name: "weekdays", from: 0, to: 7, words: WEEKDAYS },
];

/** By month, January first. */
const MAX_DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Parses minute, hour, day of month, month and day of week, with lists, ranges, steps and names. Returns `undefined`
 * for invalid expressions and for those that never match a date, such as `0 0 31 2 *`.
 *
 * @example
 * parseCron("0 9 * * MON-FRI");
 */
export const parseCron = (text: string): Cron | undefined => {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return undefined;
  const read = FIELDS.map((field, index) => [field.name, parseField(field, parts[index] ?? "")] as const);
  if (read.some(([, values]) => values === undefined)) return undefined;
  const cron = Object.fromEntries(read) as unknown as Omit<Cron, "open">;
  const weekdays = [...new Set(cron.weekdays.map((day) => day % 7))].sort((a, b) => a - b);
  const open = (["days", "weekdays"] as const).filter(
    (name) => parts[FIELDS.findIndex((field) => field.name === name)] === "*",
  );
  const matchesSomeDate =
    !open.includes("weekdays") ||
    cron.months.some((month) => (cron.days[0] as number) <= (MAX_DAYS_OF_MONTH[month - 1] as number));
  return matchesSomeDate ? { ...cron, weekdays, wildcards: open } : undefined;
};

const parseField = (field: Field, text: string): number[] | undefined => {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last, every] = /^(\*|\w{1,3})(?:-(\w{1,3}))?(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (first === undefined || (first === "*" && last !== undefined)) return undefined;
    const from = first === "*" ? field.from : parseValue(field, first);
    // A step continues to the end of the field, also after a single value.
    const to =
      last !== undefined ? parseValue(field, last) : first === "*" || every !== undefined ? lastValue(field) : from;
    const step = every === undefined ? 1 : Number(every);
    if (from === undefined || to === undefined || from > to || step < 1) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
};

/** In `*`, Sunday is 0 and not also 7. */
const lastValue = ({ name, to }: Field): number => (name === "weekdays" ? to - 1 : to);

const parseValue = ({ from, to, words = [] }: Field, text: string): number | undefined => {
  const word = words.indexOf(text.toUpperCase());
  const value = word === -1 ? (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN) : word + from;
  return value >= from && value <= to ? value : undefined;
};

/** Returns whether the minute of a time matches. @param time Epoch ms. */
export const isDue = (cron: Cron, time: number): boolean => {
  const at = new Date(time);
  if (
    !cron.minutes.includes(at.getUTCMinutes()) ||
    !cron.hours.includes(at.getUTCHours()) ||
    !cron.months.includes(at.getUTCMonth() + 1)
  )
    return false;
  const [day, weekday] = [cron.days.includes(at.getUTCDate()), cron.weekdays.includes(at.getUTCDay())];
  return cron.wildcards.length > 0 ? day && weekday : day || weekday;
};

const MINUTE_MS = 60_000;

/**
 * Lists the due times after `after` and up to `until`, in epoch ms, earliest first.
 *
 * @param limit Maximum number of times. Earlier ones are left out.
 */
export const listDueTimes = (cron: Cron, after: number, until: number, limit: number): number[] => {
  const found: number[] = [];
  for (let time = Math.floor(until / MINUTE_MS) * MINUTE_MS; time > after && found.length < limit; time -= MINUTE_MS)
    if (isDue(cron, time)) found.unshift(time);
  return found;
};
