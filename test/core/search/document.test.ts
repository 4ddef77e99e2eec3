import { describe, expect, it } from "@jest/globals";
import { LONGEST_PATH, leavesOf, MOST_PATHS } from "../../../core/search/document.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";

const told = (json: string) => {
  const { leaves, paths } = leavesOf(JSON.parse(json) as JsonObject);
  return { leaves: leaves.map(({ path, texts, values }) => [path, texts, values.map(decodeValue)]), paths };
};

describe("leavesOf", () => {
  it("takes objects and arrays apart", () => {
    expect(told('{"a": 1, "b": {"c": ["x", 2, {"d": true}], "e": null}, "f": [], "g": {}, "b.c": "y"}')).toEqual({
      leaves: [
        ["a", [], [1]],
        ["b.c", ["x", "y"], ["x", 2, "y"]],
        ["b.c.d", [], [true]],
      ],
      paths: ["a", "b.c", "b", "b.c.d"],
    });
  });

  it("has no special names", () => {
    expect(told('{"__proto__": {"constructor": "x"}, "toString": 1}')).toEqual({
      leaves: [
        ["__proto__.constructor", ["x"], ["x"]],
        ["toString", [], [1]],
      ],
      paths: ["__proto__.constructor", "__proto__", "toString"],
    });
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  it("keeps long strings for their words alone", () => {
    expect(told(JSON.stringify({ a: "x".repeat(2000) })).leaves).toEqual([["a", ["x".repeat(2000)], []]]);
  });

  it("leaves out paths too many or too long", () => {
    const wide = Object.fromEntries(Array.from({ length: MOST_PATHS + 5 }, (_, n) => [`k${n}`, n]));
    expect(leavesOf(wide).leaves).toHaveLength(MOST_PATHS);
    expect(leavesOf({ ["k".repeat(LONGEST_PATH + 1)]: 1, k: 2 }).leaves).toHaveLength(1);
  });

  it("takes any document", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) =>
        leavesOf(document as JsonObject).leaves.every(
          ({ path, values, texts }) => typeof path === "string" && values.length + texts.length > 0,
        ),
      ),
    );
  });
});
