import { describe, expect, it } from "@jest/globals";
import { type FilterPattern, matchesPattern } from "../../lib/filter-pattern.ts";
import fc, { codePoint } from "../fast-check.ts";

const parse = (json: string): unknown => JSON.parse(json);

describe("matchesPattern", () => {
  it.each<[FilterPattern, unknown, unknown]>([
    [{ status: ["done", null] }, { status: "done" }, { status: "open" }],
    [{ status: ["done", null] }, { status: null }, {}],
    [{ n: [1, true] }, { n: 1 }, { n: "1" }],
    [{ n: [1, true] }, { n: true }, { n: 0 }],
    [
      { a: ["x"], b: ["y"] },
      { a: "x", b: "y" },
      { a: "x", b: "z" },
    ],
    [{ new: { status: ["done"] } }, { new: { status: "done" } }, { new: "done" }],
    [{ name: [{ prefix: "a" }] }, { name: "ab" }, { name: "ba" }],
    [{ name: [{ suffix: ".png" }] }, { name: "a.png" }, { name: "a.png.exe" }],
    [{ name: [{ "equals-ignore-case": "Yes" }] }, { name: "yES" }, { name: 1 }],
    [{ name: [{ "anything-but": ["a", 1] }] }, { name: "b" }, { name: "a" }],
    [{ name: [{ "anything-but": ["a", 1] }] }, { name: 2 }, { name: 1 }],
    [{ name: [{ "anything-but": ["a"] }] }, { name: "b" }, {}],
    [{ name: [{ "anything-but": { prefix: "draft-" } }] }, { name: "final" }, { name: "draft-1" }],
    [{ name: [{ exists: true }] }, { name: null }, {}],
    [{ name: [{ exists: false }] }, {}, { name: null }],
    [{ deep: { name: [{ exists: false }] } }, {}, { deep: { name: 1 } }],
    [{ name: [{ exists: false }] }, { name: { first: "a" } }, { name: ["a"] }],
    [{ name: [{ exists: true }] }, { name: [null] }, { name: [] }],
    [{ name: [{ "anything-but": ["a"] }] }, { name: null }, { name: { first: "b" } }],
    [{ name: [{ "anything-but": ["a"] }] }, { name: false }, { name: [["b"]] }],
    [{ name: [{ "anything-but": { prefix: "1" } }] }, { name: 12 }, { name: "12" }],
    [{ n: [{ numeric: [">", 0, "<=", 5] }] }, { n: 5 }, { n: 0 }],
    [{ n: [{ numeric: [">", 0, "<=", 5] }] }, { n: 0.1 }, { n: 5.1 }],
    [{ n: [{ numeric: ["=", 3] }] }, { n: 3 }, { n: "3" }],
    [{ n: [{ numeric: ["=", 3] }] }, { n: 3n }, { n: 2.9 }],
    [{ n: [{ numeric: ["=", 3] }] }, { n: 3 }, { n: 3.1 }],
    [{ n: [{ numeric: ["<=", 3] }] }, { n: 3 }, { n: 3.1 }],
    [{ n: [{ numeric: [">", 3] }] }, { n: 3.1 }, { n: 3 }],
    [{ n: [{ numeric: ["<", 3] }] }, { n: -1 }, { n: 3 }],
    [{ n: [{ numeric: [">=", 3] }] }, { n: 3 }, { n: 2.9 }],
    [{ $or: [{ a: [1] }, { b: [2] }], c: [3] }, { b: 2, c: 3 }, { a: 1 }],
    [{ $or: [{ a: [1] }, { $or: [{ b: [2] }] }] }, { b: 2 }, { b: 1 }],
    [{ tags: ["x", { prefix: "y" }] }, { tags: ["a", "x"] }, { tags: ["a", ["x"]] }],
    [
      { parts: { kind: ["leg"], n: [4] } },
      { parts: [{ kind: "top" }, { kind: "leg", n: 4 }] },
      { parts: [{ kind: "leg" }, { n: 4 }] },
    ],
    [{ parts: { kind: [{ exists: false }] } }, { parts: [] }, { parts: [{ kind: "leg" }] }],
    [{ a: [5] }, { a: 5 }, 5],
  ])("matches %j with %j and not with %j", (pattern, match, mismatch) => {
    expect(matchesPattern(pattern, match)).toBe(true);
    expect(matchesPattern(pattern, mismatch)).toBe(false);
  });

  it("matches every value with an empty pattern", () => {
    for (const value of [{}, [], null, undefined, 5, "x"]) expect(matchesPattern({}, value)).toBe(true);
  });

  it("treats __proto__ as an ordinary field and ignores inherited properties", () => {
    const proto = parse('{"__proto__":{"admin":[true]}}') as FilterPattern;

    expect(matchesPattern(proto, parse('{"__proto__":{"admin":true}}'))).toBe(true);
    expect(matchesPattern(proto, {})).toBe(false);
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      const pattern = parse(`{"${name}":[{"exists":false}]}`) as FilterPattern;
      expect(matchesPattern(pattern, {})).toBe(true);
      expect(matchesPattern(pattern, parse(`{"${name}":1}`))).toBe(false);
    }
  });

  it("matches the value that a pattern was derived from", () => {
    const leaf = fc.oneof(fc.string({ unit: codePoint }), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc
      .oneof(fc.string({ unit: codePoint }), fc.constantFrom("__proto__", "constructor", "length", "0"))
      .filter((name) => name !== "$or");
    const objectOf = (value: fc.Arbitrary<unknown>) => fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 });
    const object = objectOf(fc.oneof(leaf, objectOf(fc.oneof(leaf, objectOf(leaf)))));
    const patternOf = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, patternOf(one)]))
        : [value];
    fc.assert(
      fc.property(object, fc.jsonValue(), (value, other) => {
        const pattern = patternOf(value) as FilterPattern;
        expect(matchesPattern(pattern, value)).toBe(true);
        expect(matchesPattern(pattern, [other, value].flat())).toBe(true);
        expect(matchesPattern(pattern, {})).toBe(false);
      }),
    );
  });

  it("never throws, and reads no deeper than the pattern", () => {
    const patterns = [
      { a: [{ prefix: "x" }] },
      { a: { b: { c: [{ numeric: [">", 1] }] } } },
      { $or: [{ a: [{ "anything-but": ["x"] }] }, { b: [1] }] },
    ] as const;
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep, b: deep };
    for (const pattern of patterns) expect(typeof matchesPattern(pattern, deep)).toBe("boolean");
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) =>
        patterns.every((pattern) => typeof matchesPattern(pattern, value) === "boolean"),
      ),
    );
  });
});
