import { describe, expect, it } from "@jest/globals";
import type { DateInterval } from "../../../core/search/aggregation.ts";
import { formatDate, isDateFormat } from "../../../core/search/dates/format-date.ts";
import { createRounding } from "../../../core/search/dates/round-date.ts";
import { findTimeZone } from "../../../core/search/dates/time-zone.ts";

const show = (time: number, timeZone: string) => formatDate(time, { format: undefined, timeZone });

describe("createRounding", () => {
  it.each<[interval: DateInterval, zone: string, time: string, start: string, next: string]>([
    [{ calendar: "day" }, "UTC", "2024-02-29T23:59:59.999Z", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"],
    [{ calendar: "month" }, "UTC", "1969-12-31T23:00:00Z", "1969-12-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"],
    [{ calendar: "quarter" }, "UTC", "2024-06-30T00:00:00Z", "2024-04-01T00:00:00.000Z", "2024-07-01T00:00:00.000Z"],
    [{ calendar: "week" }, "UTC", "2024-05-05T12:00:00Z", "2024-04-29T00:00:00.000Z", "2024-05-06T00:00:00.000Z"],
    [
      { calendar: "year" },
      "+05:30",
      "2023-12-31T20:00:00Z",
      "2024-01-01T00:00:00.000+05:30",
      "2025-01-01T00:00:00.000+05:30",
    ],
    // Clocks skip midnight.
    [
      { calendar: "day" },
      "America/Sao_Paulo",
      "2018-11-04T12:00:00Z",
      "2018-11-04T01:00:00.000-02:00",
      "2018-11-05T00:00:00.000-02:00",
    ],
    // Clocks are set back: the hour occurs twice.
    [
      { calendar: "hour" },
      "Europe/Rome",
      "2024-10-27T00:30:00Z",
      "2024-10-27T02:00:00.000+02:00",
      "2024-10-27T02:00:00.000+01:00",
    ],
    [
      { calendar: "hour" },
      "Europe/Rome",
      "2024-03-31T00:30:00Z",
      "2024-03-31T01:00:00.000+01:00",
      "2024-03-31T03:00:00.000+02:00",
    ],
    [
      { fixedMs: 7_200_000 },
      "-08:00",
      "2024-01-01T09:30:00Z",
      "2024-01-01T00:00:00.000-08:00",
      "2024-01-01T02:00:00.000-08:00",
    ],
  ])("%j in %s rounds %s to %s, before %s", (interval, zone, time, start, next) => {
    const rounding = createRounding(interval, zone, 0);

    const rounded = rounding.round(Date.parse(time));

    expect([show(rounded, zone), show(rounding.next(rounded), zone)]).toEqual([start, next]);
    expect(rounding.round(rounded)).toBe(rounded);
  });

  it("moves intervals by an offset", () => {
    const { round, next } = createRounding({ calendar: "day" }, "UTC", 6 * 3_600_000);

    expect(show(round(Date.parse("2024-01-02T05:00:00Z")), "UTC")).toBe("2024-01-01T06:00:00.000Z");
    expect(show(next(Date.parse("2024-01-01T06:00:00Z")), "UTC")).toBe("2024-01-02T06:00:00.000Z");
  });
});

describe("formatDate", () => {
  const time = Date.parse("2024-05-06T15:04:05.678Z");

  it.each([
    ["yyyy-MM-dd", "UTC", "2024-05-06"],
    ["E, d MMM yy", "UTC", "Mon, 6 May 24"],
    ["EEEE dd MMMM", "UTC", "Monday 06 May"],
    ["h:mm a", "UTC", "3:04 PM"],
    ["HH:mm:ss.SSS", "Asia/Tokyo", "00:04:05.678"],
    ["yyyy-MM-dd'T'HH:mmXXX", "+05:30", "2024-05-06T20:34+05:30"],
    ["HH:mm Z", "UTC", "15:04 +0000"],
    ["X", "-03:00", "-03"],
    ["'at' ''H''", "UTC", "at '15'"],
    ["yyyy-'Q'Q", "UTC", "2024-Q2"],
    ["epoch_millis", "UTC", String(time)],
    ["epoch_second||yyyy", "UTC", String(time / 1000)],
    ["strict_date", "UTC", "2024-05-06"],
    ["date_hour_minute", "UTC", "2024-05-06T15:04"],
    ["basic_date", "UTC", "20240506"],
  ])("writes %s in %s as %s", (format, timeZone, text) => {
    expect(isDateFormat(format)).toBe(true);
    expect(formatDate(time, { format, timeZone })).toBe(text);
  });

  it.each(["", "bb", "yyyyy", "'open", "N", "x".repeat(200)])("refuses the format %j", (format) => {
    expect(isDateFormat(format)).toBe(false);
  });

  it("writes years of other lengths, and times that are no dates", () => {
    expect(formatDate(Date.UTC(12024, 0), { format: "yyyy", timeZone: "UTC" })).toBe("+12024");
    expect(formatDate(new Date(0).setUTCFullYear(33), { format: "yyyy", timeZone: "UTC" })).toBe("0033");
    expect(formatDate(1e20, { format: "yyyy", timeZone: "UTC" })).toBe("100000000000000000000");
  });
});

describe("findTimeZone", () => {
  it.each([
    ["Z", "UTC"],
    ["+00:00", "UTC"],
    ["+0130", "+01:30"],
    ["-05", "-05:00"],
    ["europe/rome", "Europe/Rome"],
    ["Mars/Olympus", undefined],
    ["+19:00", undefined],
    ["x".repeat(100), undefined],
  ])("finds %s as %s", (name, found) => {
    expect(findTimeZone(name)?.name).toBe(found);
  });
});
