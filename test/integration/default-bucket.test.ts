import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const BUCKET = "/buckets/default";
const RECORDS = `${BUCKET}/collections/c/records`;

let store: TestStore;
let users = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket()] });
});
afterAll(() => store.close());

/** Returns a new user with the id of the user's default bucket. */
const createUser = async () => {
  const as = `user${users++}`;
  const { user } = (await store.get("/", { as })).body;
  return { as, id: user.id as string, bucket: user.bucket as string };
};
const ids = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe("default bucket", () => {
  it("is private to each user and has the id that the root URL returns", async () => {
    const [one, other] = [await createUser(), await createUser()];
    expect(one.bucket).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(one.bucket).not.toBe(other.bucket);
    expect((await store.get("/", one)).body.user.bucket).toBe(one.bucket);
    expect((await store.get("/", one)).body.capabilities).toHaveProperty("default_bucket");

    await store.put(`${RECORDS}/r`, { data: { owner: "one" } }, one);
    expect(ids(await store.get(RECORDS, other))).toEqual([]);
    expect((await store.get(`/buckets/${one.bucket}/collections/c/records/r`, other)).status).toBe(403);
    expect((await store.get(`/buckets/${one.bucket}/collections/c/records/r`, one)).body.data.owner).toBe("one");
  });

  it("is created on first use and can be written by its user", async () => {
    const { as, id, bucket } = await createUser();
    expect((await store.get(`/buckets/${bucket}`, { as })).status).toBe(403);
    const { status, body } = await store.get(BUCKET, { as });
    expect([status, body]).toEqual([
      200,
      { data: { id: bucket, last_modified: expect.any(Number) }, permissions: { write: [id] } },
    ]);
    expect((await store.get(`/buckets/${bucket}`, { as })).body).toEqual(body);
    expect((await store.get(BUCKET, { as })).body).toEqual(body);
  });

  it("returns 401 to anonymous requests", async () => {
    for (const [method, path] of [
      ["GET", BUCKET],
      ["PUT", `${RECORDS}/r`],
      ["GET", RECORDS],
      ["DELETE", BUCKET],
    ] as const) {
      expect(await store.request(path, { method, as: null })).toMatchObject({ status: 401, body: { errno: 104 } });
    }
    expect((await store.get("/", { as: null })).body).not.toHaveProperty("user");
  });

  it("creates missing collections but no other objects", async () => {
    const { as } = await createUser();
    expect(await store.get(`${BUCKET}/collections/read/records`, { as })).toMatchObject({
      status: 200,
      body: { data: [] },
    });
    expect(await store.get(`${BUCKET}/collections/itself`, { as })).toMatchObject({
      status: 200,
      body: { data: { id: "itself" } },
    });
    expect((await store.put(`${BUCKET}/collections/put`, { data: { n: 1 } }, { as })).status).toBe(201);
    expect((await store.post(`${BUCKET}/collections`, { data: { id: "posted" } }, { as })).status).toBe(201);
    expect((await store.put(`${BUCKET}/collections/written/records/r`, {}, { as })).status).toBe(201);
    expect(ids(await store.get(`${BUCKET}/collections`, { as })).toSorted()).toEqual([
      "itself",
      "posted",
      "put",
      "read",
      "written",
    ]);
    expect((await store.get(`${BUCKET}/collections/read/records/none`, { as })).status).toBe(404);
    expect((await store.get(`${BUCKET}/groups/none`, { as })).status).toBe(404);
    expect((await store.get(`${BUCKET}/nowhere`, { as })).status).toBe(404);
  });

  it("can be put, patched and deleted like any bucket", async () => {
    const { as, bucket } = await createUser();
    expect(
      await store.put(BUCKET, { data: { id: "default", n: 1 } }, { as, headers: { "if-none-match": "*" } }),
    ).toMatchObject({
      status: 201,
      body: { data: { id: bucket, n: 1 } },
    });
    expect((await store.put(BUCKET, { data: {} }, { as, headers: { "if-none-match": "*" } })).status).toBe(412);
    expect(await store.patch(BUCKET, { data: { id: "default", m: 2 } }, { as })).toMatchObject({
      status: 200,
      body: { data: { id: bucket, n: 1, m: 2 } },
    });
    expect(await store.put(BUCKET, { data: { id: "other" } }, { as })).toMatchObject({
      status: 400,
      body: { message: "Object id does not match existing object" },
    });
    expect(await store.put(BUCKET, { permissions: { read: ["system.Everyone"] } }, { as })).toMatchObject({
      status: 200,
      body: { data: { n: 1, m: 2 } },
    });
    expect((await store.get(`/buckets/${bucket}`, { as: null })).status).toBe(200);
    expect((await store.request(BUCKET, { method: "HEAD", as })).status).toBe(200);
    expect((await store.post(BUCKET, {}, { as })).status).toBe(405);

    await store.put(`${RECORDS}/r`, {}, { as });
    expect(await store.delete(BUCKET, { as })).toMatchObject({
      status: 200,
      body: { data: { id: bucket, deleted: true } },
    });
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual([]);
    expect(ids(await store.get(RECORDS, { as }))).toEqual([]);
  });

  it("can be patched or deleted before it exists", async () => {
    const [one, other] = [await createUser(), await createUser()];
    expect(await store.patch(BUCKET, { data: { n: 1 } }, one)).toMatchObject({
      status: 200,
      body: { data: { id: one.bucket, n: 1 } },
    });
    expect(await store.delete(BUCKET, other)).toMatchObject({
      status: 200,
      body: { data: { id: other.bucket, deleted: true } },
    });
  });

  it("has groups whose members get their permissions", async () => {
    const [owner, member] = [await createUser(), await createUser()];
    const group = `/buckets/${owner.bucket}/groups/g`;
    expect((await store.put(`${BUCKET}/groups/g`, { data: { members: [member.id] } }, owner)).status).toBe(201);
    await store.put(`${RECORDS}/r`, { data: { n: 1 }, permissions: { read: [group] } }, owner);
    expect((await store.get("/", member)).body.user.principals).toContain(group);
    expect((await store.get(`/buckets/${owner.bucket}/collections/c/records/r`, member)).body.data.n).toBe(1);
    expect(ids(await store.get(`${BUCKET}/groups`, owner))).toEqual(["g"]);
    expect(ids(await store.get(`${BUCKET}/groups`, member))).toEqual([]);
  });

  it("accepts paths with a trailing slash and returns working links to next pages", async () => {
    const { as, bucket } = await createUser();
    for (const id of ["a", "b", "c"]) await store.put(`${RECORDS}/${id}`, {}, { as });
    expect((await store.get(`${BUCKET}/`, { as })).body.data.id).toBe(bucket);
    expect(ids(await store.get(`${RECORDS}/?_sort=id`, { as }))).toEqual(["a", "b", "c"]);
    const first = await store.get(`${RECORDS}?_limit=2`, { as });
    expect(ids(first)).toEqual(["c", "b"]);
    expect(ids(await store.get(first.headers.get("next-page") ?? "", { as }))).toEqual(["a"]);
    expect((await store.request(RECORDS, { method: "HEAD", as })).headers.get("total-objects")).toBe("3");
    expect(ids(await store.delete(`${RECORDS}?in_id=a,b`, { as })).toSorted()).toEqual(["a", "b"]);
  });

  it("decodes percent-encoded paths", async () => {
    const { as } = await createUser();
    expect((await store.put(`${BUCKET}/collections/%63/records/%72`, {}, { as })).body.data.id).toBe("r");
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
    expect((await store.get(`${RECORDS}/r`, { as })).status).toBe(200);
    for (const id of ["c%2Fd", "..%2Fx", "%", "%c3"])
      expect([400, 404]).toContain((await store.get(`${BUCKET}/collections/${id}/records`, { as })).status);
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
  });

  it("is created once in a batch", async () => {
    const { as, bucket } = await createUser();
    const { status, body } = await store.post(
      "/batch",
      {
        requests: [
          ...["a", "b", "c"].map((id) => ({ method: "PUT", path: `${RECORDS}/${id}`, body: { data: { id } } })),
          { path: RECORDS },
          { path: `/buckets/${bucket}/collections` },
          { method: "PUT", path: `${BUCKET}/collections/d/records/r`, body: { data: {} } },
        ],
      },
      { as },
    );
    expect([status, body.responses.map((response: { status: number }) => response.status)]).toEqual([
      200,
      [201, 201, 201, 200, 200, 201],
    ]);
    expect(ids(body.responses[3])).toEqual(["c", "b", "a"]);
    expect(ids(body.responses[4])).toEqual(["c"]);
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["d", "c"]);
  });

  it("is not created by rejected requests", async () => {
    const { as, bucket } = await createUser();
    expect((await store.put(`${RECORDS}/not%20an%20id`, {}, { as })).status).toBe(400);
    expect((await store.put(`${BUCKET}/collections/not%20an%20id/records/r`, {}, { as })).status).toBe(400);
    expect((await store.get(`/buckets/${bucket}`, { as })).status).toBe(403);
    const { body } = await store.post(
      "/batch",
      { requests: [{ method: "PUT", path: `${RECORDS}/not%20an%20id` }, { path: `/buckets/${bucket}` }] },
      { as },
    );
    expect(body.responses.map((response: { status: number }) => response.status)).toEqual([400, 403]);
  });

  it("is created once by concurrent first requests", async () => {
    const { as } = await createUser();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.put(`${RECORDS}/r${i}`, { data: { i } }, { as })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(ids(await store.get(RECORDS, { as })).toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `r${i}`));
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
  });

  it("is separate from a bucket with the id default", async () => {
    const { as, bucket } = await createUser();
    expect((await store.post("/buckets", { data: { id: "default", mine: true } }, { as })).status).toBe(201);
    expect((await store.get(BUCKET, { as })).body.data).toEqual({ id: bucket, last_modified: expect.any(Number) });
    expect((await store.get("/permissions", { as })).status).toBe(200);
    expect((await store.delete("/buckets?id=default", { as })).status).toBe(200);
    const other = await createUser();
    expect((await store.put("/buckets/default2", {}, other)).body.data.id).toBe("default2");
  });
});

it("without the default_bucket plugin, default is an ordinary bucket id", async () => {
  await using plain = await startStore();
  expect((await plain.get(BUCKET)).status).toBe(403);
  expect((await plain.put(BUCKET)).body.data.id).toBe("default");
  expect((await plain.get("/")).body.user).not.toHaveProperty("bucket");
  expect((await plain.get("/")).body.capabilities).not.toHaveProperty("default_bucket");
});
