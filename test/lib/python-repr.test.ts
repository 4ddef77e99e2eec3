import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../lib/json.ts";
import { pythonRepr, pythonStr } from "../../lib/python-repr.ts";

describe("pythonRepr", () => {
  it.each<[Json, string]>([
    [null, "None"],
    [true, "True"],
    [false, "False"],
    [1.5, "1.5"],
    [0.00001, "1e-05"],
    [1e21, "1e+21"],
    ["", "''"],
    ["it's", `"it's"`],
    [`it's "`, `'it\\'s "'`],
    ["a\\b\n\t\r", "'a\\\\b\\n\\t\\r'"],
    ["\u0001\u200b\u{e0001}é😀", "'\\x01\\u200b\\U000e0001é😀'"],
    [[1, "a", [null]], "[1, 'a', [None]]"],
    [{ a: { b: [] } }, "{'a': {'b': []}}"],
  ])("writes %j as Python does: %s", (value, expected) => {
    expect(pythonRepr(value)).toBe(expected);
  });

  it("cuts long values, not within a character", () => {
    expect(pythonRepr(Array.from({ length: 100_000 }, () => "text")).length).toBe(1001);
    expect(pythonRepr("😀".repeat(1000))).toMatch(/^'(😀)+…'?…?$/u);
    expect(pythonStr("x".repeat(2000))).toBe(`${"x".repeat(1000)}…`);
  });
});

describe("pythonStr", () => {
  it("quotes texts only within other values", () => {
    expect(pythonStr("a")).toBe("a");
    expect(pythonStr(["a"])).toBe("['a']");
  });
});
