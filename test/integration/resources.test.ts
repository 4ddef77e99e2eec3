import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
let alice: string;
let counter = 0;
beforeAll(async () => {
  store = await startStore();
  alice = await store.userId("alice");
});
afterAll(() => store.close());

/** Creates a collection and returns the path of its records. */
const newRecords = async () => {
  const bucket = `/buckets/b${counter++}`;
  await store.put(bucket);
  await store.put(`${bucket}/collections/c`);
  return `${bucket}/collections/c/records`;
};
const etag = ({ headers }: { headers: Headers }) => headers.get("etag") ?? "";
const timestamp = (answer: { headers: Headers }) => Number(etag(answer).slice(1, -1));

describe.each([
  ["bucket", async () => "/buckets"],
  ["group", async () => (await newRecords()).replace("/collections/c/records", "/groups")],
  ["collection", async () => (await newRecords()).replace("/c/records", "")],
  ["record", newRecords],
])("%s", (resource, newList) => {
  it("can be created, read, changed, replaced and deleted", async () => {
    const list = await newList();
    const path = `${list}/one-${counter++}`;
    const id = path.split("/").at(-1);
    const members = resource === "group" ? { members: [] } : {};

    const created = await store.put(path, { data: { title: "one", kept: { yes: [1, null, "x"] } } });
    expect(created).toMatchObject({
      status: 201,
      body: {
        data: { id, title: "one", kept: { yes: [1, null, "x"] }, last_modified: timestamp(created) },
        permissions: { write: [alice] },
      },
    });
    expect(created.headers.get("last-modified")).toBe(new Date(timestamp(created)).toUTCString());
    expect(await store.get(path)).toMatchObject({ status: 200, body: created.body });

    const patched = await store.patch(path, { data: { title: "two" } });
    expect(patched.body.data).toEqual({ ...created.body.data, title: "two", last_modified: timestamp(patched) });
    expect(timestamp(patched)).toBeGreaterThan(timestamp(created));

    const replaced = await store.put(path, { data: { title: "three" } });
    expect([replaced.status, replaced.body.data]).toEqual([
      200,
      { id, title: "three", ...members, last_modified: timestamp(replaced) },
    ]);

    const head = await store.request(path, { method: "HEAD" });
    expect([head.status, etag(head), head.body]).toEqual([200, etag(replaced), undefined]);

    const deleted = await store.delete(path);
    expect([deleted.status, deleted.body]).toEqual([
      200,
      { data: { id, last_modified: timestamp(deleted), deleted: true } },
    ]);
    expect(await store.get(path)).toMatchObject({ status: resource === "bucket" ? 403 : 404 });
  });

  it("can be posted with or without an id, and is returned when it exists", async () => {
    const list = await newList();

    const named = await store.post(list, { data: { id: `own${counter++}`, n: 1 } });
    const unnamed = await store.post(list, { data: { n: 2 } });
    const again = await store.post(list, { data: { id: named.body.data.id, n: 3 } });

    expect([named.status, unnamed.status, again.status]).toEqual([201, 201, 200]);
    expect(unnamed.body.data.id).toMatch(resource === "record" ? /^[0-9a-f-]{36}$/ : /^[a-zA-Z0-9][a-zA-Z0-9_-]{7}$/);
    expect(again.body).toEqual(named.body);
  });

  it("has members only when it is a group that was given data", async () => {
    if (resource !== "group") return;
    const list = await newList();
    const read = { permissions: { read: ["system.Everyone"] } };
    for (const [id, body] of [
      ["a", read],
      ["b", undefined],
      ["c", {}],
    ] as const) {
      expect(Object.keys((await store.put(`${list}/${id}`, body)).body.data)).toEqual(["id", "last_modified"]);
      expect(Object.keys((await store.post(list, body)).body.data)).toEqual(["id", "last_modified"]);
    }
    expect((await store.put(`${list}/a`, read)).body.data.members).toBeUndefined();
    expect((await store.patch(`${list}/a`, read)).body.data.members).toEqual([]);
    expect((await store.patch(`${list}/b`, { data: { x: 1 } })).body.data.members).toEqual([]);
    expect((await store.put(`${list}/c`, { data: {} })).body.data.members).toEqual([]);
    expect((await store.post(list, { data: {} })).body.data.members).toEqual([]);
  });

  it("keeps its data when only permissions are put, and its permissions when only data is put", async () => {
    const list = await newList();
    const path = `${list}/both-${counter++}`;
    await store.put(path, { data: { n: 1 }, permissions: { read: ["system.Everyone"] } });

    const data = await store.put(path, { data: { n: 2 } });
    expect(data.body.permissions).toEqual({ read: ["system.Everyone"], write: [alice] });
    const permissions = await store.put(path, { permissions: { read: ["system.Authenticated"] } });
    expect(permissions.body).toMatchObject({
      data: { n: 2 },
      permissions: { read: ["system.Authenticated"], write: [alice] },
    });
  });

  it("returns 405 with the allowed methods for others", async () => {
    const list = await newList();
    await store.put(`${list}/x`);

    expect(await store.put(list, {})).toMatchObject({
      status: 405,
      body: { code: 405, errno: 115, error: "Method Not Allowed" },
    });
    expect((await store.put(list, {})).headers.get("allow")?.split(", ").toSorted()).toEqual([
      "DELETE",
      "GET",
      "HEAD",
      "OPTIONS",
      "POST",
    ]);
    expect((await store.post(`${list}/x`, {})).headers.get("allow")?.split(", ").toSorted()).toEqual([
      "DELETE",
      "GET",
      "HEAD",
      "OPTIONS",
      "PATCH",
      "PUT",
    ]);
  });
});

