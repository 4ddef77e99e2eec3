import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readConfig } from "../../app/config.ts";
import type { Json } from "../../core/json.ts";
import { jsonLog } from "../../core/log.ts";
import { withBucketId } from "../../plugins/default-bucket/bucket-id.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";

const bucketOf = async (user: string, secret = "s3cret") => {
  const [plugin] = readConfig({ plugins: [defaultBucket()] }).plugins;
  const { userInfo } = (await plugin?.start({ resources: { secret: async () => secret }, log: jsonLog(() => {}) })) ?? {};
  return (await userInfo?.(user))?.bucket as string;
};

describe("a default bucket's id", () => {
  it("is made of the user's as Kinto makes it: the first half of the HMAC-SHA256, as a UUID", async () => {
    const digest = createHmac("sha256", "s3cret").update("basicauth:1").digest("hex");
    const id = await bucketOf("basicauth:1");
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(id.replaceAll("-", "")).toBe(digest.slice(0, 32));
  });

  it("is another for each user and each secret, and is an id", async () => {
    const users = ["basicauth:1", "basicauth:2", "basicauth:1 ", "é", "system.Everyone"];
    const made = await Promise.all(users.flatMap((user) => [bucketOf(user), bucketOf(user, "other"), bucketOf(user, "")]));
    expect(new Set(made).size).toBe(made.length);
  });
});

describe("default as an id in a body", () => {
  it("stands for the bucket's own, as in Kinto also within a longer one", () => {
    expect(withBucketId({ data: { id: "default", n: 1 }, permissions: { read: [] } }, "own")).toEqual({ data: { id: "own", n: 1 }, permissions: { read: [] } });
    expect(withBucketId({ data: { id: "my-default" } }, "own")).toEqual({ data: { id: "my-own" } });
  });

  it("leaves every other body as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, data) => {
        for (const given of [body, { data }, { data: { n: data } }, { data: { id: 5 } }, undefined] as (Json | undefined)[]) {
          if (!JSON.stringify(given ?? null).includes("default")) expect(withBucketId(given, "own")).toEqual(given);
        }
      }),
    );
    expect(JSON.stringify(withBucketId(JSON.parse('{"data":{"id":"default","__proto__":{"x":1}},"__proto__":2}'), "own"))).toBe(
      '{"data":{"id":"own","__proto__":{"x":1}},"__proto__":2}',
    );
  });
});
