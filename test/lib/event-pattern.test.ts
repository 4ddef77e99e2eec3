import { describe, expect, it } from "@jest/globals";
import { matches, type Pattern } from "../../lib/event-pattern.ts";
import fc from "../fast-check.ts";

const parse = (json: string): unknown => JSON.parse(json);

describe("a pattern", () => {
  it.each<[Pattern, unknown, unknown]>([
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
    [{ n: [{ numeric: ["=", 3] }] }, { n: 3 }, { n: "3" }],
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
  ])("%j holds for %j, and not for %j", (pattern, so, other) => {
    expect(matches(pattern, so)).toBe(true);
    expect(matches(pattern, other)).toBe(false);
  });

  it("asks nothing where it says nothing", () => {
    for (const value of [{}, [], null, undefined, 5, "x"]) expect(matches({}, value)).toBe(true);
  });

  it("takes names such as __proto__ for names, and sees no inherited ones", () => {
    const proto = parse('{"__proto__":{"admin":[true]}}') as Pattern;

    expect(matches(proto, parse('{"__proto__":{"admin":true}}'))).toBe(true);
    expect(matches(proto, {})).toBe(false);
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      const pattern = parse(`{"${name}":[{"exists":false}]}`) as Pattern;
      expect(matches(pattern, {})).toBe(true);
      expect(matches(pattern, parse(`{"${name}":1}`))).toBe(false);
    }
  });

  it("holds for whatever it was made of, and for nothing that lacks it", () => {
    const leaf = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc
      .oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "length", "0"))
      .filter((name) => name !== "$or");
    const objectOf = (value: fc.Arbitrary<unknown>) => fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 });
    const object = objectOf(fc.oneof(leaf, objectOf(fc.oneof(leaf, objectOf(leaf)))));
    const patternOf = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, patternOf(one)]))
        : [value];
    fc.assert(
      fc.property(object, fc.jsonValue(), (value, other) => {
        const pattern = patternOf(value) as Pattern;
        expect(matches(pattern, value)).toBe(true);
        expect(matches(pattern, [other, value].flat())).toBe(true);
        expect(matches(pattern, {})).toBe(false);
      }),
    );
  });

  it("throws for no value, and never looks deeper than it is itself", () => {
    const patterns = [
      { a: [{ prefix: "x" }] },
      { a: { b: { c: [{ numeric: [">", 1] }] } } },
      { $or: [{ a: [{ "anything-but": ["x"] }] }, { b: [1] }] },
    ] as const;
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep, b: deep };
    for (const pattern of patterns) expect(typeof matches(pattern, deep)).toBe("boolean");
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) =>
        patterns.every((pattern) => typeof matches(pattern, value) === "boolean"),
      ),
    );
  });
});
