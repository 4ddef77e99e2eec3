import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestRequest, type TestResponse, type TestStore } from "../start-store.ts";

const SECRET = "reference";
const EVERYONE = "system.Everyone";
const AUTHENTICATED = "system.Authenticated";

let store: TestStore;
/** Three user ids. Alice owns the objects unless a test says otherwise. */
let alice: string;
let bob: string;
let carol: string;

beforeAll(async () => {
  store = await startStore({ overrides: { useridHmacSecret: SECRET } });
  [alice, bob, carol] = [await store.userId("alice"), await store.userId("bob"), await store.userId("carol")];
});
afterAll(() => store.close());

let buckets = 0;
/** Creates a bucket of alice with a collection `c` and the given records. */
const newBucket = async (
  permissions = {},
  records: readonly string[] = [],
): Promise<{ bucket: string; collection: string; records: string }> => {
  const bucket = `/buckets/b${buckets++}`;
  const collection = `${bucket}/collections/c`;
  expect((await store.put(bucket, { permissions })).status).toBe(201);
  expect((await store.put(collection)).status).toBe(201);
  for (const id of records) expect((await store.put(`${collection}/records/${id}`)).status).toBe(201);
  return { bucket, collection, records: `${collection}/records` };
};

const status = async (path: string, more: TestRequest = {}): Promise<number> =>
  (await store.request(path, more)).status;