describe("preconditions", () => {
  it("return 304 only when the client has the current state", async () => {
    const records = await newRecords();
    const put = await store.put(`${records}/r`, { data: {} });
    for (const path of [`${records}/r`, records]) {
      const fresh = await store.get(path, { headers: { "if-none-match": etag(put) } });
      expect([fresh.status, fresh.body, etag(fresh)]).toEqual([304, undefined, etag(put)]);
      expect((await store.get(path, { headers: { "if-none-match": '"1"' } })).status).toBe(200);
      expect((await store.get(path, { headers: { "if-match": etag(put) } })).status).toBe(200);
      expect((await store.get(path, { headers: { "if-match": '"1"' } })).status).toBe(412);
    }
  });

  it("accept a write based on the current state, else return 412 with it", async () => {
    const records = await newRecords();
    const path = `${records}/r`;
    const first = await store.put(path, { data: { n: 1 } });
    const second = await store.put(path, { data: { n: 2 } }, { headers: { "if-match": etag(first) } });
    expect(second.status).toBe(200);

    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const refused = await store.request(path, {
        method,
        ...(method !== "DELETE" && { body: { data: { n: 3 } } }),
        headers: { "if-match": etag(first) },
      });
      expect(refused).toMatchObject({
        status: 412,
        body: { code: 412, errno: 114, error: "Precondition Failed", details: { existing: second.body.data } },
      });
      expect(refused.body.details.existing).toEqual(second.body.data);
      expect(etag(refused)).toBe(etag(second));
    }
    expect((await store.get(path)).body).toEqual(second.body);
  });

  it("create only a missing object with If-None-Match: *, and change only an existing one with If-Match: *", async () => {
    const records = await newRecords();
    const create = { headers: { "if-none-match": "*" } };
    const change = { headers: { "if-match": "*" } };

    expect((await store.put(`${records}/r`, { data: {} }, change)).status).toBe(412);
    expect((await store.put(`${records}/r`, { data: {} }, create)).status).toBe(201);
    expect((await store.put(`${records}/r`, { data: {} }, create)).status).toBe(412);
    expect((await store.put(`${records}/r`, { data: {} }, change)).status).toBe(200);
    expect((await store.post(records, { data: { id: "r" } }, create)).status).toBe(412);
    expect((await store.post(records, { data: { id: "s" } }, create)).status).toBe(201);
  });

  it("apply to lists", async () => {
    const records = await newRecords();
    const first = await store.post(records, { data: {} });
    await store.post(records, { data: {} });

    expect((await store.post(records, { data: {} }, { headers: { "if-match": etag(first) } })).status).toBe(412);
    expect((await store.delete(records, { headers: { "if-match": etag(first) } })).status).toBe(412);
    const now = etag(await store.get(records));
    expect((await store.post(records, { data: {} }, { headers: { "if-match": now } })).status).toBe(201);
    expect((await store.get(records)).body.data).toHaveLength(3);
  });
});

