import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type TestStore, testStore } from "@kintoun/testing";
import type { Json } from "../../lib/json.ts";
import { withBucketId } from "../../plugins/default-bucket/bucket-id.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import fc from "../fast-check.ts";

const withSecret = (secret: string) =>
  testStore({ plugins: [defaultBucket()], overrides: { useridHmacSecret: secret } });

describe("a default bucket's id", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await withSecret("s3cret");
  });
  afterAll(() => store.close());

  const bucketOf = async (as: string, by: TestStore = store): Promise<string> =>
    (await by.get("/", { as })).body.user.bucket;

  it("is made of the user's as Kinto makes it: the first half of the HMAC-SHA256, as a UUID", async () => {
    const digest = createHmac("sha256", "s3cret").update("testuser:alice").digest("hex");
    const id = await bucketOf("alice");
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(id.replaceAll("-", "")).toBe(digest.slice(0, 32));
  });

  it("is another for each user and each secret, and is an id", async () => {
    await using other = await withSecret("other");
    await using without = await withSecret("");
    const users = ["1", "2", "1 ", "é", "system.Everyone"];
    const made = await Promise.all([store, other, without].flatMap((by) => users.map((user) => bucketOf(user, by))));
    expect(new Set(made).size).toBe(15);
    for (const id of made) expect((await store.put(`/buckets/${id}`)).status).toBe(201);
  });
});

describe("default as an id in a body", () => {
  it("stands for the bucket's own, as in Kinto also within a longer one", () => {
    expect(withBucketId({ data: { id: "default", n: 1 }, permissions: { read: [] } }, "own")).toEqual({
      data: { id: "own", n: 1 },
      permissions: { read: [] },
    });
    expect(withBucketId({ data: { id: "my-default" } }, "own")).toEqual({ data: { id: "my-own" } });
  });

  it("leaves every other body as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, data) => {
        for (const given of [body, { data }, { data: { n: data } }, { data: { id: 5 } }, undefined] as (
          | Json
          | undefined
        )[]) {
          if (!JSON.stringify(given ?? null).includes("default")) expect(withBucketId(given, "own")).toEqual(given);
        }
      }),
    );
    expect(
      JSON.stringify(withBucketId(JSON.parse('{"data":{"id":"default","__proto__":{"x":1}},"__proto__":2}'), "own")),
    ).toBe('{"data":{"id":"own","__proto__":{"x":1}},"__proto__":2}');
  });
});
