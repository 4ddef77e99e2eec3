import { describe, expect, it } from "@jest/globals";
import { validateInBucket, validateRecord } from "../../../core/objects/validate-object.ts";
import type { JsonObject } from "../../../lib/json.ts";

const collection = (schema: JsonObject) => ({ data: { schema }, lastModified: 123 });
const flaw = (name: string, description: string) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name, description }],
});

describe("a record", () => {
  it("bears the version of its collection's schema", async () => {
    expect(await validateRecord({ id: "r", a: 1, schema: 5 }, collection({ type: "object" }), {})).toEqual({
      id: "r",
      a: 1,
      schema: 123,
    });
  });

  it("keeps its own field where the collection has no schema", async () => {
    expect(await validateRecord({ schema: "mine" }, { data: {}, lastModified: 123 }, { "record:schema": {} })).toEqual({
      schema: "mine",
    });
  });

  it("that is not as the collection demands is refused", async () => {
    const strict = collection({ properties: { a: { type: "string" } }, required: ["a"] });
    await expect(validateRecord({ a: 1 }, strict, {})).rejects.toMatchObject({
      ...flaw("a", "1 is not of type 'string'"),
      message: "a in body: 1 is not of type 'string'",
    });
    await expect(validateRecord({}, strict, {})).rejects.toMatchObject({
      ...flaw("a", "'a' is a required property"),
      message: "'a' is a required property",
    });
  });

  it("is held to its bucket's schema too, after its collection's", async () => {
    const bucket = { "record:schema": { required: ["b"] } };
    await expect(validateRecord({}, collection({ required: ["a"] }), bucket)).rejects.toMatchObject(
      flaw("a", "'a' is a required property"),
    );
    await expect(validateRecord({ a: 1 }, collection({ required: ["a"] }), bucket)).rejects.toMatchObject(
      flaw("b", "'b' is a required property"),
    );
    expect(await validateRecord({ a: 1, b: 1 }, collection({ required: ["a"] }), bucket)).toMatchObject({
      schema: 123,
    });
  });

  it("need not have what the store adds, and is not refused for it", async () => {
    const data = { id: "r", last_modified: 5, schema: 6, a: 1 };
    const schema = { properties: { a: {} }, required: ["schema", "id", "last_modified"], additionalProperties: false };
    expect(await validateRecord(data, collection(schema), {})).toMatchObject({ a: 1 });
    await expect(validateRecord({}, collection({ required: ["id", "a", "schema"] }), {})).rejects.toMatchObject(
      flaw("a", "'a' is a required property"),
    );
  });

  it("has an id that counts where the schema speaks of it", async () => {
    const schema = { properties: { id: { pattern: "^x" } }, required: ["id"] };
    await expect(validateRecord({ id: "r" }, collection(schema), {})).rejects.toMatchObject(
      flaw("id", "'r' does not match '^x'"),
    );
    await expect(validateRecord({}, collection(schema), {})).rejects.toMatchObject(
      flaw("id", "'id' is a required property"),
    );
    expect(await validateRecord({ id: "x1" }, collection(schema), {})).toEqual({ id: "x1", schema: 123 });
  });

  it("cannot be stored where the schema leads nowhere", async () => {
    await expect(validateRecord({}, collection({ $ref: "other.json" }), {})).rejects.toMatchObject(
      flaw("schema", "Unresolvable: other.json"),
    );
  });

  it("leaves the given data and schema as they were", async () => {
    const data = Object.freeze({ a: 1, schema: 2 });
    const schema = Object.freeze({ required: Object.freeze(["id"]) as string[] });
    await validateRecord(data, collection(schema), {});
    expect([data, schema]).toEqual([{ a: 1, schema: 2 }, { required: ["id"] }]);
  });
});

describe("collections and groups", () => {
  const bucket = {
    "collection:schema": { required: ["title"] },
    "group:schema": { properties: { members: { minItems: 1 } } },
  };

  it("are as their bucket demands", async () => {
    await expect(validateInBucket("collection", { id: "c" }, bucket)).rejects.toMatchObject(
      flaw("title", "'title' is a required property"),
    );
    await expect(validateInBucket("group", { members: [] }, bucket)).rejects.toMatchObject(
      flaw("members", "[] should be non-empty"),
    );
    await expect(validateInBucket("collection", { title: "" }, bucket)).resolves.toBeUndefined();
    await expect(validateInBucket("group", {}, bucket)).resolves.toBeUndefined();
  });

  it("show their own schema to their bucket's", async () => {
    const demanding = { "collection:schema": { required: ["schema", "last_modified"] } };
    await expect(validateInBucket("collection", {}, demanding)).rejects.toMatchObject(
      flaw("schema", "'schema' is a required property"),
    );
  });
});
