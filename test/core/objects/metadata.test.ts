import { describe, expect, it } from "@jest/globals";
import { validateMetadata } from "../../../core/objects/object-schemas.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

/** The error of an attempt that must fail. */
const errorOf = async (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    (value) => ({ accepted: value }),
    (error: unknown) => error,
  );

describe("checkMetadata with a schema", () => {
  it.each<[Json, string]>([
    [null, '"None" is not a mapping type: Does not implement dict-like functionality.'],
    [[], '"[]" is not a mapping type: Does not implement dict-like functionality.'],
    ["x", '"x" is not a mapping type: Does not implement dict-like functionality.'],
    [true, '"True" is not a mapping type: Does not implement dict-like functionality.'],
    [{ type: "bla" }, "type'bla' is not valid under any of the given schemas"],
    [{ properties: { a: { type: 7 } } }, "type7 is not valid under any of the given schemas"],
    [{ properties: [] }, "properties[] is not of type 'object'"],
    [{ properties: { a: 3 } }, "a3 is not of type 'object', 'boolean'"],
    [{ required: "a" }, "required'a' is not of type 'array'"],
    [{ required: [1] }, "01 is not of type 'string'"],
    [{ required: ["a", "a"] }, "required['a', 'a'] has non-unique elements"],
    [{ minLength: -1 }, "minLength-1 is less than the minimum of 0"],
    [{ minLength: 1.5 }, "minLength1.5 is not of type 'integer'"],
    [{ allOf: [] }, "allOf[] should be non-empty"],
    [{ $schema: 1 }, "$schema1 is not of type 'string'"],
    [
      { $schema: "http://json-schema.org/draft-04/schema#", exclusiveMaximum: true },
      "exclusiveMaximumTrue is not of type 'number'",
    ],
    [{ dependencies: { a: [1] } }, "a[1] is not valid under any of the given schemas"],
    [
      JSON.parse('{"properties":{"__proto__":{"type":1}}}') as Json,
      "type1 is not valid under any of the given schemas",
    ],
  ])("refuses %j with Kinto's message", async (schema, description) => {
    expect(await errorOf(validateMetadata("collection", { schema }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      message: `data.schema in body: ${description}`,
      details: [{ location: "body", name: "data.schema", description }],
    });
  });

  it.each<JsonObject>([
    {},
    { type: "object", unknown: 1 },
    { enum: [] },
    { $ref: "#/nope" },
    { $id: "::::" },
    { minLength: 1 },
    JSON.parse('{"__proto__":{"type":1}}') as JsonObject,
    { $async: true, $data: 1, nullable: "x" },
  ])("accepts %j", async (schema) => {
    expect(await validateMetadata("collection", { schema, other: 1 })).toEqual({ schema, other: 1 });
  });

  it("refuses a schema that its own draft does not allow, because no record could be stored", async () => {
    expect(await errorOf(validateMetadata("collection", { schema: { items: [{}] } }))).toMatchObject({
      message: expect.stringContaining(
        "The schema does not follow https://json-schema.org/draft/2020-12/schema: items: [{}] is not of type",
      ),
    });
  });

  it.each(["http://json-schema.org/draft-03/schema#", "http://json-schema.org/draft-07/schema#"])(
    "refuses a schema that is nested too deeply, also of the draft %s",
    async ($schema) => {
      let schema: JsonObject = {};
      for (let depth = 0; depth < 600; depth++) schema = { not: schema };

      expect(await errorOf(validateMetadata("collection", { schema: { $schema, ...schema } }))).toMatchObject({
        details: [{ name: "data.schema", description: expect.stringContaining("levels deep.") }],
      });
    },
  );

  it("checks the three schemas of a bucket, and reports all that are invalid", async () => {
    const invalid = { type: "x" };
    const data = { "record:schema": invalid, "collection:schema": invalid, "group:schema": {}, schema: invalid };
    expect(await errorOf(validateMetadata("bucket", data))).toMatchObject({
      details: [{ name: "data.collection:schema" }, { name: "data.record:schema" }],
    });
    expect(await errorOf(validateMetadata("bucket", data, { isPatched: true }))).toMatchObject({
      details: [{ name: "collection:schema" }],
    });
    expect(await validateMetadata("bucket", { schema: invalid })).toEqual({ schema: invalid });
    expect(await validateMetadata("group", { schema: invalid, "record:schema": invalid })).toEqual({
      schema: invalid,
      "record:schema": invalid,
    });
  });
});

describe("checkMetadata with cache_expires", () => {
  it.each<[Json, Json]>([
    [1, 1],
    [1.7, 1],
    [-0.5, 0],
    [-5, -5],
    ["12", 12],
    [" 12\n", 12],
    ["1_000", 1000],
    ["+3", 3],
    ["-0", 0],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["0".repeat(100), 0],
    [true, 1],
    [false, 0],
  ])("stores %j as %j", async (value, stored) => {
    expect(await validateMetadata("collection", { cache_expires: value })).toEqual({ cache_expires: stored });
  });

  it.each<Json>([null, [], {}, ""])("omits %j", async (value) => {
    expect(await validateMetadata("collection", { cache_expires: value, a: 1 })).toEqual({ a: 1 });
  });

  it.each<[Json, string]>([
    ["x", "x"],
    ["1.5", "1.5"],
    ["0x10", "0x10"],
    ["1__0", "1__0"],
    ["9007199254740992", "9007199254740992"],
    ["0".repeat(101), "0".repeat(101)],
    [[1], "[1]"],
    [{ a: 1 }, "{'a': 1}"],
  ])("refuses %j", async (value, quoted) => {
    expect(await errorOf(validateMetadata("collection", { cache_expires: value }))).toMatchObject({
      details: [{ name: "data.cache_expires", description: `"${quoted}" is not a number` }],
    });
  });

  it("keeps any value of other objects", async () => {
    expect(await validateMetadata("bucket", { cache_expires: "x" })).toEqual({ cache_expires: "x" });
  });
});
