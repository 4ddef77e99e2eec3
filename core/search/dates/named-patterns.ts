/** ISO 8601 with milliseconds. */
export const ISO_PATTERN = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

const NAMED_PATTERNS: ReadonlyMap<string, string> = new Map([
  ["basic_date", "yyyyMMdd"],
  ["basic_date_time", "yyyyMMdd'T'HHmmss.SSSX"],
  ["date", "yyyy-MM-dd"],
  ["date_hour", "yyyy-MM-dd'T'HH"],
  ["date_hour_minute", "yyyy-MM-dd'T'HH:mm"],
  ["date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss"],
  ["date_optional_time", ISO_PATTERN],
  ["date_time", ISO_PATTERN],
  ["date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ["hour", "HH"],
  ["hour_minute", "HH:mm"],
  ["hour_minute_second", "HH:mm:ss"],
  ["year", "yyyy"],
  ["year_month", "yyyy-MM"],
  ["year_month_day", "yyyy-MM-dd"],
]);

/** The pattern of one of OpenSearch's names of formats, which can begin with `strict_`; else the text itself. */
export const toPattern = (format: string): string => NAMED_PATTERNS.get(format.replace(/^strict_/, "")) ?? format;
