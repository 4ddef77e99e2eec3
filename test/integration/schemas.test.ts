import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Json } from "../../lib/json.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const INTEGER = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
const JSON_PATCH = { headers: { "content-type": "application/json-patch+json" } };
const MERGE_PATCH = { headers: { "content-type": "application/merge-patch+json" } };

let store: TestStore;
let bucket: string;
let collection: string;
let records: string;
let buckets = 0;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  bucket = `/buckets/b${buckets++}`;
  collection = `${bucket}/collections/c`;
  records = `${collection}/records`;
  await store.put(bucket);
});

/** Stores the schema in the collection and returns the timestamp of the collection. */
const putSchema = async (schema: Json) =>
  (await store.put(collection, { data: { schema } })).body.data.last_modified as number;
const invalidParameter = (name: string, description: string) => ({
  status: 400,
  body: { code: 400, errno: 107, error: "Invalid parameters", details: [{ location: "body", name, description }] },
});
const MISSING_N = invalidParameter("n", "'n' is a required property");
const expectAccepted = async (answer: Promise<TestResponse>) => {
  const { status, body } = await answer;
  expect({ accepted: status < 300, error: status < 300 ? undefined : body }).toEqual({
    accepted: true,
    error: undefined,
  });
  return body.data;
};

describe("schema of a collection", () => {
  it("rejects invalid records for every kind of write", async () => {
    await putSchema(INTEGER);
    await expectAccepted(store.put(`${records}/r`, { data: { n: 1 } }));

    expect(await store.put(`${records}/r`, { data: { n: "x" } })).toMatchObject(
      invalidParameter("n", "'x' is not of type 'integer'"),
    );
    expect(await store.put(`${records}/new`, { data: {} })).toMatchObject(MISSING_N);
    expect(await store.put(`${records}/new`)).toMatchObject({ status: 400 });
    expect(await store.post(records, { data: {} })).toMatchObject(MISSING_N);
    expect(await store.patch(`${records}/r`, { data: { n: null } })).toMatchObject(
      invalidParameter("n", "None is not of type 'integer'"),
    );
    expect(await store.patch(`${records}/r`, { data: { n: null } }, MERGE_PATCH)).toMatchObject(MISSING_N);
    expect(await store.patch(`${records}/r`, [{ op: "remove", path: "/data/n" }], JSON_PATCH)).toMatchObject(MISSING_N);
    expect((await store.get(`${records}?_since=0`)).body.data).toMatchObject([{ id: "r", n: 1 }]);

    expect(await expectAccepted(store.patch(`${records}/r`, { data: { m: 2 } }))).toMatchObject({ n: 1, m: 2 });
    expect(await expectAccepted(store.post(records, { data: { id: "posted", n: 2 } }))).toMatchObject({ n: 2 });
  });

  it("sets the schema field of each checked record to its timestamp", async () => {
    const schema = await putSchema(INTEGER);
    expect(await expectAccepted(store.put(`${records}/r`, { data: { n: 1 } }))).toMatchObject({ schema });
    expect(await expectAccepted(store.put(`${records}/r`, { data: { n: 1, schema: 5 } }))).toMatchObject({ schema });
    const newer = await putSchema({ ...INTEGER, title: "newer" });
    expect((await store.get(`${records}/r`)).body.data.schema).toBe(schema);
    expect(await expectAccepted(store.patch(`${records}/r`, { data: { n: 2 } }))).toMatchObject({ schema: newer });
    expect((await store.get(`${records}?min_schema=${newer}`)).body.data).toHaveLength(1);
  });

  it("applies to later writes of older records, including changes of permissions only", async () => {
    await putSchema(INTEGER);
    await store.put(`${records}/r`, { data: { n: 1 } });
    expect(await store.patch(collection, { data: { schema: { required: ["z"] } } })).toMatchObject({ status: 200 });
    expect((await store.get(`${records}/r`)).body.data.n).toBe(1);
    const missingZ = invalidParameter("z", "'z' is a required property");
    expect(await store.patch(`${records}/r`, { data: { q: 1 } })).toMatchObject(missingZ);
    expect(await store.put(`${records}/r`, { permissions: { read: ["x"] } })).toMatchObject(missingZ);
    await expectAccepted(store.patch(`${records}/r`, { data: { z: 1 } }));
  });

  it("accepts any record when it is empty, and adds no schema field after it is removed", async () => {
    const schema = await putSchema({});
    expect(await expectAccepted(store.put(`${records}/r`, { data: { any: 1 } }))).toEqual({
      id: "r",
      any: 1,
      schema,
      last_modified: expect.any(Number),
    });
    await store.put(collection, { data: {} });
    expect(await expectAccepted(store.put(`${records}/r`, { data: { any: 1 } }))).toEqual({
      id: "r",
      any: 1,
      last_modified: expect.any(Number),
    });
  });

  it.each<[string, Json]>([
    ["an unknown type", { type: "nope" }],
    ["properties that are not an object", { properties: [] }],
    ["required that is not an array", { required: "n" }],
    ["an invalid pattern", { pattern: "(" }],
    ["a string", "x"],
    ["an array", []],
    ["true", true],
  ])("is rejected and leaves the collection unchanged when it is or has %s", async (_, schema) => {
    await putSchema(INTEGER);
    const before = (await store.get(collection)).body;
    for (const method of ["PUT", "PATCH"]) {
      const answer = await store.request(collection, { method, body: { data: { schema } } });
      expect(answer).toMatchObject({
        status: 400,
        body: { errno: 107, details: [{ location: "body", name: expect.stringMatching(/^(data\.)?schema$/) }] },
      });
    }
    expect((await store.get(collection)).body).toEqual(before);
    expect((await store.put(`${bucket}/collections/new`, { data: { schema } })).status).toBe(400);
    expect((await store.get(`${bucket}/collections/new`)).status).toBe(404);
  });

  it("may require only fields that the store adds, also in draft 4, where an empty list is invalid", async () => {
    await putSchema({ $schema: "http://json-schema.org/draft-04/schema#", required: ["id", "last_modified"] });
    await expectAccepted(store.put(`${records}/r`, { data: { n: 1 } }));
    await expectAccepted(store.post(records, { data: {} }));
  });

  it("is not applied to the fields that the store adds", async () => {
    await putSchema({ type: "object", properties: { n: {} }, additionalProperties: false });
    await expectAccepted(store.put(`${records}/r`, { data: { n: 1 } }));
    await expectAccepted(store.patch(`${records}/r`, { data: { n: 2 } }));
    expect(await store.patch(`${records}/r`, { data: { m: 2 } })).toMatchObject({ status: 400 });
  });
});

