/**
 * What OpenSearch's date detection takes (`strict_date_optional_time`, `yyyy/MM/dd` and `yyyy/MM/dd HH:mm:ss`), except
 * that a year alone is a number.
 */
const DATE =
  /(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?|\/(\d\d)\/(\d\d)(?: (\d\d):(\d\d):(\d\d))?)$/y;
const MIN_DATE_UNITS = "2024-01".length;
const MAX_DATE_UNITS = "2024-01-31T12:00:00.123456789+01:00".length;

const MS_PER_MINUTE = 60_000;

/**
 * Returns the time of a text that is an ISO 8601 date or time, in milliseconds since 1970; `undefined` for other texts.
 * Without an offset it is UTC.
 * @param start where the date begins in the text
 * @example
 * detectDate("2024-01-31T12:00:00.5+02:00"); // 1706695200500
 */
export const detectDate = (text: string, start = 0): number | undefined => {
  const length = text.length - start;
  if (length < MIN_DATE_UNITS || length > MAX_DATE_UNITS || !isDigit(text, start)) return undefined;
  DATE.lastIndex = start;
  const found = DATE.exec(text);
  if (found === null) return undefined;
  const [, year, m1, d1, h1, min1, s1, fraction = "", offset, m2, d2, h2, min2, s2] = found;
  const month = m1 ?? m2;
  if (month === undefined) return undefined;
  const time = timeOf([year, month, d1 ?? d2, h1 ?? h2, min1 ?? min2, s1 ?? s2], fraction);
  return time === undefined ? undefined : time - offsetMinutes(offset) * MS_PER_MINUTE;
};

const isDigit = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
};

/** Milliseconds since 1970; `undefined` if there is no such day or time, such as February 30. */
const timeOf = (parts: readonly (string | undefined)[], fraction: string): number | undefined => {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    part === undefined ? undefined : Number(part),
  );
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, "0")));
};

/** Minutes of an offset such as `+01:00`, `-0330`, `+01` or `Z`. */
export const offsetMinutes = (offset: string | undefined): number => {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset ?? "") ?? [];
  return sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};
