import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Bucket,
  type Client,
  type Collection,
  createClient,
  createCollection,
  createId,
  getTitles,
  matchError,
} from "./client.ts";

const ARTICLES = [
  { title: "ants", size: 1, tags: ["insect"], author: { name: "Ada" } },
  { title: "bees", size: 2, tags: ["insect", "useful"], author: { name: "Bob" } },
  { title: "cows", size: 10, tags: ["useful"], author: { name: "Ada" } },
  { title: "naïve foxes 🦊", size: 3, draft: true },
];

describe("listRecords", () => {
  let collection: Collection;
  beforeAll(async () => {
    ({ collection } = await createCollection());
    for (const article of ARTICLES) await collection.createRecord(article);
  });

  it("returns the latest change first by default", async () => {
    expect(getTitles(await collection.listRecords())).toEqual(["naïve foxes 🦊", "cows", "bees", "ants"]);
  });

  it.each([
    ["size", ["ants", "bees", "naïve foxes 🦊", "cows"]],
    ["-size", ["cows", "naïve foxes 🦊", "bees", "ants"]],
    ["author.name,-size", ["cows", "ants", "bees", "naïve foxes 🦊"]],
    ["last_modified", ["ants", "bees", "cows", "naïve foxes 🦊"]],
  ])("sorts by `%s`", async (sort, titles) => {
    expect(getTitles(await collection.listRecords({ sort }))).toEqual(titles);
  });

  it.each<[Record<string, string | number>, string[]]>([
    [{ title: "bees" }, ["bees"]],
    [{ title: "naïve foxes 🦊" }, ["naïve foxes 🦊"]],
    [{ size: 10 }, ["cows"]],
    [{ "author.name": "Ada" }, ["ants", "cows"]],
    [{ min_size: 3 }, ["cows", "naïve foxes 🦊"]],
    [{ max_size: 2 }, ["ants", "bees"]],
    [{ gt_size: 2, lt_size: 10 }, ["naïve foxes 🦊"]],
    [{ not_size: 2 }, ["ants", "cows", "naïve foxes 🦊"]],
    [{ in_size: "1,10" }, ["ants", "cows"]],
    [{ exclude_size: "1,10" }, ["bees", "naïve foxes 🦊"]],
    [{ like_title: "e" }, ["bees", "naïve foxes 🦊"]],
    [{ like_title: "*s" }, ["ants", "bees", "cows"]],
    [{ has_draft: "true" }, ["naïve foxes 🦊"]],
    [{ has_draft: "false" }, ["ants", "bees", "cows"]],
    [{ contains_tags: '["useful"]' }, ["bees", "cows"]],
    [{ contains_any_tags: '["useful","insect"]' }, ["ants", "bees", "cows"]],
  ])("filters by %j", async (filters, titles) => {
    expect(getTitles(await collection.listRecords({ filters, sort: "title" }))).toEqual(titles);
  });

  it("returns only the fields that are asked for, with id and last_modified", async () => {
    const { data } = await collection.listRecords({ fields: ["title", "author.name"], filters: { title: "ants" } });

    expect(data).toEqual([
      { id: expect.any(String), last_modified: expect.any(Number), title: "ants", author: { name: "Ada" } },
    ]);
  });

  it("rejects a filter on last_modified which is not a timestamp", async () => {
    await expect(collection.listRecords({ filters: { last_modified: "abc" } })).rejects.toMatchObject(
      matchError(400, 107),
    );
  });
});

describe("listRecords with `since`", () => {
  it("returns what was created, updated or deleted after a timestamp", async () => {
    const { collection } = await createCollection();
    const { data: first } = await collection.createRecord({ title: "one" });
    const { data: second } = await collection.createRecord({ title: "two" });
    const { last_modified: since } = await collection.listRecords();

    await expect(collection.listRecords({ since: String(since) })).resolves.toMatchObject({ data: [] });
    const { data: third } = await collection.createRecord({ title: "three" });
    const { data: updated } = await collection.updateRecord({ id: first.id, title: "changed" });
    const { data: deleted } = await collection.deleteRecord(second.id);

    await expect(collection.listRecords({ since: String(since) })).resolves.toMatchObject({
      data: [deleted, updated, third],
    });
    await expect(collection.listRecords({ since: String(since), filters: { title: "three" } })).resolves.toMatchObject({
      data: [third],
    });
  });

  it("accepts the timestamp of getRecordsTimestamp", async () => {
    const { collection } = await createCollection();
    await collection.createRecord({ title: "one" });
    const since = String(await collection.getRecordsTimestamp());
    const { data } = await collection.createRecord({ title: "two" });

    await expect(collection.listRecords({ since })).resolves.toMatchObject({
      data: [data],
      last_modified: String(data.last_modified),
    });
  });
});

/** The lists beside records: how to fill them with objects which have a size, and how to list them. */
const LISTS: Readonly<
  Record<
    string,
    (store: { client: Client; bucket: Bucket }) => {
      create(size: number): Promise<{ data: { id: string; last_modified: number } }>;
      list: Client["listBuckets"];
    }
  >
> = {
  listBuckets: ({ client }) => ({
    create: (size) => client.createBucket(createId("bucket"), { data: { size } }),
    list: (options) => client.listBuckets(options),
  }),
  listCollections: ({ bucket }) => ({
    create: (size) => bucket.createCollection(createId("collection"), { data: { size } }),
    list: (options) => bucket.listCollections(options),
  }),
  listGroups: ({ bucket }) => ({
    create: (size) => bucket.createGroup(createId("group"), [], { data: { size } }),
    list: (options) => bucket.listGroups(options),
  }),
};

describe.each(Object.entries(LISTS))("%s", (_name, openList) => {
  const getSizes = ({ data }: { data: readonly object[] }) => data.map((object) => (object as { size?: unknown }).size);

  it("sorts, filters, selects fields, paginates, and returns what has changed since a timestamp", async () => {
    const client = createClient();
    const { data: parent } = await client.createBucket(createId("bucket"));
    const { create, list } = openList({ client, bucket: client.bucket(parent.id) });
    const filters = { in_size: "1,2,3" };
    await create(3);
    await create(1);
    const { data: last } = await create(2);

    expect(getSizes(await list({ filters }))).toEqual([2, 1, 3]);
    expect(getSizes(await list({ filters, sort: "-size" }))).toEqual([3, 2, 1]);
    expect(getSizes(await list({ filters: { min_size: 2 }, sort: "size" }))).toEqual([2, 3]);
    expect((await list({ filters: { size: 2 }, fields: ["id"] })).data).toEqual([
      { id: last.id, last_modified: last.last_modified },
    ]);

    const first = await list({ filters, sort: "size", limit: 2 });
    expect([getSizes(first), getSizes(await first.next())]).toEqual([[1, 2], [3]]);
    const pages = Number.POSITIVE_INFINITY;
    expect(getSizes(await list({ filters, sort: "-size", limit: 1, pages }))).toEqual([3, 2, 1]);

    const { last_modified } = await list();
    expect(Number(last_modified)).toBeGreaterThanOrEqual(last.last_modified);
    const { data: later } = await create(4);
    expect((await list({ since: String(last_modified) })).data).toMatchObject([{ id: later.id, size: 4 }]);
  });
});
