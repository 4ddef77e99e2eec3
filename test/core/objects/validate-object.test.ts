import { describe, expect, it } from "@jest/globals";
import { validateInBucket, validateRecord } from "../../../core/objects/object-schemas.ts";
import type { JsonObject } from "../../../lib/json.ts";

const collection = (schema: JsonObject) => ({ data: { schema }, lastModified: 123 });
const failure = (name: string, description: string) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name, description }],
});

describe("validateRecord", () => {
  it("sets `schema` to the timestamp of the collection's schema", async () => {
    expect(await validateRecord({ id: "r", a: 1, schema: 5 }, collection({ type: "object" }), {})).toEqual({
      id: "r",
      a: 1,
      schema: 123,
    });
  });

  it("keeps the record's own `schema` where the collection has none", async () => {
    expect(await validateRecord({ schema: "mine" }, { data: {}, lastModified: 123 }, { "record:schema": {} })).toEqual({
      schema: "mine",
    });
  });

  it("refuses a record that is invalid by the collection's schema", async () => {
    const strict = collection({ properties: { a: { type: "string" } }, required: ["a"] });
    await expect(validateRecord({ a: 1 }, strict, {})).rejects.toMatchObject({
      ...failure("a", "1 is not of type 'string'"),
      message: "a in body: 1 is not of type 'string'",
    });
    await expect(validateRecord({}, strict, {})).rejects.toMatchObject({
      ...failure("a", "'a' is a required property"),
      message: "'a' is a required property",
    });
  });

  it("checks the bucket's schema after the collection's", async () => {
    const bucket = { "record:schema": { required: ["b"] } };
    await expect(validateRecord({}, collection({ required: ["a"] }), bucket)).rejects.toMatchObject(
      failure("a", "'a' is a required property"),
    );
    await expect(validateRecord({ a: 1 }, collection({ required: ["a"] }), bucket)).rejects.toMatchObject(
      failure("b", "'b' is a required property"),
    );
    expect(await validateRecord({ a: 1, b: 1 }, collection({ required: ["a"] }), bucket)).toMatchObject({
      schema: 123,
    });
  });

  it("ignores the fields that the store sets, in data and in `required`", async () => {
    const data = { id: "r", last_modified: 5, schema: 6, a: 1 };
    const schema = { properties: { a: {} }, required: ["schema", "id", "last_modified"], additionalProperties: false };
    expect(await validateRecord(data, collection(schema), {})).toMatchObject({ a: 1 });
    await expect(validateRecord({}, collection({ required: ["id", "a", "schema"] }), {})).rejects.toMatchObject(
      failure("a", "'a' is a required property"),
    );
  });

  it("checks the id where the schema has a property `id`", async () => {
    const schema = { properties: { id: { pattern: "^x" } }, required: ["id"] };
    await expect(validateRecord({ id: "r" }, collection(schema), {})).rejects.toMatchObject(
      failure("id", "'r' does not match '^x'"),
    );
    await expect(validateRecord({}, collection(schema), {})).rejects.toMatchObject(
      failure("id", "'id' is a required property"),
    );
    expect(await validateRecord({ id: "x1" }, collection(schema), {})).toEqual({ id: "x1", schema: 123 });
  });

  it("refuses any record where a reference of the schema leads nowhere", async () => {
    await expect(validateRecord({}, collection({ $ref: "other.json" }), {})).rejects.toMatchObject(
      failure("schema", "Unresolvable: other.json"),
    );
  });

  it("refuses any record where the stored schema is not an object", async () => {
    const stored = { data: { schema: 1 }, lastModified: 123 };
    await expect(validateRecord({}, stored, {})).rejects.toMatchObject(
      failure("schema", "The schema is not a mapping."),
    );
    await expect(validateRecord({}, stored, { "record:schema": {} })).rejects.toMatchObject(
      failure("schema", "The schema is not a mapping."),
    );
  });

  it("does not change its arguments", async () => {
    const data = Object.freeze({ a: 1, schema: 2 });
    const schema = Object.freeze({ required: Object.freeze(["id"]) as string[] });
    await validateRecord(data, collection(schema), {});
    expect([data, schema]).toEqual([{ a: 1, schema: 2 }, { required: ["id"] }]);
  });
});

describe("validateInBucket", () => {
  const bucket = {
    "collection:schema": { required: ["title"] },
    "group:schema": { properties: { members: { minItems: 1 } } },
  };

  it("refuses a collection or group that is invalid by its bucket's schema", async () => {
    await expect(validateInBucket("collection", { id: "c" }, bucket)).rejects.toMatchObject(
      failure("title", "'title' is a required property"),
    );
    await expect(validateInBucket("group", { members: [] }, bucket)).rejects.toMatchObject(
      failure("members", "[] should be non-empty"),
    );
    await expect(validateInBucket("collection", { title: "" }, bucket)).resolves.toBeUndefined();
    await expect(validateInBucket("group", {}, bucket)).resolves.toBeUndefined();
  });

  it("does not ignore a collection's own `schema`", async () => {
    const demanding = { "collection:schema": { required: ["schema", "last_modified"] } };
    await expect(validateInBucket("collection", {}, demanding)).rejects.toMatchObject(
      failure("schema", "'schema' is a required property"),
    );
  });
});
