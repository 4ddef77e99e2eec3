/** The times that a cron expression of five fields names, in UTC: the values of each field, in order. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** The fields of days that are `*`: the other one alone decides. Where neither is, either is enough (POSIX). */
  readonly open: readonly ("days" | "weekdays")[];
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
  // 7 is Sunday too.
  { name: "weekdays", from: 0, to: 7, words: WEEKDAYS },
];

/** Days that a month can have. */
const LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads minute, hour, day of the month, month and day of the week (lists, ranges, steps, names); `undefined` when it names no time that comes. */
export const readCron = (text: string): Cron | undefined => {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return undefined;
  const read = FIELDS.map((field, place) => [field.name, readField(field, parts[place] ?? "")] as const);
  if (read.some(([, values]) => values === undefined)) return undefined;
  const cron = Object.fromEntries(read) as unknown as Omit<Cron, "open">;
  const weekdays = [...new Set(cron.weekdays.map((day) => day % 7))].sort((a, b) => a - b);
  const open = (["days", "weekdays"] as const).filter(
    (name) => parts[FIELDS.findIndex((field) => field.name === name)] === "*",
  );
  const comes =
    !open.includes("weekdays") ||
    cron.months.some((month) => (cron.days[0] as number) <= (LENGTHS[month - 1] as number));
  return comes ? { ...cron, weekdays, open } : undefined;
};

const readField = (field: Field, text: string): number[] | undefined => {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last, every] = /^(\*|\w{1,3})(?:-(\w{1,3}))?(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (first === undefined || (first === "*" && last !== undefined)) return undefined;
    const from = first === "*" ? field.from : readValue(field, first);
    // A step goes on to the end, also from a single value.
    const to =
      last !== undefined ? readValue(field, last) : first === "*" || every !== undefined ? lastOf(field) : from;
    const step = every === undefined ? 1 : Number(every);
    if (from === undefined || to === undefined || from > to || step < 1) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
};

/** Sunday stands at the beginning of `*`. */
const lastOf = ({ name, to }: Field): number => (name === "weekdays" ? to - 1 : to);

const readValue = ({ from, to, words = [] }: Field, text: string): number | undefined => {
  const word = words.indexOf(text.toUpperCase());
  const value = word === -1 ? (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN) : word + from;
  return value >= from && value <= to ? value : undefined;
};

/** Whether a time, in epoch ms, lies in a minute that is meant. */
export const isDue = (cron: Cron, time: number): boolean => {
  const at = new Date(time);
  if (
    !cron.minutes.includes(at.getUTCMinutes()) ||
    !cron.hours.includes(at.getUTCHours()) ||
    !cron.months.includes(at.getUTCMonth() + 1)
  )
    return false;
  const [day, weekday] = [cron.days.includes(at.getUTCDate()), cron.weekdays.includes(at.getUTCDay())];
  return cron.open.length > 0 ? day && weekday : day || weekday;
};

const MINUTE = 60_000;

/** The times that come after one and until another, that one too, the latest `most` of them; epoch ms, earliest first. */
export const dueBetween = (cron: Cron, after: number, until: number, most: number): number[] => {
  const found: number[] = [];
  for (let time = Math.floor(until / MINUTE) * MINUTE; time > after && found.length < most; time -= MINUTE)
    if (isDue(cron, time)) found.unshift(time);
  return found;
};