describe("schemas of a bucket", () => {
  const SCHEMAS = {
    "record:schema": INTEGER,
    "collection:schema": { required: ["title"] },
    "group:schema": { required: ["reason"] },
  };

  it("reject invalid collections, groups and records", async () => {
    expect(await store.put(bucket, { data: SCHEMAS })).toMatchObject({ status: 200, body: { data: SCHEMAS } });

    expect(await store.put(collection, { data: {} })).toMatchObject(
      invalidParameter("title", "'title' is a required property"),
    );
    await expectAccepted(store.put(collection, { data: { title: "t" } }));
    await expectAccepted(store.patch(collection, { data: { other: 1 } }));
    expect(await store.patch(collection, { data: { title: null } }, MERGE_PATCH)).toMatchObject(
      invalidParameter("title", "'title' is a required property"),
    );
    expect(await store.put(`${bucket}/groups/g`, { data: { members: [] } })).toMatchObject(
      invalidParameter("reason", "'reason' is a required property"),
    );
    await expectAccepted(store.put(`${bucket}/groups/g`, { data: { members: [], reason: 1 } }));
    expect(await store.put(`${records}/r`, { data: {} })).toMatchObject(MISSING_N);
    expect(await expectAccepted(store.put(`${records}/r`, { data: { n: 1 } }))).toEqual({
      id: "r",
      n: 1,
      last_modified: expect.any(Number),
    });
  });

  it("apply together with the schema of the collection", async () => {
    await store.put(bucket, { data: SCHEMAS });
    const schema = await expectAccepted(store.put(collection, { data: { title: "t", schema: { required: ["z"] } } }));
    expect(await store.put(`${records}/r`, { data: { n: 1 } })).toMatchObject(
      invalidParameter("z", "'z' is a required property"),
    );
    expect(await store.put(`${records}/r`, { data: { z: 1 } })).toMatchObject(MISSING_N);
    expect(await expectAccepted(store.put(`${records}/r`, { data: { n: 1, z: 1 } }))).toMatchObject({
      schema: schema.last_modified,
    });
  });

  it("are rejected when they are not valid schemas", async () => {
    for (const name of Object.keys(SCHEMAS)) {
      expect(await store.put(bucket, { data: { [name]: { type: "nope" } } })).toMatchObject({
        status: 400,
        body: { details: [{ name: `data.${name}` }] },
      });
    }
    expect((await store.get(bucket)).body.data).not.toHaveProperty("record:schema");
  });
});

it("schema stored in a batch applies to the later requests of the batch", async () => {
  const { body } = await store.post("/batch", {
    requests: [
      { method: "PUT", path: collection, body: { data: { schema: INTEGER } } },
      { method: "PUT", path: `${records}/r`, body: { data: {} } },
      { method: "PUT", path: `${records}/r`, body: { data: { n: 1 } } },
      { method: "PATCH", path: bucket, body: { data: { "record:schema": { required: ["z"] } } } },
      { method: "PATCH", path: `${records}/r`, body: { data: { n: 2 } } },
      { method: "PATCH", path: `${records}/r`, body: { data: { z: 2 } } },
    ],
  });
  expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 400, 201, 200, 400, 200]);
  expect(body.responses[2].body.data.schema).toBe(body.responses[0].body.data.last_modified);
  expect((await store.get(`${records}/r`)).body.data).toMatchObject({ n: 1, z: 2 });
});

it("schemas are ordinary attributes when schema validation is disabled in the settings", async () => {
  await using unchecked = await startStore({ settings: { experimentalCollectionSchemaValidation: false } });
  await unchecked.put("/buckets/b", { data: { "record:schema": INTEGER } });
  await unchecked.put("/buckets/b/collections/c", { data: { schema: INTEGER } });
  const { status, body } = await unchecked.put("/buckets/b/collections/c/records/r", { data: { n: "x", schema: 5 } });
  expect([status, body.data.n, body.data.schema]).toEqual([201, "x", 5]);
  expect((await unchecked.get("/")).body.capabilities).not.toHaveProperty("schema");
  expect((await store.get("/")).body.capabilities).toHaveProperty("schema");
});
