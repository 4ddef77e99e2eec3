import { describe, expect, it } from "@jest/globals";
import {
  extractFields,
  findObjects,
  MAX_FIELDS,
  MAX_PATH_UNITS,
  OTHER_FIELDS_PATH,
} from "../../../core/search/fields.ts";
import { decodeValue, encodeDate, encodeValue, MAX_VALUE_UNITS, sanitizeText } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";

const summarize = (json: string) => {
  const { fields, paths } = extractFields(JSON.parse(json) as JsonObject);
  return { fields: fields.map(({ path, texts, values }) => [path, texts, values.map(decodeValue)]), paths };
};

describe("findObjects", () => {
  it("returns the objects at a path, in arrays of arrays too", () => {
    const document = { a: { b: [{ n: 1 }, [{ n: 2 }], 3], "b.c": { n: 4 } }, "a.b": { n: 5 }, ab: { n: 6 } };

    expect(findObjects(document, "a.b").map(({ n }) => n)).toEqual([1, 2, 5]);
    expect(findObjects(document, "a.b.c").map(({ n }) => n)).toEqual([4]);
    expect(findObjects({ a: Array.from({ length: 1001 }, () => ({})) }, "a")).toHaveLength(1000);
  });
});

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

  it("gathers fields beyond the maximum number or length in one field without a name", () => {
    const wide = Object.fromEntries(Array.from({ length: MAX_FIELDS + 5 }, (_, n) => [`k${n}`, `text ${n}`]));
    const { fields, paths } = extractFields(wide);

    expect([fields.length, paths.length]).toEqual([MAX_FIELDS + 1, MAX_FIELDS]);
    expect(fields.at(-1)).toMatchObject({
      path: OTHER_FIELDS_PATH,
      texts: Array.from({ length: 5 }, (_, n) => `text ${MAX_FIELDS + n}`),
    });
    expect(extractFields({ ["k".repeat(MAX_PATH_UNITS + 1)]: 1, k: 2 }).fields.map(({ path }) => path)).toEqual([
      OTHER_FIELDS_PATH,
      "k",
    ]);
  });

  it("accepts paths and values up to their maximum, and objects within 32 others", () => {
    const path = "k".repeat(MAX_PATH_UNITS);
    expect(extractFields({ [path]: "x".repeat(MAX_VALUE_UNITS) }).fields).toMatchObject([
      { path, values: [encodeValue("x".repeat(MAX_VALUE_UNITS))] },
    ]);

    const deep = Array.from({ length: 40 }, (_, n) => `k${n}`);
    const { paths } = extractFields({ [deep.join(".")]: 1 });
    expect(paths).toEqual([deep.join("."), ...Array.from({ length: 32 }, (_, n) => deep.slice(0, n + 1).join("."))]);
    expect(extractFields({ ".a..b": 1 }).paths).toEqual([".a..b", "", ".a", ".a."]);
  });

  it("adds the date of a string that is one", () => {
    const time = Date.UTC(2024, 0, 31);

    expect(extractFields({ at: "2024-01-31", n: "2024", no: "2024-02-30" }).fields.map(({ values }) => values)).toEqual(
      [["s2024-01-31", encodeDate(time)], ["s2024"], ["s2024-02-30"]],
    );
  });

  it("finds points in each of their forms", () => {
    const point = { lat: 52.5, lon: 13.4 };
    const document = {
      lat: 1,
      lon: 2,
      object: point,
      text: "52.5, 13.4",
      pair: [13.4, 52.5],
      many: [point, "52.5,13.4"],
      none: [{ lat: 91, lon: 0 }, "52.5", [1, 2, 3], { lat: "1", lon: "2" }],
    };

    expect(extractFields(document).fields.flatMap(({ path, points }) => points.map((one) => [path, one]))).toEqual([
      ["object", point],
      ["text", point],
      ["pair", point],
      ["many", point],
      ["many", point],
    ]);
  });

  it("extracts each scalar of any document once per path", () => {
    /** The scalars of a document by path, without limits. */
    const listScalars = (value: unknown, path: string): [string, string | number | boolean][] => {
      if (Array.isArray(value)) return value.flatMap((item) => listScalars(item, path));
      if (typeof value === "object" && value !== null)
        return Object.entries(value).flatMap(([key, item]) =>
          listScalars(item, path === "" ? sanitizeText(key) : `${path}.${sanitizeText(key)}`),
        );
      return value === null ? [] : [[path, value as string | number | boolean]];
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        const scalars = Map.groupBy(listScalars(document, ""), ([path]) => path);
        const { fields } = extractFields(document as JsonObject);
        const withScalars = fields.filter(({ texts, values }) => texts.length + values.length > 0);

        expect(withScalars.map(({ path, texts, values }) => ({ path, texts, values }))).toEqual(
          [...scalars].map(([path, found]) => ({
            path,
            texts: found.flatMap(([, value]) => (typeof value === "string" ? [sanitizeText(value)] : [])),
            values: [...new Set(found.map(([, value]) => encodeValue(value)))],
          })),
        );
      }),
    );
  });
});
