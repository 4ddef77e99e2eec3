import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

let store: TestStore;
let bob: string;
let carol: string;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search()] });
  [bob, carol] = await Promise.all([store.userId("bob"), store.userId("carol")]);
});
afterAll(() => store.close());

let count = 0;
let bucket: string;
let collection: string;
beforeEach(async () => {
  bucket = `/buckets/b${++count}`;
  collection = `${bucket}/collections/notes`;
  await store.put(bucket);
  await store.put(collection);
});

const put = (id: string, text: string, read: readonly string[] = [], at = collection) =>
  store.put(`${at}/records/${id}`, { data: { text, tag: text.split(" ")[0] }, permissions: { read } });
const searchAs = (as: string | null, body: object = {}, path = collection) =>
  store.post(`${path}/search`, { size: 100, ...body }, { as });
const idsOf = ({ body }: TestResponse): string[] => body.hits.hits.map(({ _id }: { _id: string }) => _id).sort();
const findAs = async (as: string | null, body: object = {}, path = collection) => idsOf(await searchAs(as, body, path));

describe("a search by a user who may not read the collection", () => {
  it("finds only the records that are shared with the user", async () => {
    await put("one", "red sea", [bob]);
    await put("two", "red desert");
    await put("three", "blue sea", [bob]);

    expect(await findAs("bob")).toEqual(["one", "three"]);
    expect(await findAs("bob", { query: { match: { text: "red" } } })).toEqual(["one"]);
    expect(await findAs("bob", { query: { ids: { values: ["one", "two"] } } })).toEqual(["one"]);
    expect(await findAs("bob", { query: { bool: { must_not: { match: { text: "blue" } } } } })).toEqual(["one"]);
    expect(await findAs("alice")).toEqual(["one", "three", "two"]);
  });

  it("counts only shared records in totals, aggregations and _count", async () => {
    await put("one", "red sea", [bob]);
    await put("two", "red desert");
    await put("three", "secret plan");
    const aggs = { tags: { terms: { field: "tag" } }, all: { cardinality: { field: "tag" } } };

    const { body } = await searchAs("bob", { size: 0, aggs });
    expect(body.hits.total).toEqual({ value: 1, relation: "eq" });
    expect(body.aggregations.tags.buckets).toEqual([{ key: "red", doc_count: 1 }]);
    expect(body.aggregations.all.value).toBe(1);

    const count = await store.post(`${collection}/search/_count`, {}, { as: "bob" });
    expect(count.body).toMatchObject({ count: 1 });
    const missed = await store.post(
      `${collection}/search/_count`,
      { query: { match: { text: "secret" } } },
      { as: "bob" },
    );
    expect(missed.body).toMatchObject({ count: 0 });
  });

  it("answers the same, whatever the other records are", async () => {
    await put("one", "red sea", [bob]);
    await put("two", "red desert and a red sea", [bob]);
    const body = {
      query: { multi_match: { query: "red sea", fields: ["text^2", "tag"] } },
      aggs: { tags: { terms: { field: "tag" } } },
    };
    const answer = async () => {
      const { took, reflects, ...others } = (await searchAs("bob", body)).body;
      return others;
    };
    const before = await answer();

    for (let n = 0; n < 20; n++) await put(`other${n}`, "red red red sea");

    expect(await answer()).toEqual(before);
  });

  it("returns 401 or 403 if nothing is shared with the user, as for the list", async () => {
    await put("one", "red sea");

    expect((await searchAs("bob")).status).toBe(403);
    expect((await searchAs(null)).status).toBe(401);
    expect((await store.get(`${collection}/records`, { as: "bob" })).status).toBe(403);
  });

  it("finds nothing for a user who may only create records, and then the user's own", async () => {
    await store.put(collection, { permissions: { "record:create": [bob] } });
    await put("one", "red sea");
    expect(await findAs("bob")).toEqual([]);

    await store.put(`${collection}/records/own`, { data: { text: "blue" } }, { as: "bob" });
    expect(await findAs("bob")).toEqual(["own"]);
  });

  it("finds records that are shared with everyone or with all authenticated users", async () => {
    await put("one", "red sea", ["system.Everyone"]);
    await put("two", "red desert", ["system.Authenticated"]);

    expect(await findAs(null)).toEqual(["one"]);
    expect(await findAs("bob")).toEqual(["one", "two"]);
  });
});

