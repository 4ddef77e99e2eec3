const COUNTS = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const TIMES = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "medium" });

/** `12,345` */
export const formatCount = (count: number): string => COUNTS.format(count);

/** `1 record`, `12,345 records` */
export const formatAmount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${COUNTS.format(count)} ${count === 1 ? noun : plural}`;

/** `8.4 ms`, `1.25 s`, `3 min` */
export const formatDuration = (ms: number): string => {
  if (ms < 1000) return `${SHORT.format(ms)} ms`;
  if (ms < 60_000) return `${SHORT.format(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${SHORT.format(ms / 3_600_000)} h`;
};

/** `820 B`, `12.3 kB`, `4.5 MB` */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${SHORT.format(bytes / 1000)} kB`;
  return `${SHORT.format(bytes / 1_000_000)} MB`;
};

/** The date and time in the user's zone. @param time epoch ms */
export const formatTime = (time: number): string => TIMES.format(time);

const UNITS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
] as const;
const RELATIVE = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

/** `3 minutes ago` @param time epoch ms */
export const formatRelativeTime = (time: number, now: number): string => {
  let amount = (time - now) / 1000;
  if (Math.abs(amount) < 5) return "just now";
  for (const [unit, size] of UNITS) {
    if (Math.abs(amount) < size) return RELATIVE.format(Math.round(amount), unit);
    amount /= size;
  }
  return formatTime(time);
};