describe("lists", () => {
  it("are ordered newest first, counted by HEAD only, and keep their timestamp while unchanged", async () => {
    const records = await newRecords();
    const empty = await store.get(records);
    expect([empty.status, empty.body, timestamp(empty) > 0]).toEqual([200, { data: [] }, true]);
    expect(etag(await store.get(records))).toBe(etag(empty));

    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift((await store.post(records, { data: { i } })).body.data.id);
    const list = await store.get(records);
    const head = await store.request(records, { method: "HEAD" });

    expect(list.body.data.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect([head.headers.get("total-objects"), head.headers.get("total-records"), etag(head)]).toEqual([
      "5",
      "5",
      etag(list),
    ]);
    expect(list.headers.get("total-objects")).toBeNull();
    expect(timestamp(list)).toBe(list.body.data[0].last_modified);
  });

  it("return changes since a timestamp, including tombstones", async () => {
    const records = await newRecords();
    await store.put(`${records}/old`, { data: {} });
    const since = etag(await store.put(`${records}/gone`, { data: {} }));
    const changed = await store.put(`${records}/new`, { data: {} });
    const deleted = await store.delete(`${records}/gone`);

    for (const bound of [since, since.slice(1, -1), encodeURIComponent(since)]) {
      const { body } = await store.get(`${records}?_since=${bound}`);
      expect(body.data).toEqual([deleted.body.data, changed.body.data]);
    }
    expect(
      (await store.get(`${records}?_before=${timestamp(changed)}`)).body.data.map(({ id }: { id: string }) => id),
    ).toEqual(["old"]);
    expect((await store.get(`${records}?_since=${etag(deleted)}`)).body.data).toEqual([]);
    expect((await store.get(records)).body.data.map(({ id }: { id: string }) => id)).toEqual(["new", "old"]);
    expect((await store.request(`${records}?_since=${since}`, { method: "HEAD" })).headers.get("total-objects")).toBe(
      "1",
    );
  });

  it("return each entry once in pages during concurrent writes", async () => {
    const records = await newRecords();
    for (let i = 0; i < 25; i++) await store.put(`${records}/r${i}`, { data: {} });

    const seen: string[] = [];
    let next: string | null = `${records}?_limit=10`;
    while (next !== null) {
      const { status, body, headers } = await store.get(next);
      expect(status).toBe(200);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      next = headers.get("next-page");
      if (next !== null) expect(next).toMatch(new RegExp(`^${store.url}${records}\\?_limit=10&_token=`));
      await store.put(`${records}/new${seen.length}`, { data: {} });
    }

    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `r${24 - i}`));
  });

  it("limit pages to the configured size", async () => {
    await using small = await startStore({ settings: { paginateBy: 2 } });
    await small.put("/buckets/b");
    for (const id of ["x", "y", "z"]) await small.put(`/buckets/b/collections/${id}`);

    const first = await small.get("/buckets/b/collections?_limit=100");
    const second = await small.get(first.headers.get("next-page") ?? "");

    expect([first, second].map(({ body }) => body.data.map(({ id }: { id: string }) => id))).toEqual([
      ["z", "y"],
      ["x"],
    ]);
    expect(second.headers.get("next-page")).toBeNull();
  });

  it("can be deleted as a whole or in part", async () => {
    const records = await newRecords();
    const kept = await store.put(`${records}/r0`, { data: {} });
    for (let i = 1; i < 45; i++) await store.put(`${records}/r${i}`, { data: {} });

    const some = await store.delete(`${records}?_since=${etag(kept)}&_limit=4`);
    expect(some.body.data).toHaveLength(4);
    expect(some.headers.get("next-page")).toContain("_token=");
    const most = await store.delete(`${records}?_since=${etag(kept)}`);
    expect(most.body.data).toHaveLength(40);
    expect(most.body.data.every(({ deleted }: { deleted: boolean }) => deleted)).toBe(true);
    expect((await store.get(records)).body.data).toEqual([kept.body.data]);
    expect((await store.get(`${records}?_since=${etag(kept)}`)).body.data).toHaveLength(44);
    expect(timestamp(await store.get(records))).toBe(timestamp(most));
  });
});

describe("deleted object", () => {
  it("is gone with its children, and has none when it is recreated, with rising timestamps", async () => {
    const records = await newRecords();
    const [bucket, collection] = [records.split("/collections")[0] as string, records.replace("/records", "")];
    const before = await store.put(`${records}/r`, { data: {} });

    await store.delete(bucket);
    expect((await store.get(`${records}/r`)).status).toBe(403);
    await store.put(bucket);
    expect((await store.get(`${bucket}/collections`)).body.data).toEqual([]);
    expect((await store.get(records)).status).toBe(404);
    await store.put(collection);

    const list = await store.get(`${records}?_since=0`);
    expect(list.body.data).toEqual([]);
    expect(timestamp(list)).toBeGreaterThan(timestamp(before));
    expect((await store.get(`${records}/r`)).status).toBe(404);
    expect((await store.request(records, { method: "HEAD" })).headers.get("total-objects")).toBe("0");
    expect((await store.put(`${records}/r`, { data: {} }, { headers: { "if-none-match": "*" } })).status).toBe(201);
  });
});

describe("root page and unknown paths", () => {
  it("returns the server's and the user's properties", async () => {
    expect((await store.get("/")).body).toMatchObject({
      project_name: "kintoun",
      http_api_version: "1.23",
      url: `${store.url}/`,
      capabilities: { basicauth: { description: expect.any(String) } },
      user: { id: alice, principals: [alice, "system.Everyone", "system.Authenticated"] },
    });
    expect((await store.get("/", { as: null })).body).not.toHaveProperty("user");
  });

  it("return 404", async () => {
    expect(await store.get("/nowhere")).toMatchObject({
      status: 404,
      body: { code: 404, errno: 111, error: "Not Found" },
    });
  });
});
