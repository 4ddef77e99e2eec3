import { describe, expect, it } from "@jest/globals";
import { findDataIssue } from "../../../core/objects/schema-issues.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

describe("findDataIssue", () => {
  it.each<[JsonObject, Json, string | null, string]>([
    [{ required: ["a"] }, {}, "a", "'a' is a required property"],
    [{ required: ["a", "b"] }, {}, "b", "'a' is a required property"],
    [{ properties: { a: { type: "string" } } }, { a: 1 }, "a", "1 is not of type 'string'"],
    [
      { properties: { a: { type: ["string", "null"] } } },
      { a: [true, null, 1.5] },
      "a",
      "[True, None, 1.5] is not of type 'string', 'null'",
    ],
    [{ properties: { a: { items: { type: "string" } } } }, { a: ["x", 2] }, "1", "2 is not of type 'string'"],
    [{ type: "array" }, {}, "y", "{} is not of type 'array'"],
    [{ type: ["array", "string"] }, {}, "string", "{} is not of type 'array', 'string'"],
    [{ enum: [{ a: 1 }, true, null, "x"] }, { a: 2 }, "x", "{'a': 2} is not one of [{'a': 1}, True, None, 'x']"],
    [{ enum: ["x", null] }, {}, null, "{} is not one of ['x', None]"],
    [{ properties: { a: { const: "x" } } }, { a: "it's" }, "a", "'x' was expected"],
    [
      { properties: { a: { enum: ["x"] } } },
      { a: "it's \"\n\u00e9\u200b😀" },
      "a",
      "'it\\'s \"\\né\\u200b😀' is not one of ['x']",
    ],
    [{ properties: { a: { maximum: 3 } } }, { a: 4 }, "a", "4 is greater than the maximum of 3"],
    [{ properties: { a: { minimum: 3 } } }, { a: 0.00001 }, "a", "1e-05 is less than the minimum of 3"],
    [{ properties: { a: { exclusiveMaximum: 3 } } }, { a: 3 }, "a", "3 is greater than or equal to the maximum of 3"],
    [{ properties: { a: { exclusiveMinimum: 3 } } }, { a: 3 }, "a", "3 is less than or equal to the minimum of 3"],
    [{ properties: { a: { multipleOf: 2 } } }, { a: 3 }, "a", "3 is not a multiple of 2"],
    [{ properties: { a: { minLength: 1 } } }, { a: "" }, "a", "'' should be non-empty"],
    [{ properties: { a: { minLength: 3 } } }, { a: "😀😀" }, "a", "'😀😀' is too short"],
    [{ properties: { a: { maxLength: 1 } } }, { a: "ab" }, "a", "'ab' is too long"],
    [{ properties: { a: { maxItems: 1 } } }, { a: [1, 2] }, "a", "[1, 2] is too long"],
    [{ properties: { a: { maxItems: 0 } } }, { a: [1] }, "a", "[1] is expected to be empty"],
    [
      { properties: { a: { uniqueItems: true } } },
      { a: [1, { b: 2, c: 3 }, { c: 3, b: 2 }] },
      "a",
      "[1, {'b': 2, 'c': 3}, {'c': 3, 'b': 2}] has non-unique elements",
    ],
    [{ properties: { a: { pattern: "^x" } } }, { a: "r" }, "a", "'r' does not match '^x'"],
    [{ maxProperties: 0 }, { a: 1 }, "maxProperties", "{'a': 1} is expected to be empty"],
    [{ minProperties: 3 }, { a: 1 }, "minProperties", "{'a': 1} does not have enough properties"],
    [
      { additionalProperties: false },
      { b: 1, a: 2 },
      "additionalProperties",
      "Additional properties are not allowed ('a', 'b' were unexpected)",
    ],
    [
      { additionalProperties: false, patternProperties: { "^x": {} } },
      { a: 1, x: 2 },
      "additionalProperties",
      "'a' does not match any of the regexes: '^x'",
    ],
    [{ propertyNames: { pattern: "^x" } }, { a: 1 }, "x", "'a' does not match '^x'"],
    [{ not: {} }, { a: 1 }, "not", "{'a': 1} should not be valid under {}"],
    [{ properties: { a: false } }, { a: 1 }, "properties", "False schema does not allow 1"],
    [
      { anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      { c: 1 },
      "{'required': ['b']}",
      "{'c': 1} is not valid under any of the given schemas",
    ],
    [
      { oneOf: [{ required: ["a"] }, { required: ["b"] }] },
      { a: 1, b: 2 },
      "{'required': ['b']}",
      "{'a': 1, 'b': 2} is valid under each of {'required': ['b']}, {'required': ['a']}",
    ],
    [{ if: { required: ["a"] }, else: { required: ["b"] } }, {}, "b", "'b' is a required property"],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, "dependentRequired", "'b' is a dependency of 'a'"],
    [
      { unevaluatedProperties: false },
      { a: 1 },
      "unevaluatedProperties",
      "Unevaluated properties are not allowed ('a' was unexpected)",
    ],
    [
      { properties: { a: { prefixItems: [{}], items: false } } },
      { a: [1, 2] },
      "a",
      "Expected at most 1 item but found 1 extra: 2",
    ],
    [
      { properties: { a: { contains: { type: "string" } } } },
      { a: [1] },
      "a",
      "[1] does not contain items matching the given schema",
    ],
    [{ $ref: "#/nope" }, {}, "schema", "PointerToNowhere: '/nope' does not exist within {'$ref': '#/nope'}"],
    [{ $ref: "#nope" }, {}, "schema", "NoSuchAnchor: 'nope' does not exist within {'$ref': '#nope'}"],
  ])("by the schema %j reports %j as Kinto does: %s, %s", async (schema, data, name, description) => {
    expect(await findDataIssue(schema, data)).toEqual({ name, description });
  });

  it("reports the first issue in the order of the schema's keywords", async () => {
    expect(await findDataIssue({ required: ["a"], additionalProperties: false }, { b: 1 })).toMatchObject({
      name: "a",
    });
    expect(await findDataIssue({ additionalProperties: false, required: ["a"] }, { b: 1 })).toMatchObject({
      name: "additionalProperties",
    });
  });
});
