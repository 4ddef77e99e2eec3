import { describe, expect, it } from "@jest/globals";
import { FORMAT_ITEM, FORMAT_KEY, findFormatIssue, requireFormat } from "../../../../adapters/store/dynamodb/format.ts";

const withFormat = (format: number) => ({ ...FORMAT_KEY, format: { N: String(format) } });

describe("the format of a table", () => {
  it.each([undefined, FORMAT_KEY, FORMAT_ITEM, withFormat(2)])("is the present one: %j", (item) => {
    expect(findFormatIssue("t", item)).toBeUndefined();
    expect(() => requireFormat("t", item)).not.toThrow();
  });

  it.each([
    [1, /^The table 't' has format 1, and this version of Kintoun needs format 2\. Copy the objects/],
    [3, /^The table 't' has format 3, and this version of Kintoun knows formats up to 2\. Use the version/],
  ])("cannot be %j", (format, message) => {
    expect(findFormatIssue("t", withFormat(format))).toMatch(message);
    expect(() => requireFormat("t", withFormat(format))).toThrow(message);
  });
});
