import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const BUCKET = "/buckets/default";
const RECORDS = `${BUCKET}/collections/c/records`;

let store: TestStore;
let made = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket()] });
});
afterAll(() => store.close());

/** A user of whom the store knows nothing yet, and what the user's bucket is called. */
const newcomer = async () => {
  const as = `user${made++}`;
  const { user } = (await store.get("/", { as })).body;
  return { as, id: user.id as string, bucket: user.bucket as string };
};
const ids = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe("the default bucket", () => {
  it("is each user's own, and is called by an id that hello tells", async () => {
    const [one, other] = [await newcomer(), await newcomer()];
    expect(one.bucket).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(one.bucket).not.toBe(other.bucket);
    expect((await store.get("/", one)).body.user.bucket).toBe(one.bucket);
    expect((await store.get("/", one)).body.capabilities).toHaveProperty("default_bucket");

    await store.put(`${RECORDS}/r`, { data: { of: "one" } }, one);
    expect(ids(await store.get(RECORDS, other))).toEqual([]);
    expect((await store.get(`/buckets/${one.bucket}/collections/c/records/r`, other)).status).toBe(403);
    expect((await store.get(`/buckets/${one.bucket}/collections/c/records/r`, one)).body.data.of).toBe("one");
  });

  it("is there when it is first asked for, and is the asker's", async () => {
    const { as, id, bucket } = await newcomer();
    expect((await store.get(`/buckets/${bucket}`, { as })).status).toBe(403);
    const { status, body } = await store.get(BUCKET, { as });
    expect([status, body]).toEqual([
      200,
      { data: { id: bucket, last_modified: expect.any(Number) }, permissions: { write: [id] } },
    ]);
    expect((await store.get(`/buckets/${bucket}`, { as })).body).toEqual(body);
    expect((await store.get(BUCKET, { as })).body).toEqual(body);
  });

  it("is not there for nobody in particular", async () => {
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

  it("has every collection that is asked for, and makes no other objects", async () => {
    const { as } = await newcomer();
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

  it("is put, patched and deleted as other buckets are", async () => {
    const { as, bucket } = await newcomer();
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

  it("is patched and deleted by who never saw it", async () => {
    const [one, other] = [await newcomer(), await newcomer()];
    expect(await store.patch(BUCKET, { data: { n: 1 } }, one)).toMatchObject({
      status: 200,
      body: { data: { id: one.bucket, n: 1 } },
    });
    expect(await store.delete(BUCKET, other)).toMatchObject({
      status: 200,
      body: { data: { id: other.bucket, deleted: true } },
    });
  });

  it("has groups, whose members count", async () => {
    const [owner, member] = [await newcomer(), await newcomer()];
    const group = `/buckets/${owner.bucket}/groups/g`;
    expect((await store.put(`${BUCKET}/groups/g`, { data: { members: [member.id] } }, owner)).status).toBe(201);
    await store.put(`${RECORDS}/r`, { data: { n: 1 }, permissions: { read: [group] } }, owner);
    expect((await store.get("/", member)).body.user.principals).toContain(group);
    expect((await store.get(`/buckets/${owner.bucket}/collections/c/records/r`, member)).body.data.n).toBe(1);
    expect(ids(await store.get(`${BUCKET}/groups`, owner))).toEqual(["g"]);
    expect(ids(await store.get(`${BUCKET}/groups`, member))).toEqual([]);
  });

  it("is what a path with a slash at the end leads to, and pages lead on in it", async () => {
    const { as, bucket } = await newcomer();
    for (const id of ["a", "b", "c"]) await store.put(`${RECORDS}/${id}`, {}, { as });
    expect((await store.get(`${BUCKET}/`, { as })).body.data.id).toBe(bucket);
    expect(ids(await store.get(`${RECORDS}/?_sort=id`, { as }))).toEqual(["a", "b", "c"]);
    const first = await store.get(`${RECORDS}?_limit=2`, { as });
    expect(ids(first)).toEqual(["c", "b"]);
    expect(ids(await store.get(first.headers.get("next-page") ?? "", { as }))).toEqual(["a"]);
    expect((await store.request(RECORDS, { method: "HEAD", as })).headers.get("total-objects")).toBe("3");
    expect(ids(await store.delete(`${RECORDS}?in_id=a,b`, { as })).toSorted()).toEqual(["a", "b"]);
  });

  it("takes paths that are percent-encoded for what they mean", async () => {
    const { as } = await newcomer();
    expect((await store.put(`${BUCKET}/collections/%63/records/%72`, {}, { as })).body.data.id).toBe("r");
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
    expect((await store.get(`${RECORDS}/r`, { as })).status).toBe(200);
    for (const id of ["c%2Fd", "..%2Fx", "%", "%c3"])
      expect([400, 404]).toContain((await store.get(`${BUCKET}/collections/${id}/records`, { as })).status);
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
  });

  it("is made in a batch, once", async () => {
    const { as, bucket } = await newcomer();
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

  it("is not made by what is refused", async () => {
    const { as, bucket } = await newcomer();
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

  it("is made once by many who come first at once", async () => {
    const { as } = await newcomer();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.put(`${RECORDS}/r${i}`, { data: { i } }, { as })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(ids(await store.get(RECORDS, { as })).toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `r${i}`));
    expect(ids(await store.get(`${BUCKET}/collections`, { as }))).toEqual(["c"]);
  });

  it("takes no bucket's place, and none takes its own", async () => {
    const { as, bucket } = await newcomer();
    expect((await store.post("/buckets", { data: { id: "default", mine: true } }, { as })).status).toBe(201);
    expect((await store.get(BUCKET, { as })).body.data).toEqual({ id: bucket, last_modified: expect.any(Number) });
    expect((await store.get("/permissions", { as })).status).toBe(200);
    expect((await store.delete("/buckets?id=default", { as })).status).toBe(200);
    const stranger = await newcomer();
    expect((await store.put("/buckets/default2", {}, stranger)).body.data.id).toBe("default2");
  });
});

it("a bucket named default is one like others where the plugin is not active", async () => {
  await using plain = await startStore();
  expect((await plain.get(BUCKET)).status).toBe(403);
  expect((await plain.put(BUCKET)).body.data.id).toBe("default");
  expect((await plain.get("/")).body.user).not.toHaveProperty("bucket");
  expect((await plain.get("/")).body.capabilities).not.toHaveProperty("default_bucket");
});
