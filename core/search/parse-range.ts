import type { Json, JsonObject } from "../../lib/json.ts";
import { anyOf, type Bound, boolClause, boosted, type Clause } from "./clause.ts";
import { type DateFormat, parseDateFormat } from "./dates/date-format.ts";
import { type DateContext, parseDate } from "./dates/parse-date.ts";
import { findTimeZone } from "./dates/time-zone.ts";
import { resolveField } from "./fields.ts";
import type { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoost,
  readField,
  readObject,
  readSingleEntry,
  readString,
  searchIssue,
} from "./read-body.ts";
import { encodeDate, encodeValue, parseNumber } from "./values.ts";
import type { ClauseSite } from "./word-clauses.ts";

type Limit = string | number | bigint;
type Side = "gt" | "gte" | "lt" | "lte";
const SIDES = ["gt", "gte", "lt", "lte"] as const;

/** Bounds from below and above, which are inclusive or not. */
export type Limits = ReadonlyMap<Side, Limit>;

/** Numbers from here on are also times in milliseconds since 1970, and dates are also compared with such numbers. */
const MIN_EPOCH_MS = 10 ** 10;

/**
 * `{"range": {"year": {"gte": 1970, "lt": 1980}}}`: numbers, dates, or whole strings by their characters.
 */
export const parseRange = (value: Json, path: string, context: QueryContext): Clause => {
  const [field, spec, at] = readSingleEntry(value, path, "the name of a field");
  const options = readObject(spec, at, [...SIDES, "format", "time_zone", "relation", "boost"]);
  readField(field, field === "" ? path : at);
  if (getOwn(options, "relation") !== undefined)
    throw searchIssue(joinPath(at, "relation"), "is for ranges within records, which are not supported. Leave it out");
  const limits: Limits = new Map(
    SIDES.filter((side) => Object.hasOwn(options, side)).map((side) => [
      side,
      readLimit(getOwn(options, side), joinPath(at, side)),
    ]),
  );
  if (limits.size === 0) throw searchIssue(at, "must have gt, gte, lt or lte");
  if (limits.has("gt") && limits.has("gte")) throw searchIssue(at, "must have only one of gt and gte");
  if (limits.has("lt") && limits.has("lte")) throw searchIssue(at, "must have only one of lt and lte");
  return boosted(rangeClause(field, limits, readDates(options, at), { context, at }), readBoost(options, at));
};

const readLimit = (value: Json | undefined, path: string): Limit => {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
    throw searchIssue(path, "must be a number or a string");
  return value;
};

/** How the bounds of a range are read as dates. */
export interface DateOptions extends Pick<DateContext, "zone" | "format"> {
  /** Whether the range has options for dates, so that its bounds must be dates. */
  readonly isRequired: boolean;
}

const readDates = (options: JsonObject, path: string): DateOptions => {
  const [format, zone] = [getOwn(options, "format"), getOwn(options, "time_zone")];
  return {
    isRequired: format !== undefined || zone !== undefined,
    format: format === undefined ? undefined : readFormat(format, joinPath(path, "format")),
    zone: zone === undefined ? undefined : readZone(zone, joinPath(path, "time_zone")),
  };
};

const readFormat = (value: Json, path: string): DateFormat => {
  const format = parseDateFormat(readString(value, path));
  if (format === undefined)
    throw searchIssue(
      path,
      "must be a pattern such as yyyy-MM-dd, or a name such as epoch_millis. Separate several by ||",
    );
  return format;
};

export const readZone = (value: Json, path: string) => {
  const zone = findTimeZone(readString(value, path));
  if (zone === undefined) throw searchIssue(path, "must be a time zone such as Europe/Rome or +01:00");
  return zone;
};

/** Finds values between limits: of each kind that all limits can have. */
export const rangeClause = (field: string, limits: Limits, dates: DateOptions, { context, at }: ClauseSite): Clause => {
  const ranges = [
    ...(dates.isRequired ? [] : [numberRange(limits)]),
    ...dateRanges(limits, dates, context.now, at),
    ...(dates.isRequired ? [] : [stringRange(limits)]),
  ].filter((range) => range !== undefined);
  if (ranges.length === 0) throw searchIssue(at, "must have bounds of one type");
  return anyOf(
    ranges.flatMap((range) =>
      resolveField(field).map(({ path }): Clause => {
        const between = context.charge({ is: "between", path, ...range.bounds }, at);
        if (range.unless === undefined) return between;
        return boolClause({ must: [between], mustNot: [context.charge({ is: "between", path, ...range.unless }, at)] });
      }),
    ),
  );
};