const ids = ({ body }: TestResponse): string[] => body.data.map(({ id }: { id: string }) => id);
/** Returns the sorted ids of a list, or the status of an error. */
const listed = async (path: string, as: string | null): Promise<string[] | number> => {
  const answer = await store.get(path, { as });
  return answer.status === 200 ? ids(answer).toSorted() : answer.status;
};
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` });
const helloOf = async (headers: Record<string, string>): Promise<TestResponse> => store.get("/", { as: null, headers });

describe("user", () => {
  it("has the id that Kinto derives from user name, password and secret", async () => {
    expect((await helloOf(basic("alice:x"))).body.user.id).toBe(
      "basicauth:13220188c231cceeadce06c3e8c79250a86efb32bc80666c5a8f3deaf24fa6f1",
    );
  });

  it.each(["alice:", "alice:x:y", "Ålice:pässwörd", "a b:c d", "雪:雪"])(
    "has an id that is the HMAC of %j",
    async (pair) => {
      expect((await helloOf(basic(pair))).body.user.id).toBe(
        `basicauth:${createHmac("sha256", SECRET).update(pair).digest("hex")}`,
      );
    },
  );

  it.each(["basic", "BASIC", "Basic "])("accepts any spelling of the scheme: %j", async (scheme) => {
    expect(
      (await helloOf({ authorization: `${scheme} ${Buffer.from("alice:secret").toString("base64")}` })).body.user.id,
    ).toBe(alice);
  });

  it("is recognized by credentials without padding", async () => {
    const unpadded = Buffer.from("bob:secret").toString("base64").replace(/=+$/, "");
    expect((await helloOf({ authorization: `Basic ${unpadded}` })).body.user.id).toBe(bob);
  });

  it.each([
    ["nothing", ""],
    ["a scheme alone", "Basic"],
    ["invalid base64", "Basic !!!"],
    ["no colon", `Basic ${Buffer.from("nocolon").toString("base64")}`],
    ["no user name", `Basic ${Buffer.from(":password").toString("base64")}`],
    ["a scheme of no plugin", "Bearer abc"],
    ["a word", "garbage"],
    ["letters outside ASCII", "Basic YWxp\u00e9"],
    ["spaces inside", "Basic YWxpY2U6 c2VjcmV0"],
  ])("is anonymous when Authorization is %s", async (_, authorization) => {
    const { bucket } = await newBucket();
    expect((await helloOf({ authorization })).body).not.toHaveProperty("user");
    const refused = await store.get(bucket, { as: null, headers: { authorization } });
    expect(refused).toMatchObject({ status: 401, body: { code: 401, errno: 104, error: "Unauthorized" } });
    expect(refused.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
  });

  it("gets 401 when anonymous and 403 when authenticated", async () => {
    const { bucket } = await newBucket();
    const [anonymous, stranger] = [await store.get(bucket, { as: null }), await store.get(bucket, { as: "carol" })];
    expect(anonymous).toMatchObject({ status: 401, body: { errno: 104 } });
    expect(anonymous.headers.get("www-authenticate")).toMatch(/^Basic /);
    expect(stranger).toMatchObject({ status: 403, body: { code: 403, errno: 121, error: "Forbidden" } });
    expect(stranger.headers.get("www-authenticate")).toBeNull();
  });

  it("sees its principals, including groups", async () => {
    const { bucket } = await newBucket();
    await store.put(`${bucket}/groups/g`, { data: { members: [bob] } });
    expect((await store.get("/", { as: "bob" })).body.user.principals).toEqual(
      expect.arrayContaining([bob, EVERYONE, AUTHENTICATED, `${bucket}/groups/g`]),
    );
    expect((await store.get("/", { as: "carol" })).body.user.principals).not.toContain(`${bucket}/groups/g`);
  });
});

describe("permission", () => {
  it("of system.Everyone applies to all users", async () => {
    const { bucket, collection } = await newBucket({ read: [EVERYONE] });
    for (const as of ["carol", null]) expect(await status(collection, { as })).toBe(200);
    expect(await status(bucket, { as: null, method: "PATCH", body: { data: {} } })).toBe(401);
    expect(await status(bucket, { as: "carol", method: "PATCH", body: { data: {} } })).toBe(403);
  });

  it("of system.Authenticated applies to authenticated users", async () => {
    const { collection } = await newBucket({ read: [AUTHENTICATED] });
    expect(await status(collection, { as: "carol" })).toBe(200);
    expect(await status(collection, { as: null })).toBe(401);
  });

  it("to read a bucket includes its groups, collections and records", async () => {
    const { bucket, collection, records } = await newBucket({ read: [carol] }, ["r"]);
    await store.put(`${bucket}/groups/g`);
    for (const path of [
      bucket,
      collection,
      `${bucket}/groups/g`,
      `${records}/r`,
      `${bucket}/collections`,
      `${bucket}/groups`,
      records,
    ]) {
      expect([path, await status(path, { as: "carol" })]).toEqual([path, 200]);
    }
    for (const path of [bucket, collection, `${bucket}/groups/g`, `${records}/r`]) {
      for (const method of ["PUT", "PATCH", "DELETE"]) {
        expect([
          method,
          path,
          await status(path, { as: "carol", method, ...(method !== "DELETE" && { body: { data: {} } }) }),
        ]).toEqual([method, path, 403]);
      }
    }
    for (const path of [records, `${bucket}/collections`, `${bucket}/groups`]) {
      expect(await status(path, { as: "carol", method: "POST", body: { data: {} } })).toBe(403);
      expect(await status(path, { as: "carol", method: "DELETE" })).toBe(403);
    }
  });

  it("to write a bucket includes everything below it", async () => {
    const { bucket, records } = await newBucket({ write: [carol] }, ["r"]);
    expect(await status(`${records}/r`, { as: "carol" })).toBe(200);
    expect(await status(`${records}/r`, { as: "carol", method: "PATCH", body: { data: { a: 1 } } })).toBe(200);
    expect(await status(records, { as: "carol", method: "POST", body: { data: {} } })).toBe(201);
    expect(await status(`${bucket}/groups`, { as: "carol", method: "POST", body: { data: {} } })).toBe(201);
    expect(await status(`${bucket}/collections`, { as: "carol", method: "POST", body: { data: {} } })).toBe(201);
    expect(await status(`${bucket}/collections`, { as: "carol", method: "DELETE" })).toBe(200);
    expect(await status(bucket, { as: "carol", method: "DELETE" })).toBe(200);
  });

  it("on a collection includes only its records", async () => {
    const { bucket, collection, records } = await newBucket({}, ["r"]);
    await store.put(`${bucket}/collections/other`);
    await store.patch(collection, { permissions: { read: [bob], write: [carol] } });
    for (const [as, may] of [
      ["bob", 403],
      ["carol", 200],
    ] as const) {
      expect(await status(collection, { as })).toBe(200);
      expect(await status(`${records}/r`, { as })).toBe(200);
      expect(await listed(records, as)).toEqual(["r"]);
      expect(await status(`${records}/r`, { as, method: "PATCH", body: { data: { by: as } } })).toBe(may);
      expect(await status(bucket, { as })).toBe(403);
      expect(await status(`${bucket}/collections/other`, { as })).toBe(403);
    }
  });

  it("on a record applies only to that record", async () => {
    const { collection, records } = await newBucket({}, ["read", "write", "other"]);
    await store.patch(`${records}/read`, { permissions: { read: [carol] } });
    await store.patch(`${records}/write`, { permissions: { write: [carol] } });
    const verdicts = async (id: string) => [
      await status(`${records}/${id}`, { as: "carol" }),
      await status(`${records}/${id}`, { as: "carol", method: "PATCH", body: { data: {} } }),
    ];
    expect([await verdicts("read"), await verdicts("write"), await verdicts("other")]).toEqual([
      [200, 403],
      [200, 200],
      [403, 403],
    ]);
    expect(await status(collection, { as: "carol" })).toBe(403);
  });

  it("on a group applies only to that group, and membership needs none", async () => {
    const { bucket } = await newBucket();
    await store.put(`${bucket}/groups/g`, { data: { members: [carol] }, permissions: { read: [bob] } });
    expect(await status(`${bucket}/groups/g`, { as: "bob" })).toBe(200);
    expect(await status(`${bucket}/groups/g`, { as: "carol" })).toBe(403);
    expect(await status(bucket, { as: "bob" })).toBe(403);
  });

  it.each([
    ["group:create", "groups", "collections"],
    ["collection:create", "collections", "groups"],
  ])("%s allows creating in %s and reading the bucket itself, but not %s", async (permission, list, other) => {
    const { bucket } = await newBucket({ [permission]: [carol] });
    await store.put(`${bucket}/${list}/theirs`);
    expect(await status(bucket, { as: "carol" })).toBe(200);
    expect(await listed(`${bucket}/${list}`, "carol")).toEqual([]);
    expect(await status(`${bucket}/${list}`, { as: "carol", method: "POST", body: { data: { id: "mine" } } })).toBe(
      201,
    );
    expect(await status(`${bucket}/${list}/mine2`, { as: "carol", method: "PUT" })).toBe(201);
    expect(await listed(`${bucket}/${list}`, "carol")).toEqual(["mine", "mine2"]);
    expect(await status(`${bucket}/${list}/theirs`, { as: "carol" })).toBe(403);
    expect(await listed(`${bucket}/${other}`, "carol")).toBe(403);
    expect(await status(`${bucket}/${other}`, { as: "carol", method: "POST", body: { data: {} } })).toBe(403);
    expect(await status(bucket, { as: "carol", method: "PATCH", body: { data: {} } })).toBe(403);
  });

  it("record:create allows reading the collection's metadata and the user's own records", async () => {
    const { collection, records } = await newBucket({}, ["theirs"]);
    await store.patch(collection, { data: { title: "box" }, permissions: { "record:create": [carol] } });
    expect((await store.get(collection, { as: "carol" })).body).toMatchObject({
      data: { title: "box" },
      permissions: {},
    });
    expect((await store.get(records, { as: "carol" })).body).toEqual({ data: [] });
    expect(await status(records, { as: "carol", method: "DELETE" })).toBe(200);

    expect(await status(records, { as: "carol", method: "POST", body: { data: { id: "mine" } } })).toBe(201);
    expect(await status(`${records}/put`, { as: "carol", method: "PUT", body: { data: {} } })).toBe(201);
    expect(await listed(records, "carol")).toEqual(["mine", "put"]);
    expect(await status(`${records}/mine`, { as: "carol", method: "DELETE" })).toBe(200);
    expect(await status(`${records}/mine`, { as: "carol" })).toBe(403);
    expect(await listed(records, "carol")).toEqual(["put"]);

    for (const more of [
      {},
      { method: "PUT", body: { data: {} } },
      { method: "PATCH", body: { data: {} } },
      { method: "DELETE" },
    ]) {
      expect(await status(`${records}/theirs`, { as: "carol", ...more })).toBe(403);
    }
    expect(await status(records, { as: "carol", method: "POST", body: { data: { id: "theirs" } } })).toBe(403);
    expect(
      await status(`${records}/theirs`, {
        as: "carol",
        method: "PUT",
        body: { data: {} },
        headers: { "if-none-match": "*" },
      }),
    ).toBe(412);
    expect(await status(collection, { as: "carol", method: "PATCH", body: { data: {} } })).toBe(403);
    expect(await listed(records, "alice")).toEqual(["put", "theirs"]);
  });

  it("record:create for everyone creates records that everyone may write", async () => {
    const { collection, records } = await newBucket();
    await store.patch(collection, { permissions: { "record:create": [EVERYONE] } });
    const created = await store.post(records, { data: { id: "r" } }, { as: null });
    expect(created).toMatchObject({ status: 201, body: { permissions: { write: [EVERYONE] } } });
    expect(await listed(records, null)).toEqual(["r"]);
    expect(await status(`${records}/r`, { as: "carol", method: "DELETE" })).toBe(200);
  });

  it("to create buckets is granted only by settings", async () => {
    await using closed = await startStore({ settings: { bucketCreatePrincipals: [] } });
    expect(
      await Promise.all(["alice", null].map(async (as) => (await closed.put("/buckets/b", {}, { as })).status)),
    ).toEqual([403, 401]);
    expect((await closed.get("/buckets")).status).toBe(403);

    await using chosen = await startStore({
      settings: { bucketCreatePrincipals: [alice] },
      overrides: { useridHmacSecret: SECRET },
    });
    expect((await chosen.put("/buckets/b", {}, { as: "bob" })).status).toBe(403);
    expect((await chosen.post("/buckets", { data: {} }, { as: "bob" })).status).toBe(403);
    expect((await chosen.put("/buckets/b")).status).toBe(201);
    expect((await chosen.get("/buckets")).body.data).toHaveLength(1);
    expect((await chosen.put("/buckets/b", { permissions: { "bucket:create": [bob] } })).status).toBe(400);

    await using open = await startStore({ settings: { bucketCreatePrincipals: [EVERYONE] } });
    expect((await open.put("/buckets/b", {}, { as: null })).body.permissions).toEqual({ write: [EVERYONE] });
  });

  it("to create buckets can be granted to a group", async () => {
    await using chosen = await startStore({
      settings: { bucketCreatePrincipals: [alice, "/buckets/b/groups/makers"] },
      overrides: { useridHmacSecret: SECRET },
    });
    await chosen.put("/buckets/b");
    expect((await chosen.put("/buckets/bobs", {}, { as: "bob" })).status).toBe(403);
    await chosen.put("/buckets/b/groups/makers", { data: { members: [bob] } });
    expect((await chosen.put("/buckets/bobs", {}, { as: "bob" })).status).toBe(201);
    expect((await chosen.post("/buckets", { data: { id: "bobs2" } }, { as: "bob" })).status).toBe(201);
    expect((await chosen.put("/buckets/carols", {}, { as: "carol" })).status).toBe(403);
  });
});

describe("partly shared list", () => {
  it("returns and counts the objects that the user may read", async () => {
    const { records } = await newBucket({}, ["hidden", "other"]);
    for (let i = 0; i < 7; i++)
      await store.put(`${records}/r${i}`, { permissions: { [i % 2 === 0 ? "read" : "write"]: [carol] } });
    const pages: string[][] = [];
    for (let next: string | null = `${records}?_limit=3`; next !== null && pages.length < 9; ) {
      const answer: TestResponse = await store.get(next, { as: "carol" });
      pages.push(ids(answer));
      next = answer.headers.get("next-page");
    }
    expect(pages).toEqual([["r6", "r5", "r4"], ["r3", "r2", "r1"], ["r0"]]);
    const counted = await store.request(records, { method: "HEAD", as: "carol" });
    expect([counted.status, counted.headers.get("total-objects"), counted.headers.get("total-records")]).toEqual([
      200,
      "7",
      "7",
    ]);
    expect((await store.request(records, { method: "HEAD" })).headers.get("total-objects")).toBe("9");
  });

  it("returns the shared objects that changed since a timestamp", async () => {
    const { records } = await newBucket({}, ["hidden"]);
    const first = (await store.put(`${records}/a`, { permissions: { read: [carol] } })).body.data.last_modified;
    await store.put(`${records}/b`, { permissions: { read: [carol] } });
    await store.patch(`${records}/hidden`, { data: { a: 1 } });
    expect(ids(await store.get(`${records}?_since=${first}`, { as: "carol" }))).toEqual(["b"]);
  });

  it("returns 304 while the list is unchanged", async () => {
    const { records } = await newBucket({}, ["hidden"]);
    await store.put(`${records}/r`, { permissions: { read: [carol] } });
    const etag = (await store.get(records, { as: "carol" })).headers.get("etag") as string;
    const again = { as: "carol", headers: { "if-none-match": etag } };
    expect((await store.get(records, again)).status).toBe(304);
    expect((await store.get(records, { ...again, as: "bob" })).status).toBe(403);
    await store.put(`${records}/r2`, { permissions: { read: [carol] } });
    expect((await store.get(records, again)).status).toBe(200);
  });

  it("deletes only the objects that the user may write", async () => {
    const { records } = await newBucket({}, ["hidden"]);
    await store.put(`${records}/read`, { permissions: { read: [carol] } });
    await store.put(`${records}/write`, { permissions: { write: [carol] } });
    const gone = await store.delete(records, { as: "carol" });
    expect([gone.status, ids(gone)]).toEqual([200, ["write"]]);
    expect(await listed(records, "carol")).toEqual(["read"]);
    expect(await listed(records, "alice")).toEqual(["hidden", "read"]);
  });

  it("returns 403 for DELETE when the user may write no object", async () => {
    const { records } = await newBucket({}, ["hidden"]);
    await store.put(`${records}/read`, { permissions: { read: [carol, EVERYONE] } });
    expect(await status(records, { method: "DELETE", as: "carol" })).toBe(403);
    expect(await status(records, { method: "DELETE", as: null })).toBe(401);
    expect(await listed(records, "alice")).toEqual(["hidden", "read"]);
  });

  it("returns the collections and buckets in which the user may create objects", async () => {
    const { bucket } = await newBucket();
    await store.put(`${bucket}/collections/box`, { permissions: { "record:create": [carol] } });
    expect(await listed(`${bucket}/collections`, "carol")).toEqual(["box"]);
    expect(
      (await store.request(`${bucket}/collections`, { method: "HEAD", as: "carol" })).headers.get("total-objects"),
    ).toBe("1");
    expect(await status(`${bucket}/collections`, { method: "DELETE", as: "carol" })).toBe(403);

    const [groups, collections] = [
      await newBucket({ "group:create": [bob] }),
      await newBucket({ "collection:create": [bob] }),
    ];
    const shown = (await listed("/buckets", "bob")) as string[];
    expect(
      [groups, collections, { bucket }].map((one) => shown.includes(one.bucket.slice("/buckets/".length))),
    ).toEqual([true, true, false]);
  });

  it("returns 403 after the last shared object was deleted, unshared or purged", async () => {
    const { collection, records } = await newBucket({}, ["hidden"]);
    const share = () => store.put(`${records}/r`, { permissions: { read: [carol] } });
    await share();
    expect(await listed(records, "carol")).toEqual(["r"]);
    await store.put(`${records}/r`, { permissions: { read: [] } });
    expect(await listed(records, "carol")).toBe(403);
    await share();
    await store.delete(`${records}/r`);
    expect(await listed(records, "carol")).toBe(403);
    await share();
    await store.delete(collection);
    expect(await listed(records, "carol")).toBe(403);
    await store.put(collection);
    expect(await listed(records, "carol")).toBe(403);
    expect(await status(records, { method: "DELETE", as: "carol" })).toBe(403);
  });

  it("returns objects shared with a group of another bucket", async () => {
    const [{ records }, other] = [await newBucket({}, ["hidden"]), await newBucket()];
    await store.put(`${records}/r`, { permissions: { read: [`${other.bucket}/groups/g`] } });
    expect(await listed(records, "carol")).toBe(403);
    await store.put(`${other.bucket}/groups/g`, { data: { members: [carol] } });
    expect(await listed(records, "carol")).toEqual(["r"]);
  });
});

describe("permissions of an object", () => {
  it("are visible only to users whom the object itself grants write", async () => {
    const { records } = await newBucket({ read: [bob], write: [carol] });
    const record = `${records}/r`;
    const given = { write: [carol], read: [EVERYONE] };
    await store.put(record, { permissions: given }, { as: "carol" });
    const seen = async (as: string | null) => (await store.get(record, { as })).body.permissions;
    expect(await seen("carol")).toEqual(given);
    for (const as of ["alice", "bob", null]) expect(await seen(as)).toEqual({});
    expect((await store.patch(record, { data: { a: 1 } })).body.permissions).toMatchObject({
      write: expect.arrayContaining([alice, carol]),
    });
    expect(Object.keys(await seen("alice"))).toEqual(expect.arrayContaining(["read", "write"]));
  });

  it("always grant write to the editor", async () => {
    const { records } = await newBucket();
    const record = `${records}/r`;
    const permissions = async (method: string, body: unknown) =>
      (await store.request(record, { method, body })).body.permissions;
    expect(await permissions("PUT", { permissions: { write: [bob] } })).toEqual({
      write: expect.arrayContaining([alice, bob]),
    });
    expect(await permissions("PUT", { permissions: { write: [] } })).toEqual({ write: [alice] });
    expect(await permissions("PATCH", { permissions: { write: [carol] } })).toEqual({
      write: expect.arrayContaining([alice, carol]),
    });
    expect(await permissions("PATCH", { permissions: { write: [] } })).toEqual({ write: [alice] });
    expect((await store.post(records, { permissions: { write: [] } })).body.permissions).toEqual({ write: [alice] });
  });

  it("are removed when they are empty", async () => {
    const { bucket } = await newBucket({ read: [bob], "group:create": [], "collection:create": [carol] });
    expect((await store.get(bucket)).body.permissions).toEqual({
      write: [alice],
      read: [bob],
      "collection:create": [carol],
    });
    expect(
      (await store.patch(bucket, { permissions: { read: [], "collection:create": [] } })).body.permissions,
    ).toEqual({ write: [alice] });
    expect(await status(bucket, { as: "bob" })).toBe(403);
  });

  it("are replaced as a whole by PUT, unless it has none", async () => {
    const { bucket } = await newBucket({ read: [bob], "group:create": [carol] });
    expect((await store.put(bucket, { data: { a: 1 } })).body.permissions).toEqual({
      write: [alice],
      read: [bob],
      "group:create": [carol],
    });
    expect((await store.put(bucket, { permissions: {} })).body.permissions).toEqual({
      write: [alice],
      read: [bob],
      "group:create": [carol],
    });
    const replaced = (await store.put(bucket, { permissions: { read: [carol] } })).body;
    expect(replaced).toMatchObject({ data: { a: 1 } });
    expect(replaced.permissions).toEqual({ write: [alice], read: [carol] });
  });

  it("are replaced by name by PATCH", async () => {
    const { bucket } = await newBucket({ read: [bob], "group:create": [carol] });
    expect(
      (await store.patch(bucket, { permissions: { read: [carol], "collection:create": [bob] } })).body.permissions,
    ).toEqual({
      write: [alice],
      read: [carol],
      "group:create": [carol],
      "collection:create": [bob],
    });
  });

  it("are unchanged when they are null", async () => {
    const { bucket } = await newBucket({ read: [bob] });
    for (const method of ["PATCH", "PUT"]) {
      const { status, body } = await store.request(bucket, {
        method,
        body: { permissions: { read: null, write: null } },
      });
      expect([status, body.permissions]).toEqual([200, { write: [alice], read: [bob] }]);
    }
    expect(
      (await store.patch(bucket, { permissions: { read: null, "group:create": [carol] } })).body.permissions,
    ).toMatchObject({ read: [bob] });
  });

  it.each([
    [null],
    [["read"]],
    ["read"],
    [{ admin: ["a"] }],
    [{ read: "a" }],
    [{ read: [1] }],
    [{ read: [null] }],
    [{ read: [""] }],
    [{ "record:create": ["a"] }],
  ])("are rejected when they are %j", async (permissions) => {
    const { bucket } = await newBucket();
    for (const method of ["PUT", "PATCH"]) expect(await status(bucket, { method, body: { permissions } })).toBe(400);
    expect((await store.get(bucket)).body.permissions).toEqual({ write: [alice] });
  });
});

describe("group", () => {
  const withGroup = async (members: readonly string[]) => {
    const shared = await newBucket();
    const group = `${shared.bucket}/groups/g`;
    await store.put(group, { data: { members } });
    await store.patch(shared.bucket, { permissions: { read: [group] } });
    return { ...shared, group };
  };

  it("applies to its members at once, and until they are removed", async () => {
    const { bucket, collection, group } = await withGroup([]);
    const seen = async () => [await status(bucket, { as: "bob" }), await status(collection, { as: "bob" })];
    expect(await seen()).toEqual([403, 403]);
    await store.put(group, { data: { members: [carol, bob] } });
    expect(await seen()).toEqual([200, 200]);
    await store.patch(group, { data: { members: [carol] } });
    expect(await seen()).toEqual([403, 403]);
    expect(await status(bucket, { as: "carol" })).toBe(200);
  });

  it("has no members after its deletion, and new ones when it is recreated", async () => {
    const { bucket, group } = await withGroup([bob]);
    expect(await status(bucket, { as: "bob" })).toBe(200);
    await store.delete(group);
    expect(await status(bucket, { as: "bob" })).toBe(403);
    await store.put(group, { data: { members: [carol] } });
    expect([await status(bucket, { as: "bob" }), await status(bucket, { as: "carol" })]).toEqual([403, 200]);
  });

  it("has no members after the list of groups is deleted", async () => {
    const { bucket } = await withGroup([bob]);
    await store.delete(`${bucket}/groups`);
    expect(await status(bucket, { as: "bob" })).toBe(403);
  });

  it.each([
    ["with bob", () => bob],
    ["with all authenticated users", () => "system.Authenticated"],
  ])("%s allows its members to delete it with other groups", async (_, member) => {
    const { bucket } = await newBucket();
    await store.put(`${bucket}/groups/other`, {
      data: { members: [] },
      permissions: { write: [`${bucket}/groups/own`] },
    });
    // The newest entry comes first.
    await store.put(`${bucket}/groups/own`, { data: { members: [member()] }, permissions: { write: [bob] } });
    const { status: answered, body } = await store.delete(`${bucket}/groups`, { as: "bob" });
    expect([answered, body.data.map(({ id }: { id: string }) => id).toSorted()]).toEqual([200, ["other", "own"]]);
  });

  it("has no members after its bucket is deleted and recreated", async () => {
    const { bucket, group } = await withGroup([bob]);
    await store.delete(bucket);
    await store.put(bucket, { permissions: { read: [group] } });
    expect(await status(bucket, { as: "bob" })).toBe(403);
    expect((await store.get("/", { as: "bob" })).body.user.principals).not.toContain(group);
    await store.put(group, { data: { members: [bob] } });
    expect(await status(bucket, { as: "bob" })).toBe(200);
  });

  it("of another bucket applies until that bucket or the group is deleted", async () => {
    const [mine, other] = [await newBucket({}, ["r"]), await newBucket()];
    const group = `${other.bucket}/groups/g`;
    await store.patch(mine.collection, { permissions: { read: [group] } });
    const seen = () => status(`${mine.records}/r`, { as: "bob" });
    const join = () => store.put(group, { data: { members: [bob] } });
    expect(await seen()).toBe(403);
    await join();
    expect(await seen()).toBe(200);
    await store.delete(group);
    expect(await seen()).toBe(403);
    await join();
    expect(await seen()).toBe(200);
    await store.delete(other.bucket);
    expect(await seen()).toBe(403);
    await store.put(other.bucket);
    expect(await seen()).toBe(403);
    await join();
    expect(await seen()).toBe(200);
  });

  it("of 300 members applies to each, and at once no longer to removed ones", async () => {
    const others = Array.from({ length: 298 }, (_, i) => `basicauth:${String(i).padStart(64, "0")}`);
    const { bucket, group } = await withGroup([carol, ...others, bob]);
    const seen = async () => [await status(bucket, { as: "bob" }), await status(bucket, { as: "carol" })];
    expect((await store.get(group)).body.data.members).toHaveLength(300);
    expect(await seen()).toEqual([200, 200]);
    await store.patch(group, { data: { members: [...others, bob] } });
    expect(await seen()).toEqual([200, 403]);
    await store.patch(group, { data: { members: [carol] } });
    expect(await seen()).toEqual([403, 200]);
    await store.put(group, { data: { members: [bob, ...others] } });
    expect(await seen()).toEqual([200, 403]);
    await store.delete(group);
    expect(await seen()).toEqual([403, 403]);
    await store.put(group, { data: { members: [] } });
    expect(await seen()).toEqual([403, 403]);
  });

  it.each(["/buckets/b/groups/g", "/buckets/anything", EVERYONE, null, 7, ["a"]])(
    "rejects %j as a member",
    async (member) => {
      const { bucket } = await newBucket();
      const refused = await store.put(`${bucket}/groups/g`, { data: { members: [alice, member] } });
      expect(refused).toMatchObject({
        status: 400,
        body: { errno: 107, details: [{ location: "body", name: "data.members.1" }] },
      });
      expect(await status(`${bucket}/groups/g`)).toBe(404);
      await store.put(`${bucket}/groups/g`);
      expect(await status(`${bucket}/groups/g`, { method: "PATCH", body: { data: { members: [member] } } })).toBe(400);
      expect(await status(`${bucket}/groups`, { method: "POST", body: { data: { members: [member] } } })).toBe(400);
      expect((await store.get(`${bucket}/groups/g`)).body.data.members).toBeUndefined();
    },
  );
});

describe("missing object", () => {
  /** Kinto 26.5's responses to the bucket's owner, a user who may read it, another user, and an anonymous user. */
  const KINTO: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "/buckets/none": {
      GET: "403 403 403 401",
      PUT: "201 201 201 401",
      POST: "405 405 405 405",
      PATCH: "403 403 403 401",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/collections": {
      GET: "403 403 403 401",
      PUT: "405 405 405 405",
      POST: "403 403 403 401",
      PATCH: "405 405 405 405",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/collections/c": {
      GET: "403 403 403 401",
      PUT: "403 403 403 401",
      POST: "405 405 405 405",
      PATCH: "403 403 403 401",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/groups": {
      GET: "403 403 403 401",
      PUT: "405 405 405 405",
      POST: "403 403 403 401",
      PATCH: "405 405 405 405",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/groups/g": {
      GET: "403 403 403 401",
      PUT: "403 403 403 401",
      POST: "405 405 405 405",
      PATCH: "403 403 403 401",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/collections/c/records": {
      GET: "403 403 403 401",
      PUT: "405 405 405 405",
      POST: "404 404 404 404",
      PATCH: "405 405 405 405",
      DELETE: "403 403 403 401",
    },
    "/buckets/none/collections/c/records/r": {
      GET: "403 403 403 401",
      PUT: "404 404 404 404",
      POST: "405 405 405 405",
      PATCH: "404 404 404 404",
      DELETE: "404 404 404 404",
    },
    "BUCKET/collections/none": {
      GET: "404 404 403 401",
      PUT: "201 403 403 401",
      POST: "405 405 405 405",
      PATCH: "404 404 403 401",
      DELETE: "404 404 403 401",
    },
    "BUCKET/collections/none/records": {
      GET: "404 404 403 401",
      PUT: "405 405 405 405",
      POST: "404 404 404 404",
      PATCH: "405 405 405 405",
      DELETE: "404 403 403 401",
    },
    "BUCKET/collections/none/records/r": {
      GET: "404 404 403 401",
      PUT: "404 404 404 404",
      POST: "405 405 405 405",
      PATCH: "404 404 404 404",
      DELETE: "404 404 404 404",
    },
    "BUCKET/groups/none": {
      GET: "404 404 403 401",
      PUT: "201 403 403 401",
      POST: "405 405 405 405",
      PATCH: "404 404 403 401",
      DELETE: "404 404 403 401",
    },
    "BUCKET/collections/c/records/none": {
      GET: "404 404 403 401",
      PUT: "201 403 403 401",
      POST: "405 405 405 405",
      PATCH: "404 404 403 401",
      DELETE: "404 404 403 401",
    },
  };

  it.each(Object.entries(KINTO))("gets Kinto's response at %s", async (place, expected) => {
    const { bucket } = await newBucket({ read: [bob] });
    const path = place.replace("BUCKET", bucket);
    const seen: Record<string, string> = {};
    for (const method of Object.keys(expected)) {
      const row: number[] = [];
      for (const as of ["alice", "bob", "carol", null]) {
        const answer = await status(path, {
          method,
          as,
          ...(["PUT", "POST", "PATCH"].includes(method) && { body: { data: {} } }),
        });
        row.push(answer);
        if (answer === 201) await store.delete(path, { as });
        if (method === "GET") expect(await status(path, { method: "HEAD", as })).toBe(answer);
      }
      seen[method] = row.join(" ");
    }
    expect(seen).toEqual(expected);
  });
});
