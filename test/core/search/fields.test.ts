import { describe, expect, it } from "@jest/globals";
import { extractFields, MAX_FIELDS, MAX_PATH_UNITS } from "../../../core/search/fields.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";

const summarize = (json: string) => {
  const { fields, paths } = extractFields(JSON.parse(json) as JsonObject);
  return { fields: fields.map(({ path, texts, values }) => [path, texts, values.map(decodeValue)]), paths };
};

describe("extractFields", () => {
  it("flattens objects and arrays", () => {
    expect(summarize('{"a": 1, "b": {"c": ["x", 2, {"d": true}], "e": null}, "f": [], "g": {}, "b.c": "y"}')).toEqual({
      fields: [
        ["a", [], [1]],
        ["b.c", ["x", "y"], ["x", 2, "y"]],
        ["b.c.d", [], [true]],
      ],
      paths: ["a", "b.c", "b", "b.c.d"],
    });
  });

  it("treats names such as __proto__ like any other", () => {
    expect(summarize('{"__proto__": {"constructor": "x"}, "toString": 1}')).toEqual({
      fields: [
        ["__proto__.constructor", ["x"], ["x"]],
        ["toString", [], [1]],
      ],
      paths: ["__proto__.constructor", "__proto__", "toString"],
    });
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  it("keeps only the words of long strings", () => {
    expect(summarize(JSON.stringify({ a: "x".repeat(2000) })).fields).toEqual([["a", ["x".repeat(2000)], []]]);
  });

  it("leaves out fields beyond the maximum number or length", () => {
    const wide = Object.fromEntries(Array.from({ length: MAX_FIELDS + 5 }, (_, n) => [`k${n}`, n]));
    expect(extractFields(wide).fields).toHaveLength(MAX_FIELDS);
    expect(extractFields({ ["k".repeat(MAX_PATH_UNITS + 1)]: 1, k: 2 }).fields).toHaveLength(1);
  });

  it("accepts any document", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) =>
        extractFields(document as JsonObject).fields.every(
          ({ path, values, texts }) => typeof path === "string" && values.length + texts.length > 0,
        ),
      ),
    );
  });
});
