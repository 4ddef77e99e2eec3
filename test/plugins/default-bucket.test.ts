import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import type { Json } from "../../lib/json.ts";
import { defaultBucket, replaceBucketId } from "../../plugins/default-bucket/index.ts";
import fc from "../fast-check.ts";

const withSecret = (secret: string) =>
  startTestStore({ plugins: [defaultBucket()], overrides: { useridHmacSecret: secret } });

describe("default-bucket › bucket id", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await withSecret("s3cret");
  });
  afterAll(() => store.close());

  const getBucketId = async (as: string, from: TestStore = store): Promise<string> =>
    (await from.get("/", { as })).body.user.bucket;

  it("is derived from the user id like in Kinto: the first half of the HMAC-SHA256 as a UUID", async () => {
    const digest = createHmac("sha256", "s3cret").update("testuser:alice").digest("hex");
    const id = await getBucketId("alice");
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(id.replaceAll("-", "")).toBe(digest.slice(0, 32));
  });

  it("is a valid id, and differs for each user and each secret", async () => {
    await using other = await withSecret("other");
    await using without = await withSecret("");
    const users = ["1", "2", "1 ", "é", "system.Everyone"];
    const ids = await Promise.all(
      [store, other, without].flatMap((from) => users.map((user) => getBucketId(user, from))),
    );
    expect(new Set(ids).size).toBe(15);
    for (const id of ids) expect((await store.put(`/buckets/${id}`)).status).toBe(201);
  });
});

describe("replaceBucketId", () => {
  it("replaces default in an id like Kinto, even within a longer id", () => {
    expect(replaceBucketId({ data: { id: "default", n: 1 }, permissions: { read: [] } }, "own")).toEqual({
      data: { id: "own", n: 1 },
      permissions: { read: [] },
    });
    expect(replaceBucketId({ data: { id: "my-default" } }, "own")).toEqual({ data: { id: "my-own" } });
  });

  it("returns every other body unchanged", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, data) => {
        for (const unchanged of [body, { data }, { data: { n: data } }, { data: { id: 5 } }, undefined] as (
          | Json
          | undefined
        )[]) {
          if (!JSON.stringify(unchanged ?? null).includes("default"))
            expect(replaceBucketId(unchanged, "own")).toEqual(unchanged);
        }
      }),
    );
    expect(
      JSON.stringify(replaceBucketId(JSON.parse('{"data":{"id":"default","__proto__":{"x":1}},"__proto__":2}'), "own")),
    ).toBe('{"data":{"id":"own","__proto__":{"x":1}},"__proto__":2}');
  });
});