describe("changes of permissions and memberships", () => {
  it("count from the next search on", async () => {
    await put("one", "red sea", [bob]);
    await put("two", "red desert", [bob]);
    expect(await findAs("bob")).toEqual(["one", "two"]);

    await store.patch(`${collection}/records/one`, { permissions: { read: [] } });
    expect(await findAs("bob")).toEqual(["two"]);

    await store.patch(collection, { permissions: { read: [bob] } });
    expect(await findAs("bob")).toEqual(["one", "two"]);

    await store.patch(collection, { permissions: { read: [] } });
    expect(await findAs("bob")).toEqual(["two"]);
  });

  it("count for members of groups, on records and on the collection", async () => {
    const group = `${bucket}/groups/team`;
    await store.put(group, { data: { members: [carol] } });
    await put("one", "red sea", [group]);
    await put("two", "red desert");
    expect((await searchAs("bob")).status).toBe(403);

    await store.patch(group, { data: { members: [bob] } });
    expect(await findAs("bob")).toEqual(["one"]);

    await store.patch(collection, { permissions: { read: [group] } });
    expect(await findAs("bob")).toEqual(["one", "two"]);

    await store.patch(group, { data: { members: [] } });
    expect((await searchAs("bob")).status).toBe(403);
  });

  it("count within a batch", async () => {
    await put("one", "red sea", [bob]);
    const one = { method: "POST", path: `${collection}/search`, body: {} };

    const { body } = await store.post("/batch", {
      requests: [
        { method: "PATCH", path: `${collection}/records/one`, body: { data: { text: "blue" } } },
        { method: "DELETE", path: `${collection}/records/one` },
        one,
      ],
    });

    expect(body.responses[2].body.hits.hits).toEqual([]);
    expect((await searchAs("bob")).status).toBe(403);
  });
});

describe("what is written", () => {
  it("is found by the next search, and is gone after a deletion", async () => {
    for (let n = 0; n < 20; n++) {
      await put("one", `word${n}`);
      expect(await findAs("alice", { query: { match: { text: `word${n}` } } })).toEqual(["one"]);
      if (n % 5 !== 4) continue;
      await store.delete(`${collection}/records/one`);
      expect(await findAs("alice")).toEqual([]);
    }
  });

  it("is stated by the timestamp of the list", async () => {
    const { headers } = await put("one", "red sea");
    const answer = await searchAs("alice");

    expect(answer.body.reflects).toEqual({ timestamp: headers.get("etag")?.replaceAll('"', ""), lag: 0 });
    expect(answer.headers.get("etag")).toBe(headers.get("etag"));
    expect(answer.headers.get("cache-control")).toContain("no-store");
  });

  it("is not missed when a batch writes after a search of the same list", async () => {
    await put("one", "red sea");
    await store.post("/batch", {
      requests: [
        { method: "PUT", path: `${collection}/records/two`, body: { data: { text: "blue" } } },
        { method: "POST", path: `${collection}/search`, body: {} },
        { method: "PUT", path: `${collection}/records/three`, body: { data: { text: "green" } } },
      ],
    });

    expect(await findAs("alice")).toEqual(["one", "three", "two"]);
  });
});

