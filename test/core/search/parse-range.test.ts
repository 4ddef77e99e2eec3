import { describe, expect, it } from "@jest/globals";
import type { Clause } from "../../../core/search/clause.ts";
import { addUnits, roundToUnit } from "../../../core/search/dates/calendar.ts";
import { parseDateFormat } from "../../../core/search/dates/date-format.ts";
import { parseDate } from "../../../core/search/dates/parse-date.ts";
import { findTimeZone, type TimeZone } from "../../../core/search/dates/time-zone.ts";
import { decodeDate, decodeValue, encodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { issueOf, parseQuery } from "./parsed.ts";

const FIVE = encodeValue(5);
const zone = (name: string) => findTimeZone(name) as TimeZone;
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

/** The ranges of a clause, as `[from, to)`, by kind. */
const rangesOf = (clause: Clause): readonly string[] => {
  if (clause.is === "best") return clause.of.flatMap(rangesOf);
  if (clause.is === "bool") return clause.must.flatMap(rangesOf).map((range) => `${range} without dates`);
  if (clause.is !== "between") throw new Error(`Not a range: ${clause.is}`);
  const show = (value: string | undefined) =>
    value === undefined ? "" : value.startsWith("d") ? iso(decodeDate(value)) : decodeValue(value);
  const { from, to } = clause;
  const kind = (from ?? to)?.value.charAt(0);
  return [`${kind} ${from?.inclusive ? "[" : "("}${show(from?.value)}, ${show(to?.value)}${to?.inclusive ? "]" : ")"}`];
};
const ranges = (spec: Json) => rangesOf(parseQuery({ range: { a: spec } }));

describe("parseSearch › range", () => {
  it("has one clause for numbers", () => {
    expect(parseQuery({ range: { a: { gte: 5, lt: 6 } } })).toEqual({
      is: "between",
      path: "a",
      from: { value: FIVE, inclusive: true },
      to: { value: encodeValue(6), inclusive: false },
    });
    expect(parseQuery({ range: { a: { gt: 5, boost: 2 } } })).toMatchObject({ is: "boost", factor: 2 });
  });

  it.each<[spec: Json, expected: readonly string[]]>([
    [{ gte: 5 }, ["n [5, )"]],
    [{ gt: 5, lte: 6 }, ["n (5, 6]"]],
    [{ gte: "5" }, ["n [5, )", "s [5, )"]],
    [{ gte: "apple", lt: "pear" }, ["s [apple, pear)"]],
    // A day is all of its milliseconds.
    [
      { gte: "2024-01-31", lte: "2024-01-31" },
      ["d [2024-01-31T00:00:00.000Z, 2024-01-31T23:59:59.999Z]", "n [1706659200000, 1706745599999]"],
    ],
    [{ gt: "2020-01" }, ["d (2020-01-31T23:59:59.999Z, )", "n (1580515199999, )"]],
    [{ lt: "2020-01" }, ["d (, 2020-01-01T00:00:00.000Z)", "n [10000000000, 1577836800000)"]],
    [{ lt: "1960-01-01T12:00:00+02:00" }, ["d (, 1960-01-01T10:00:00.000Z)"]],
    [{ gte: "2024/01/31" }, ["d [2024-01-31T00:00:00.000Z, )", "n [1706659200000, )"]],
    // A year can be a number, a text and a date.
    [{ gte: "2024" }, ["n [2024, )", "d [2024-01-01T00:00:00.000Z, )", "s [2024, ) without dates"]],
    [{ gte: 1706659200000 }, ["n [1706659200000, )", "d [2024-01-31T00:00:00.000Z, )"]],
    [{ gte: "31/01/2024", format: "dd/MM/yyyy" }, ["d [2024-01-31T00:00:00.000Z, )", "n [1706659200000, )"]],
    [{ gte: 1706659200, format: "epoch_second" }, ["d [2024-01-31T00:00:00.000Z, )"]],
    [{ gte: "2024-01-31", time_zone: "+01:00" }, ["d [2024-01-30T23:00:00.000Z, )", "n [1706655600000, )"]],
    [
      { lte: "2024-07-01", time_zone: "Europe/Berlin" },
      ["d (, 2024-07-01T21:59:59.999Z]", "n [10000000000, 1719871199999]"],
    ],
    // An offset of its own counts.
    [{ gte: "2024-01-31T00:00:00Z", time_zone: "+01:00" }, ["d [2024-01-31T00:00:00.000Z, )", "n [1706659200000, )"]],
    [{ gte: "2024-01-31||+1M/d" }, ["d [2024-02-29T00:00:00.000Z, )", "n [1709164800000, )"]],
  ])("parses %j", (spec, expected) => {
    expect(ranges(spec)).toEqual(expected);
  });

  it("compares dates with the time of the search", () => {
    const now = Date.now();
    const [range] = ranges({ gte: "now-1h" });
    const time = Date.parse(/\[(.*),/.exec(range ?? "")?.[1] ?? "");

    expect(Math.abs(time - (now - 3_600_000))).toBeLessThan(5000);
  });

  it.each<[spec: Json, issue: string]>([
    [{}, "query.range.a: must have gt, gte, lt or lte"],
    [{ lt: 1, lte: 1 }, "query.range.a: must have only one of lt and lte"],
    [{ gt: 1, gte: 1 }, "query.range.a: must have only one of gt and gte"],
    [{ gte: null }, "query.range.a.gte: must be a number or a string"],
    [{ gte: 1, lt: "z" }, "query.range.a: must have bounds of one type"],
    [
      { gte: "x", format: "yyyy" },
      "query.range.a.gte: is not a date in the format of the range. Change it, or state its format",
    ],
    [
      { gte: "2024", format: "yyyy-qq" },
      "query.range.a.format: must be a pattern such as yyyy-MM-dd, or a name such as epoch_millis. Separate several by ||",
    ],
    [
      { gte: "2024-01-31", time_zone: "Mars" },
      "query.range.a.time_zone: must be a time zone such as Europe/Rome or +01:00",
    ],
    [
      { gte: 1, relation: "within" },
      "query.range.a.relation: is for ranges within records, which are not supported. Leave it out",
    ],
  ])("refuses %j", (spec, issue) => {
    expect(issueOf({ query: { range: { a: spec } } })).toBe(issue);
  });
});

describe("parseDate", () => {
  const now = Date.parse("2024-03-31T10:30:15.250Z");

  it.each<[text: string, roundUp: boolean, expected: string | undefined]>([
    ["now", false, "2024-03-31T10:30:15.250Z"],
    ["now/d", false, "2024-03-31T00:00:00.000Z"],
    ["now/d", true, "2024-03-31T23:59:59.999Z"],
    ["now-1M", false, "2024-02-29T10:30:15.250Z"],
    ["now+1y-2d/M", false, "2025-03-01T00:00:00.000Z"],
    ["now/w", false, "2024-03-25T00:00:00.000Z"],
    ["now-w", false, "2024-03-24T10:30:15.250Z"],
    ["now+90m", false, "2024-03-31T12:00:15.250Z"],
    ["now/s", true, "2024-03-31T10:30:15.999Z"],
    ["2024-01-31T12||/y", true, "2024-12-31T23:59:59.999Z"],
    ["2024-01", true, "2024-01-31T23:59:59.999Z"],
    ["2024-01-31T12:30", true, "2024-01-31T12:30:59.999Z"],
    ["2024-01-31T12:30:00.5", true, "2024-01-31T12:30:00.500Z"],
    ["nowhere", false, undefined],
    ["now+1q", false, undefined],
    ["now+1000000d", false, undefined],
    ["2024-13", false, undefined],
    ["2024-02-30", false, undefined],
    [`now${"+1d".repeat(17)}`, false, "2024-04-17T10:30:15.250Z"],
    ["now+999999y", false, undefined],
  ])("parses %s, rounded up: %s", (text, roundUp, expected) => {
    expect(iso(parseDate(text, { now, roundUp }))).toBe(expected);
  });

  it("adds and rounds in the calendar of a time zone", () => {
    const berlin = zone("Europe/Berlin");

    expect(iso(parseDate("now/d", { now, zone: berlin }))).toBe("2024-03-30T23:00:00.000Z");
    expect(iso(parseDate("now-1d", { now, zone: berlin }))).toBe("2024-03-30T11:30:15.250Z");
    expect(iso(roundToUnit(now, "month", berlin, true))).toBe("2024-03-31T21:59:59.999Z");
    expect(iso(addUnits(now, 1, "month", zone("UTC")))).toBe("2024-04-30T10:30:15.250Z");
  });

  it.each<[format: string, text: string, expected: string | undefined]>([
    ["dd.MM.yyyy HH:mm", "31.01.2024 12:30", "2024-01-31T12:30:00.000Z"],
    ["d/M/yyyy", "1/2/2024", "2024-02-01T00:00:00.000Z"],
    ["yyyyMMdd'T'HHmmssXXX", "20240131T120000+02:00", "2024-01-31T10:00:00.000Z"],
    ["basic_date", "20240131", "2024-01-31T00:00:00.000Z"],
    ["strict_date_hour_minute", "2024-01-31T12:30", "2024-01-31T12:30:00.000Z"],
    ["yyyy-MM-dd HH:mm:ss.SSS", "2024-01-31 12:30:00.125", "2024-01-31T12:30:00.125Z"],
    ["epoch_second||dd/MM/yyyy", "1706659200", "2024-01-31T00:00:00.000Z"],
    ["epoch_second||dd/MM/yyyy", "31/01/2024", "2024-01-31T00:00:00.000Z"],
    ["yyyy", "2024-01", undefined],
  ])("parses the format %s", (format, text, expected) => {
    expect(iso(parseDate(text, { now, format: parseDateFormat(format) }))).toBe(expected);
  });

  it.each(["", "yyyy-yyyy", "qq", "'open", "a".repeat(129)])("refuses the format %j", (format) => {
    expect(parseDateFormat(format)).toBeUndefined();
  });
});

describe("parseSearch › geo_distance and geo_bounding_box", () => {
  const center = { lat: 52.5, lon: 13.4 };
  const circle = (meters: number): Clause => ({ is: "geo", path: "a", within: { shape: "circle", center, meters } });

  it.each<[distance: Json, meters: number]>([
    ["12km", 12_000],
    ["1.5 km", 1500],
    ["2mi", 3218.688],
    ["3nmi", 5556],
    [100, 100],
    ["100", 100],
    ["100000km", 20_040_000],
  ])("parses the distance %j", (distance, meters) => {
    expect(parseQuery({ geo_distance: { distance, a: center } })).toEqual(circle(meters));
  });

  it.each<[what: Json]>([[center], ["52.5,13.4"], [[13.4, 52.5]]])("parses the point %j", (point) => {
    expect(parseQuery({ geo_distance: { distance: "1m", a: point, distance_type: "plane" } })).toEqual(circle(1));
  });

  const box: Clause = { is: "geo", path: "a", within: { shape: "box", top: 2, left: 3, bottom: 1, right: 4 } };
  it.each<[spec: Json]>([
    [{ top_left: "2,3", bottom_right: "1,4" }],
    [{ top_right: { lat: 2, lon: 4 }, bottom_left: [3, 1] }],
    [{ top: 2, left: 3, bottom: 1, right: 4 }],
  ])("parses the box %j", (spec) => {
    expect(parseQuery({ geo_bounding_box: { a: spec, validation_method: "STRICT" } })).toEqual(box);
  });

  it.each<[query: Json, issue: string | RegExp]>([
    [{ geo_distance: { a: center } }, /^query\.geo_distance\.distance: must be a distance such as "12km"/],
    [{ geo_distance: { distance: "5 parsecs", a: center } }, /^query\.geo_distance\.distance: must be a distance/],
    [{ geo_distance: { distance: "5m", a: { lat: 91, lon: 0 } } }, /^query\.geo_distance\.a: must be a point/],
    [{ geo_distance: { distance: "5m", a: center, b: center } }, /must have exactly one key: the name of a field$/],
    [{ geo_bounding_box: { a: { top: 2 } } }, /must have top_left and bottom_right, or top, left, bottom and right$/],
    [{ geo_bounding_box: { a: { top: 1, left: 3, bottom: 2, right: 4 } } }, /must have its top above its bottom$/],
  ])("refuses %j", (query, issue) => {
    expect(issueOf({ query })).toMatch(issue);
  });
});
