import { describe, expect, it } from "@jest/globals";
import { checkMetadata } from "../../../core/objects/metadata.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";

const refused = async (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    (value) => ({ taken: value }),
    (error: unknown) => error,
  );

describe("a schema in the metadata", () => {
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
  ])("%j is refused as Kinto refuses it", async (schema, description) => {
    expect(await refused(checkMetadata("collection", { schema }))).toMatchObject({
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
  ])("%j is taken", async (schema) => {
    expect(await checkMetadata("collection", { schema, other: 1 })).toEqual({ schema, other: 1 });
  });

  it("that its own draft does not allow is refused, since no record could be stored", async () => {
    expect(await refused(checkMetadata("collection", { schema: { items: [{}] } }))).toMatchObject({
      message: expect.stringContaining(
        "The schema is none of https://json-schema.org/draft/2020-12/schema: items[{}] is not of type",
      ),
    });
  });

  it("is one of a bucket's three, and all that are wrong are told", async () => {
    const wrong = { type: "x" };
    const data = { "record:schema": wrong, "collection:schema": wrong, "group:schema": {}, schema: wrong };
    expect(await refused(checkMetadata("bucket", data))).toMatchObject({
      details: [{ name: "data.collection:schema" }, { name: "data.record:schema" }],
    });
    expect(await refused(checkMetadata("bucket", data, { isPatched: true }))).toMatchObject({
      details: [{ name: "collection:schema" }],
    });
    expect(await checkMetadata("bucket", { schema: wrong })).toEqual({ schema: wrong });
    expect(await checkMetadata("group", { schema: wrong, "record:schema": wrong })).toEqual({
      schema: wrong,
      "record:schema": wrong,
    });
  });
});

describe("cache_expires", () => {
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
    [true, 1],
    [false, 0],
  ])("%j is stored as %j", async (given, stored) => {
    expect(await checkMetadata("collection", { cache_expires: given })).toEqual({ cache_expires: stored });
  });

  it.each<Json>([null, [], {}, ""])("%j is not stored", async (given) => {
    expect(await checkMetadata("collection", { cache_expires: given, a: 1 })).toEqual({ a: 1 });
  });

  it.each<[Json, string]>([
    ["x", "x"],
    ["1.5", "1.5"],
    ["0x10", "0x10"],
    ["1__0", "1__0"],
    [[1], "[1]"],
    [{ a: 1 }, "{'a': 1}"],
  ])("%j is refused", async (given, quoted) => {
    expect(await refused(checkMetadata("collection", { cache_expires: given }))).toMatchObject({
      details: [{ name: "data.cache_expires", description: `"${quoted}" is not a number` }],
    });
  });

  it("of other objects is data like any other", async () => {
    expect(await checkMetadata("bucket", { cache_expires: "x" })).toEqual({ cache_expires: "x" });
  });
});
