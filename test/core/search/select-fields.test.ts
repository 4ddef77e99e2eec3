import { describe, expect, it } from "@jest/globals";
import { omitFields, pickMappedFields } from "../../../core/search/select-fields.ts";
import { parseJson } from "../../../lib/json.ts";

describe("omitFields", () => {
  it.each([
    ["a field", { a: 1, b: 2 }, ["a"], { b: 2 }],
    ["fields of a pattern", { "provider:a": 1, "provider:b": 2, c: 3 }, ["provider:*"], { c: 3 }],
    ["an object with all within it", { a: { b: 1 }, c: 2 }, ["a"], { c: 2 }],
    ["a field of an object", { a: { b: 1, c: 2 } }, ["a.b"], { a: { c: 2 } }],
    ["a field of the objects of an array", { a: [{ b: 1, c: 2 }, 3, [{ b: 4 }]] }, ["a.b"], { a: [{ c: 2 }, 3, [{}]] }],
    ["a key with dots", { "a.b": 1, c: 2 }, ["a.b"], { c: 2 }],
    ["nothing else", { ab: 1, a: 2 }, ["b", "c*"], { ab: 1, a: 2 }],
  ])("leaves out %s", (_, document, patterns, expected) => {
    expect(omitFields(document, patterns)).toEqual(expected);
  });

  it("treats names of the prototype as fields", () => {
    const document = Object(parseJson('{"__proto__": {"a": 1, "b": 2}, "constructor": 3}'));

    expect(JSON.stringify(omitFields(document, ["__proto__.a", "constructor"]))).toBe('{"__proto__":{"b":2}}');
  });
});

describe("pickMappedFields", () => {
  const properties = {
    name: {},
    image: { properties: { id: {} } },
    "a.b": {},
    any: {},
  };

  it.each([
    ["declared fields", { name: "x", other: 1 }, { name: "x" }],
    ["declared fields within others", { image: [{ id: 1, url: 2 }] }, { image: [{ id: 1 }] }],
    ["all within a field without properties", { any: { x: { y: 1 } } }, { any: { x: { y: 1 } } }],
    ["fields that are declared with dots", { a: { b: 1, c: 2 } }, { a: { b: 1 } }],
    ["keys with dots", { "image.id": 1, "image.url": 2, "a.b": 3 }, { "image.id": 1, "a.b": 3 }],
  ])("keeps %s", (_, document, expected) => {
    expect(pickMappedFields(document, properties)).toEqual(expected);
  });
});
