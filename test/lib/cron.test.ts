import { describe, expect, it } from "@jest/globals";
import { Cron as Croner } from "croner";
import { isDue, listDueTimes, parseCron } from "../../lib/cron.ts";
import fc from "../fast-check.ts";

const at = (time: string): number => Date.parse(time);
const due = (cron: string, after: string, until: string, limit = 100): string[] => {
  const read = parseCron(cron);
  if (read === undefined) throw new Error(`'${cron}' is not a cron expression`);
  return listDueTimes(read, at(after), at(until), limit).map((time) => new Date(time).toISOString().slice(0, 16));
};

describe("parseCron", () => {
  it.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "a * * * *",
    "1,,2 * * * *",
  ])("returns undefined for the invalid expression '%s'", (text) => expect(parseCron(text)).toBeUndefined());

  it.each([
    "*-5 * * * *",
    "* * 31 2 *",
    "* * 31 4,6,9,11 *",
    "1- * * * *",
    "@daily",
    "* * L * *",
    `${"1,".repeat(100)}x * * * *`,
  ])("returns undefined for '%s', which never matches", (text) => expect(parseCron(text)).toBeUndefined());

  it("parses names, lists, ranges and steps", () => {
    expect(parseCron("*/20,1-3 9-17/4 1 jan,Dec MON-WED,7")).toEqual({
      minutes: [0, 1, 2, 3, 20, 40],
      hours: [9, 13, 17],
      days: [1],
      months: [1, 12],
      weekdays: [0, 1, 2, 3],
      wildcards: [],
    });
  });

  it("continues a step after a single value to the end of the field", () => {
    expect(parseCron("50/5 20/2 27/3 10/2 1/2")).toMatchObject({
      minutes: [50, 55],
      hours: [20, 22],
      days: [27, 30],
      months: [10, 12],
      weekdays: [1, 3, 5],
    });
  });

  it("lists due times after the start and up to the end, inclusive", () => {
    expect(due("0 3 * * *", "2030-01-01T03:00:00Z", "2030-01-03T03:00:00Z")).toEqual([
      "2030-01-02T03:00",
      "2030-01-03T03:00",
    ]);
    expect(due("0 3 * * *", "2030-01-01T03:00:01Z", "2030-01-02T02:59:59Z")).toEqual([]);
    expect(due("* * * * *", "2030-01-01T00:00:30Z", "2030-01-01T01:00:00Z", 2)).toEqual([
      "2030-01-01T00:59",
      "2030-01-01T01:00",
    ]);
  });

  it("matches either day field when both are restricted", () => {
    expect(due("0 0 13 * FRI", "2030-09-01T00:00:00Z", "2030-09-20T00:00:00Z")).toEqual([
      "2030-09-06T00:00",
      "2030-09-13T00:00",
      "2030-09-20T00:00",
    ]);
  });

  it("agrees with croner", () => {
    const field = (from: number, to: number) => {
      const value = fc.integer({ min: from, max: to });
      const part = fc.oneof(
        value.map(String),
        fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc
          .tuple(value, value, fc.integer({ min: 1, max: 6 }))
          .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}/${step}`),
        fc.integer({ min: 2, max: 6 }).map((step) => `*/${step}`),
      );
      return fc.oneof(
        fc.constant("*"),
        fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(",")),
      );
    };
    const expression = fc
      .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(" "));
    const time = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2034-01-01T00:00:00Z") });
    fc.assert(
      fc.property(expression, time, (text, from) => {
        const read = parseCron(text);
        const next = new Croner(text, { timezone: "UTC", paused: true }).nextRun(new Date(from))?.getTime();
        if (read === undefined || next === undefined) throw new Error(`'${text}' never matches`);

        expect(isDue(read, next)).toBe(true);
        // No earlier time of the last day is due.
        expect(listDueTimes(read, Math.max(from, next - 24 * 3600_000), next, 2)).toEqual([next]);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});
