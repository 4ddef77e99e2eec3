import { Problem } from "../app/problem.ts";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time as operators give it, as epoch ms: `2030-01-31`, `2030-01-31T12:00:00Z`, epoch ms such as a `last_modified`, or how long ago: `90s`, `10m`, `2h`, `7d`. */
export const readTime = (flag: string, text: string, now = Date.now()): number => {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * UNITS[unit as keyof typeof UNITS];
  const time = /^\d{11,15}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new Problem([`${flag} takes a time such as 2030-01-31T12:00:00Z, a last_modified, or how long ago: 10m, 2h, 7d; not '${text}'.`]);
};

/** A count as operators give it. */
export const readCount = (flag: string, text: string | undefined, least = 1): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text) && Number(text) >= least) return Number(text);
  throw new Problem([`${flag} takes a number from ${least} on, not '${text}'.`]);
};
