import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { search } from "../../plugins/search/index.ts";

describe("search in the default bucket", () => {
  const tasks = "/buckets/default/collections/tasks";
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore({ plugins: [defaultBucket(), search()] });
    await store.put(`${tasks}/records/sea`, { data: { text: "Sweep the clouds from the sea" } });
    await store.drain();
  });
  afterAll(() => store.close());

  const find = (as: string | null) => store.post(`${tasks}/search`, { query: { match: { text: "sea" } } }, { as });

  it("finds records in the user's own bucket", async () => {
    const { status, body } = await find("alice");
    expect([status, body.hits.hits.map(({ _id: id }: { _id: string }) => id)]).toEqual([200, ["sea"]]);
  });

  it("finds no records of other users, and returns 401 to anonymous users", async () => {
    expect((await find("bob")).status).toBe(403);
    expect(await find(null)).toMatchObject({ status: 401, body: { errno: 104 } });
  });

  it("finds a user's own records where the user may create records, but not read the collection", async () => {
    const bob = await store.userId("bob");
    await store.put("/buckets/shared");
    await store.put("/buckets/shared/collections/c", { permissions: { "record:create": [bob] } });
    const totalAs = async (as: string) =>
      (await store.post("/buckets/shared/collections/c/search", {}, { as })).body.hits.total.value;

    expect((await store.post("/buckets/shared/collections/c/records", {}, { as: "bob" })).status).toBe(201);
    expect((await store.post("/buckets/shared/collections/c/records", {})).status).toBe(201);
    expect([await totalAs("bob"), await totalAs("alice")]).toEqual([1, 2]);
  });
});

describe("indexes of plugins", () => {
  const R = "/buckets/b/collections/c/records";
  const wording = definePlugin({
    name: "wording",
    about: "Adds synonyms of the title.",
    indexes: {
      drafts: { about: "Leaves drafts out.", document: (record) => (record.draft === true ? null : record) },
      synonyms: {
        about: "Replaces sea by ocean.",
        collections: () => ["c"],
        document: (record) => ({ ...record, words: String(record.title).replace("sea", "ocean") }),
      },
    },
  });
  const counting = definePlugin({
    name: "counting",
    about: "Adds the number of words.",
    indexes: {
      count: {
        about: "Counts the words.",
        document: (record) => ({ ...record, count: String(record.words).split(" ").length }),
      },
    },
  });
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore({ plugins: [search(), wording(), counting()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    await store.put("/buckets/b/collections/d");
  });
  afterAll(() => store.close());

  const found = async (words: string, collection = "c") => {
    await store.drain();
    const { body } = await store.post(`/buckets/b/collections/${collection}/search`, { query: { match: { words } } });
    return body.hits.hits.map(({ _id, _source }: { _id: string; _source: object }) => [_id, _source]);
  };

  it("change the document in the config's order, and leave the record unchanged", async () => {
    await store.put(`${R}/one`, { data: { title: "the wide sea" } });
    expect(await found("ocean")).toEqual([
      ["one", expect.objectContaining({ title: "the wide sea", words: "the wide ocean", count: 3 })],
    ]);
    expect((await store.get(`${R}/one`)).body.data).toEqual({
      id: "one",
      title: "the wide sea",
      last_modified: expect.any(Number),
    });
  });

  it("remove records from the index, even those that were in it before", async () => {
    await store.put(`${R}/two`, { data: { title: "sea of tranquility" } });
    expect(await found("tranquility")).toHaveLength(1);
    await store.patch(`${R}/two`, { data: { draft: true } });
    expect(await found("tranquility")).toEqual([]);
    await store.patch(`${R}/two`, { data: { draft: false } });
    expect(await found("tranquility")).toHaveLength(1);
    await store.delete(`${R}/two`);
    expect(await found("tranquility")).toEqual([]);
  });

  it("apply only to their own buckets and collections", async () => {
    await store.put("/buckets/b/collections/d/records/three", { data: { title: "sea", words: "as it was" } });
    expect(await found("ocean", "d")).toEqual([]);
    expect((await found("was", "d"))[0]?.[1]).toMatchObject({ words: "as it was", count: 3 });
  });
});

it("search indexes concurrent writes, and leaves out a record whose index fails", async () => {
  const records = "/buckets/b/collections/c/records";
  const picky = definePlugin({
    name: "picky",
    about: "Fails for some records.",
    indexes: {
      read: {
        about: "Fails for unreadable records.",
        document: (record) => {
          if (record.unreadable === true) throw new Error("unreadable");
          return record;
        },
      },
    },
  });
  await using store = await startTestStore({ plugins: [search(), picky()], retryAfter: () => 0 });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  const body = (n: number) => ({ data: { title: "sea", unreadable: n === 7 } });
  await store.post("/batch", {
    requests: Array.from({ length: 20 }, (_, n) => ({ method: "PUT", path: `${records}/r${n}`, body: body(n) })),
  });
  await store.drain();

  const { body: found } = await store.post("/buckets/b/collections/c/search", {
    query: { match: { title: "sea" } },
    size: 50,
  });
  const ids = found.hits.hits.map(({ _id }: { _id: string }) => _id);
  expect(ids.toSorted()).toEqual(
    Array.from({ length: 20 }, (_, n) => `r${n}`)
      .filter((id) => id !== "r7")
      .toSorted(),
  );
  expect(await store.deadLetterCount("search-index")).toBe(0);
  expect(store.logLines.join()).toContain("A record is not searchable");

  await store.delete("/buckets/b/collections/c");
  await store.put("/buckets/b/collections/c");
  await store.drain();
  expect((await store.post("/buckets/b/collections/c/search", { query: { match_all: {} } })).body.hits.hits).toEqual(
    [],
  );
});