describe("a search of several collections", () => {
  const other = () => `${bucket}/collections/other`;

  it("finds the records of a bucket that the user may read, and names them", async () => {
    await store.put(other());
    await put("one", "red sea", [bob]);
    await put("two", "red desert");
    await put("one", "red planet", [], other());

    const all = await searchAs("alice", { query: { match: { text: "red" } } }, bucket);
    expect(all.body.hits.hits.map(({ _uri }: { _uri: string }) => _uri).sort()).toEqual([
      `${collection}/records/one`,
      `${collection}/records/two`,
      `${other()}/records/one`,
    ]);
    expect(all.body.hits.hits[0]).toMatchObject({ _type: "record" });
    expect(all.body.hits.total.value).toBe(3);
    expect(Object.keys(all.body.reflects.collections)).toEqual([collection, other()]);

    const shared = await searchAs("bob", {}, bucket);
    expect(shared.body.hits.hits.map(({ _uri }: { _uri: string }) => _uri)).toEqual([`${collection}/records/one`]);
  });

  it("does not find a record by the sharing of one with the same id elsewhere", async () => {
    await store.put(other());
    await put("one", "red sea", [bob]);
    await put("one", "secret", [], other());
    await put("two", "blue", [bob], other());

    const { body } = await searchAs("bob", { aggs: { tags: { terms: { field: "tag" } } } }, bucket);

    expect(body.hits.total.value).toBe(2);
    expect(body.aggregations.tags.buckets.map(({ key }: { key: string }) => key)).toEqual(["blue", "red"]);
  });

  it("returns 403 for a bucket of which the user may read nothing, and 404 for one that does not exist", async () => {
    await put("one", "red sea");

    expect((await searchAs("bob", {}, bucket)).status).toBe(403);
    expect((await searchAs("alice", {}, "/buckets/missing")).status).toBe(403);
  });

  it("finds everything that is shared with the user", async () => {
    await put("one", `everywhere${count}`, [bob]);
    await put("two", `everywhere${count}`);
    const second = `${bucket}s`;
    await store.put(second, { permissions: { read: [bob] } });
    await store.put(`${second}/collections/c`);
    await put("three", `everywhere${count}`, [], `${second}/collections/c`);
    const third = `${bucket}t`;
    await store.put(third);
    await store.put(`${third}/collections/c`, { permissions: { read: [bob] } });
    await put("four", `everywhere${count}`, [], `${third}/collections/c`);
    const body = { query: { match: { text: `everywhere${count}` } } };

    expect(await findAs("bob", body, "")).toEqual(["four", "one", "three"]);
    expect(await findAs("alice", body, "")).toEqual(["four", "one", "three", "two"]);
    expect(await findAs("carol", body, "")).toEqual([]);
  });

  it("takes Searchlight's fields", async () => {
    for (const id of ["a", "b", "c", "d"]) await put(id, `red ${id}`);
    const body = { type: "record", query: { match_all: {} }, sort: "text", limit: 2, offset: 1, _source: ["text"] };
    const answer = await store.post(`${bucket}/search`, body);

    expect(answer.body.hits.hits.map((hit: { _source: object }) => hit._source)).toEqual([
      { text: "red b" },
      { text: "red c" },
    ]);
    expect((await store.post(`${bucket}/search`, { type: ["record", "unknown"] })).body.message).toContain("type");
    expect((await store.post(`${bucket}/search`, { type: "unknown" })).body.message).toContain(
      'There is no type "unknown". Use one of: record',
    );
    expect((await store.post(`${bucket}/search`, { limit: 1, size: 2 })).status).toBe(400);
    expect((await store.post(`${bucket}/search`, { all_projects: true })).status).toBe(400);
  });

  it("allows all_projects to administrators only", async () => {
    await put("one", "red sea");
    const denied = await store.post("/search", { all_projects: true });
    expect([denied.status, denied.body.message]).toEqual([403, expect.stringContaining("is for administrators")]);

    await using admins = await startStore({
      plugins: [basicauth(), search()],
      settings: { bucketReadPrincipals: ["system.Authenticated"] },
    });
    await admins.put("/buckets/b");
    await admins.put("/buckets/b/collections/c");
    await admins.put("/buckets/b/collections/c/records/r", { data: { text: "red" } });
    const everything = await admins.post("/search", { all_projects: true }, { as: "bob" });
    expect(idsOf(everything)).toEqual(["r"]);
    expect(idsOf(await admins.post("/search", {}, { as: "bob" }))).toEqual([]);
  });
});

describe("several searches at once", () => {
  it("return an answer or an error for each", async () => {
    await put("one", "red sea", [bob]);
    await put("two", "red desert");
    const searches = [{ query: { match: { text: "red" } } }, { query: { nonsense: {} } }, { size: 0 }];

    const { status, body } = await store.post(`${collection}/search/_msearch`, { searches }, { as: "bob" });

    expect(status).toBe(200);
    expect(body.responses).toMatchObject([
      { status: 200, hits: { total: { value: 1 } } },
      { status: 400, error: { errno: 107, details: [{ name: "query.nonsense" }] } },
      { status: 200, hits: { hits: [] } },
    ]);
  });

  it.each([[{}], [{ searches: 1 }], [{ searches: Array(26).fill({}) }], [{ queries: [] }]])(
    "return 400 for %j",
    async (body) => {
      expect((await store.post(`${collection}/search/_msearch`, body)).status).toBe(400);
    },
  );
});
