import type { JsonObject } from "@kintoun/kit";
import * as z from "zod";
import type { Rule } from "./options.ts";

/** Times in seconds are below, times in milliseconds since 1973 are above. */
const MIN_MS = 100_000_000_000;
/** The end of the year 9999, the last that ISO 8601 writes with four digits. */
const MAX_MS = 253_402_300_799_999;

const date = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Returns when a record expires, in epoch ms; `undefined` if it does not. An invalid time is none. */
export const dueTime = (rule: Rule, data: JsonObject): number | undefined => {
  const value = data[rule.field];
  if (value === undefined || value === null)
    return rule.seconds === undefined || typeof data.last_modified !== "number"
      ? undefined
      : data.last_modified + rule.seconds * 1000;
  return parseTime(value);
};

const parseTime = (value: unknown): number | undefined => {
  const time = typeof value === "string" && date.safeParse(value).success ? Date.parse(value) : value;
  return typeof time === "number" && Number.isInteger(time) && time >= MIN_MS && time <= MAX_MS ? time : undefined;
};

/** Returns what is wrong with the time in a record. */
export const findTimeIssue = ({ field }: Rule, data: JsonObject): string | undefined => {
  const value = data[field];
  if (value === undefined || value === null || parseTime(value) !== undefined) return undefined;
  return `data.${field} is no time. Send epoch milliseconds, or a date such as "2030-01-31T12:00:00Z".`;
};