interface Bounds {
  readonly from?: Bound;
  readonly to?: Bound;
}
interface Range {
  readonly bounds: Bounds;
  /** Records with such a value do not match. */
  readonly unless?: Bounds;
}

/** Encodes each limit. Returns `undefined` if one can't be. */
const encodeLimits = (limits: Limits, encode: (limit: Limit, side: Side) => string | undefined): Bounds | undefined => {
  const bounds: { from?: Bound; to?: Bound } = {};
  for (const [side, limit] of limits) {
    const value = encode(limit, side);
    if (value === undefined) return undefined;
    bounds[side.startsWith("g") ? "from" : "to"] = { value, inclusive: side.endsWith("e") };
  }
  return bounds;
};

const numberRange = (limits: Limits): Range | undefined => {
  const bounds = encodeLimits(limits, (limit) => {
    const number = typeof limit === "string" ? parseNumber(limit) : limit;
    return number === undefined ? undefined : encodeValue(number);
  });
  return bounds && { bounds };
};

/** Strings are compared by their characters, unless the limits are dates, or a field has dates. */
const stringRange = (limits: Limits): Range | undefined => {
  const texts = [...limits.values()];
  if (texts.some((text) => typeof text !== "string" || isDate(text))) return undefined;
  const bounds = encodeLimits(limits, (limit) => encodeValue(limit));
  if (bounds === undefined) return undefined;
  return texts.every(isYear) ? { bounds, unless: ALL_DATES } : { bounds };
};

const isYear = (limit: Limit): boolean => typeof limit === "string" && /^\d{4}$/.test(limit);
/** Whether a text is a date or date math. A year alone may also be a number or a plain text. */
const isDate = (text: string): boolean => !isYear(text) && parseDate(text, { now: 0 }) !== undefined;

const MAX_TIME = 8_640_000_000_000_000;
const ALL_DATES: Bounds = {
  from: { value: encodeDate(-MAX_TIME), inclusive: true },
  to: { value: encodeDate(MAX_TIME), inclusive: true },
};

const dateRanges = (limits: Limits, dates: DateOptions, now: number, at: string): readonly Range[] => {
  const times = new Map<Side, number>();
  for (const [side, limit] of limits) {
    const time = readTime(limit, side, dates, now);
    if (time === undefined && dates.isRequired)
      throw searchIssue(joinPath(at, side), "is not a date in the format of the range. Change it, or state its format");
    if (time === undefined) return [];
    times.set(side, time);
  }
  const found: Range[] = [];
  const bounds = encodeLimits(limits, (_, side) => encodeDate(times.get(side) ?? 0));
  if (bounds !== undefined) found.push({ bounds });
  if ([...limits.values()].some((limit) => typeof limit === "string" && !isYear(limit))) {
    const range = epochRange(times);
    if (range !== undefined) found.push(range);
  }
  return found;
};

/** Dates are also compared with numbers that are times, such as `last_modified`. */
const epochRange = (times: ReadonlyMap<Side, number>): Range | undefined => {
  if ([...times.values()].some((time) => time < MIN_EPOCH_MS)) return undefined;
  const bounds = encodeLimits(times, (time) => encodeValue(time));
  if (bounds === undefined) return undefined;
  return { bounds: { from: { value: encodeValue(MIN_EPOCH_MS), inclusive: true }, ...bounds } };
};

/** `gt` and `lte` of a day mean its last millisecond, the others its first. */
const readTime = (limit: Limit, side: Side, { isRequired, zone, format }: DateOptions, now: number) => {
  if (typeof limit === "string")
    return parseDate(limit, { now, zone, format, roundUp: side === "gt" || side === "lte" });
  const time = Number(limit);
  if (format !== undefined) {
    const found = format(String(limit));
    return typeof found === "number" ? found : undefined;
  }
  return isRequired || (time >= MIN_EPOCH_MS && time <= MAX_TIME) ? time : undefined;
};
