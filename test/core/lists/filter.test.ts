import { describe, expect, it } from "@jest/globals";
import { findValue } from "../../../core/lists/fields.ts";
import { type Comparison, createMatcher } from "../../../core/lists/filter.ts";
import { compareValues, toCanonicalJson } from "../../../core/lists/values.ts";
import { type Json, type JsonObject, parseJson } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";
import { json, objects, path } from "./values.ts";

const meets = (object: JsonObject, field: string, comparison: Comparison, value: Json): boolean =>
  createMatcher([{ field, comparison, value }])(object);

describe("findValue", () => {
  it.each<[string, string, JsonObject, Json | undefined]>([
    ["at the top", "a", { a: 1 }, 1],
    ["in an object", "a.b", { a: { b: 1 } }, 1],
    ["of a key with a dot before a path", "a.b", { "a.b": 1, a: { b: 2 } }, 1],
    ["in the value of the longest key", "a.b.c", { "a.b": { c: 1 }, a: { "b.c": 2 } }, 1],
    ["only of the longest key", "a.b.c", { "a.b": 0, a: { "b.c": 2 } }, undefined],
    ["of a nested key with a dot", "a.b.c", { a: { "b.c": 2 } }, 2],
    ["only of keys that are followed by a dot", "ab.c", { a: { ".c": 1, c: 2 } }, undefined],
    ["but not in an array", "a.0", { a: [1] }, undefined],
    ["but not in a string", "a.length", { a: "text" }, undefined],
    ["of an empty key", ".a", { "": { a: 1 } }, 1],
    ["but no inherited property", "constructor", {}, undefined],
    ["but not in an inherited property", "__proto__.toString", {}, undefined],
    ["of an own key with the name of an inherited property", "__proto__.a", JSON.parse('{"__proto__":{"a":1}}'), 1],
  ])("returns the value %s", (_, field, object, expected) => {
    expect(findValue(object, field)).toEqual(expected);
  });

  it("handles 100 levels of nesting and names of 500 characters", () => {
    const deep = Array.from({ length: 99 }).reduce<JsonObject>((inner) => ({ a: inner }), { a: "end" });
    expect(findValue(deep, Array(100).fill("a").join("."))).toBe("end");
    expect(findValue(deep, Array(250).fill("a").join("."))).toBeUndefined();
  });
});

describe("createMatcher", () => {
  it.each<[Comparison, Json, Json[], Json[], boolean]>([
    ["eq", 1, [1, 1.0], ["1", true, [1], null], false],
    ["eq", [1, true], [[1, true]], [[true, 1], [1, 1], { 0: 1, 1: true }], false],
    ["eq", { a: 1, b: 2 }, [{ b: 2, a: 1 }], [{ a: 1 }, { a: 1, b: 2, c: 3 }], false],
    ["eq", null, [null], [0, "", false], false],
    ["not", 1, ["1", null, true], [1], true],
    ["lt", 5, [4, -1, "z", null], [5, 6, false, [], {}], false],
    ["max", 5, [5, 4, "9"], [6, true], false],
    ["gt", 5, [6, false, [], {}], [5, 4, "9", null], true],
    ["min", 5, [5, 6, true], [4, "9"], true],
    ["gt", "b", ["c", "ba", 0], ["b", "a", "B", null], true],
    ["in", [1, "b", [2]], [1, "b", [2]], ["1", 2, true, []], false],
    ["in", [], [], [null, 1, [], {}], false],
    ["exclude", [1, "b"], ["1", null], [1, "b"], true],
    ["has", true, [null, 0, ""], [], false],
    ["has", "no", [null, 0], [], false],
    ["like", "b", ["abc", "B", ["x", "b"], { b: 1 }], ["x", null, 5], false],
    ["like", "ALSE", [false, "false"], [true], false],
    ["like", "1000*", [1e21, 1000, "1000x"], [999, "x1000"], false],
    ["like", "0.0000001", [1e-7, "0.00000010"], [1e-8], false],
    ["like", '*{"b": [1, true], "aa": null}*', [{ aa: null, b: [1, true] }], [{ aa: null }], false],
    ["contains", [1, "a"], [["a", 2, 1]], [[1], ["a"], "1a", { 1: 0, a: 0 }, 1, null], false],
    ["contains", [{ a: 1 }], [[{ a: 1 }]], [[{ a: 1, b: 2 }], { a: 1 }], false],
    ["contains", [], [[], [1]], ["", {}, null], false],
    ["contains_any", [1, "a"], [[1], [2, "a"]], [[], [2, "A", true], "a", { a: 1 }], false],
    ["contains_any", [], [], [[], [1]], false],
  ])("%s with %j matches %j, but not %j", (comparison, value, met, unmet, byAbsent) => {
    for (const held of met)
      expect({ held, met: meets({ f: held }, "f", comparison, value) }).toEqual({ held, met: true });
    for (const held of unmet)
      expect({ held, met: meets({ f: held }, "f", comparison, value) }).toEqual({ held, met: false });
    expect(meets({}, "f", comparison, value)).toBe(byAbsent);
  });

  it.each<Json>([false, null, 0, "", [], {}])("has with %j matches missing values", (value) => {
    expect([meets({}, "f", "has", value), meets({ f: null }, "f", "has", value)]).toEqual([true, false]);
  });

  it("matches each object by a comparison or by its negation", () => {
    const opposites = [
      ["eq", "not"],
      ["lt", "min"],
      ["max", "gt"],
    ] as const;
    fc.assert(
      fc.property(objects, path, json, (all, field, value) => {
        for (const [one, other] of [...opposites, ["in", "exclude"] as const]) {
          const operand = one === "in" ? [value] : value;
          for (const object of all)
            expect(meets(object, field, one, operand)).not.toBe(meets(object, field, other, operand));
        }
      }),
    );
  });

  it("treats values as equal exactly when they compare as equal", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(toCanonicalJson(a) === toCanonicalJson(b)).toBe(compareValues(a, b) === 0);
        expect(meets({ f: a }, "f", "eq", a)).toBe(true);
        expect(meets({ f: parseJson(JSON.stringify(a)) as Json }, "f", "eq", a)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

it("createMatcher › requires all filters to match, in any order", () => {
  const filters = [
    { field: "a", comparison: "eq", value: 1 },
    { field: "b", comparison: "has", value: true },
  ] as const;
  for (const ordered of [filters, filters.toReversed()]) {
    expect([{ a: 1, b: 2 }, { a: 1 }, { b: 2 }, {}].map(createMatcher(ordered))).toEqual([true, false, false, false]);
  }
  expect(createMatcher([])({})).toBe(true);
});
