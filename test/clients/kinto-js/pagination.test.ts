import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Collection, createCollection, getTitles } from "./client.ts";

/** The server returns at most 10 objects per page. */
const TITLES = Array.from({ length: 23 }, (_, i) => `record ${String(i).padStart(2, "0")}`);

describe("listRecords", () => {
  let collection: Collection;
  beforeAll(async () => {
    const created = await createCollection();
    ({ collection } = created);
    await collection.batch((batch) => {
      for (const title of TITLES) void batch.createRecord({ title });
    });
  });

  it("returns one page of the server's size by default", async () => {
    const page = await collection.listRecords({ sort: "title" });

    expect(getTitles(page)).toEqual(TITLES.slice(0, 10));
    expect(page.hasNextPage).toBe(true);
  });

  it("returns pages of at most `limit` records", async () => {
    const page = await collection.listRecords({ sort: "title", limit: 4 });

    expect(getTitles(page)).toEqual(TITLES.slice(0, 4));
  });

  it("follows the pages by next until the last one", async () => {
    const pages = [await collection.listRecords({ sort: "title", limit: 8 })];
    while (pages.at(-1)?.hasNextPage) pages.push(await (pages.at(-1) as (typeof pages)[0]).next());

    expect(pages.map((page) => page.data.length)).toEqual([8, 8, 7]);
    expect(pages.flatMap(getTitles)).toEqual(TITLES);
    await expect(pages.at(-1)?.next()).rejects.toThrow("Pagination exhausted.");
  });

  it("fetches as many pages as `pages` says", async () => {
    const two = await collection.listRecords({ sort: "title", limit: 8, pages: 2 });
    expect(getTitles(two)).toEqual(TITLES.slice(0, 16));
    expect(two.hasNextPage).toBe(true);

    const rest = await two.next();
    expect(getTitles(rest)).toEqual(TITLES);
  });

  it.each([
    ["title", TITLES],
    ["-title", [...TITLES].reverse()],
    ["last_modified", TITLES],
    ["-last_modified", [...TITLES].reverse()],
  ])("fetches all pages with `pages: Infinity`, sorted by `%s`", async (sort, titles) => {
    const all = await collection.listRecords({ sort, limit: 5, pages: Number.POSITIVE_INFINITY });

    expect(getTitles(all)).toEqual(titles);
    expect(all.hasNextPage).toBe(false);
  });

  it("keeps filters and fields on each page", async () => {
    const all = await collection.listRecords({
      sort: "title",
      filters: { min_title: "record 10" },
      fields: ["title"],
      limit: 5,
      pages: Number.POSITIVE_INFINITY,
    });

    expect(getTitles(all)).toEqual(TITLES.slice(10));
    expect(Object.keys(all.data.at(-1) ?? {}).sort()).toEqual(["id", "last_modified", "title"]);
  });
});

describe("listRecords with `since` and pages", () => {
  it("returns all changes with tombstones", async () => {
    const { collection } = await createCollection();
    const since = String(await collection.getRecordsTimestamp());
    await collection.batch((batch) => {
      for (const title of TITLES) void batch.createRecord({ id: title.replace(" ", "-"), title });
    });
    await collection.deleteRecord("record-00");

    const { data } = await collection.listRecords({ since, pages: Number.POSITIVE_INFINITY });

    expect(data).toHaveLength(TITLES.length);
    expect(data[0]).toMatchObject({ id: "record-00", deleted: true });
  });
});

describe("listCollections", () => {
  it("is paginated in the same way", async () => {
    const { bucket } = await createCollection();
    await bucket.batch((batch) => {
      for (const name of ["a", "b", "c"]) void batch.createCollection(name);
    });

    const first = await bucket.listCollections({ sort: "id", limit: 3 });
    const second = await first.next();

    expect([first, second].map(({ data }) => data.map(({ id }) => id))).toEqual([["a", "articles", "b"], ["c"]]);
    await expect(
      bucket.listCollections({ sort: "id", limit: 1, pages: Number.POSITIVE_INFINITY }),
    ).resolves.toMatchObject({ data: [{ id: "a" }, { id: "articles" }, { id: "b" }, { id: "c" }] });
  });
});
