import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readListQuery } from "../../../core/lists/list-query.ts";
import { deleteObjectsPlan, selectObjectsToDelete } from "../../../core/objects/delete-objects.ts";
import { listObjects, listObjectsPlan } from "../../../core/objects/list-objects.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const GUEST = "basicauth:guest";
const LIST = "/buckets/a/collections/c/records";
const RECORD_BYTES = 10_000;
/** From new to old. In the order of positions, the last is the first. */
const IDS = Array.from({ length: 24 }, (_, index) => `r${String(index).padStart(2, "0")}`);

/** Reads of pages. */
let pages = 0;
/** Entries that the store returns at a time. */
let entriesPerRead = Number.POSITIVE_INFINITY;
/** Runs once, after the permissions of objects were read. */
let meanwhile: (() => Promise<unknown>) | undefined;
let store: Awaited<ReturnType<typeof openUseCases>>;

const put = (id: string, guest = GUEST) =>
  store.put(`${LIST}/${id}`, {
    data: { n: Number(id.slice(1)), text: "x".repeat(RECORD_BYTES) },
    acl: { write: [guest] },
  });
beforeAll(async () => {
  store = await openUseCases({
    wrap: (opened) => ({
      ...opened,
      readPage: (list, query) => {
        pages++;
        return opened.readPage(list, { ...query, limit: Math.min(query.limit, entriesPerRead) });
      },
      readHeads: async (request) => {
        const read = await opened.readHeads(request);
        const run = meanwhile;
        meanwhile = undefined;
        await run?.();
        return read;
      },
    }),
  });
  await store.put("/buckets/a");
  await store.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
  for (const id of IDS.toReversed()) await put(id);
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => {
  [pages, meanwhile, entriesPerRead] = [0, undefined, Number.POSITIVE_INFINITY];
});

describe("a list that is larger than a request may read", () => {
  it.each([OWNER, GUEST])("is looked through in several pages, which may be empty, by %s", async (user) => {
    const found = await store.as(user, 1).listIds(LIST, "n=7");

    expect(found.flat()).toEqual(["r07"]);
    expect(found.length).toBeGreaterThan(5);
    expect((await store.as(user, 50_000).listIds(LIST, "has_n=true")).flat().toSorted()).toEqual(IDS);
  });

  it.each([OWNER, GUEST])("cannot be sorted by %s, but a part of it can", async (user) => {
    expect(await failureOf(store.as(user, 50_000).list(LIST, "_sort=n"))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        {
          ...{ location: "querystring", name: "_sort" },
          description: expect.stringContaining(
            "is too large for _sort: a request may read 0.05 MB of it, for 15 seconds.",
          ),
        },
      ],
    });
    const { entries } = await store.as(OWNER).list(LIST);
    const since = entries.find(({ id }) => id === "r02")?.last_modified;
    expect((await store.as(OWNER, 50_000).listIds(LIST, `_sort=n&_since=${since}`)).flat()).toEqual(["r00", "r01"]);
  });

  it("is looked through for 15 seconds, and for one read at least", async () => {
    entriesPerRead = 10;
    let now = 0;
    const list = store.listOf(LIST);
    const read = (msPerRead: number) =>
      store.run(listObjectsPlan(list), (session) => {
        const budget = new ReadBudget(64_000_000, () => now);
        const spend = budget.spend.bind(budget);
        budget.spend = (bytes) => {
          now += msPerRead;
          spend(bytes);
        };
        return listObjects(store.context, session, {
          ...{ list, user: OWNER, preconditions: () => ({}), place: async () => undefined, counted: false, budget },
          selection: async (timestamp) => readListQuery(new URLSearchParams("n=23"), timestamp),
        });
      });

    expect(await read(1000)).toMatchObject({ entries: [{ id: "r23" }] });
    for (const [msPerRead, reads] of [
      [16_000, 1],
      [8000, 2],
    ] as const)
      expect(await read(msPerRead)).toMatchObject({ entries: [], next: { time: { id: IDS[10 * reads - 1] } } });
  });

  it("is counted only if that takes no more", async () => {
    expect(await store.as(OWNER, 1).count(LIST)).toBe(24);
    expect(await store.as(OWNER, 1).count(LIST, "min_n=1")).toBeUndefined();
    expect(await store.as(GUEST, 1).count(LIST)).toBeUndefined();
    expect(await store.as(GUEST).count(LIST)).toBe(24);
    expect(await store.as(GUEST).count(LIST, "min_n=1")).toBe(23);
  });

  it.each([OWNER, GUEST])("cannot be read by %s if earlier requests have read all that is allowed", async (user) => {
    expect(await failureOf(store.as(user, 0).list(LIST))).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: expect.stringContaining("Send fewer requests at once."),
    });
  });
});

describe("a list", () => {
  /** What a request spends of its budget, in records. */
  const spend = async (user: string, query: string, counted = false): Promise<number> => {
    const budget = new ReadBudget(64_000_000);
    const list = store.listOf(LIST);
    await store.run(listObjectsPlan(list), (session) =>
      listObjects(store.context, session, {
        ...{ list, user, preconditions: () => ({}), place: async () => undefined, counted, budget },
        selection: async (timestamp) => readListQuery(new URLSearchParams(query), timestamp),
      }),
    );
    return (budget.maxBytes - budget.restBytes) / RECORD_BYTES;
  };

  it("spends what it reads, also where the page comes from the cache", async () => {
    const spent = await spend(OWNER, "_limit=4");

    expect(spent).toBeGreaterThan(4);
    expect(spent).toBeLessThan(12);
    expect(await spend(OWNER, "_limit=4")).toBe(spent);
    expect(pages).toBe(1);
    expect(await spend(OWNER, "n=3")).toBeGreaterThan(24);
    expect(await spend(OWNER, "", true)).toBe(0);
    expect(await spend(OWNER, "n=3", true)).toBeGreaterThan(24);
    expect(await spend(OWNER, "_since=1", true)).toBeGreaterThan(0);
    // Permissions are read with the records.
    expect(await spend(GUEST, "_limit=4")).toBeGreaterThan(28);
  });

  it("has the newest shared objects first, whatever their ids", async () => {
    expect((await store.as(GUEST).listIds(LIST)).flat()).toEqual(IDS);
  });

  it("leaves out what is deleted or no longer shared since its permissions were read", async () => {
    meanwhile = async () => {
      await store.remove(`${LIST}/r01`);
      await put("r03", "basicauth:other");
    };
    const found = (await store.as(GUEST).listIds(LIST)).flat();
    for (const id of ["r03", "r02", "r01", "r00"]) await put(id);

    expect(found).toEqual(IDS.filter((id) => id !== "r01" && id !== "r03"));
    expect((await store.as(GUEST).listIds(LIST)).flat()).toEqual(IDS);
  });

  it("continues behind what is no longer shared, if that is all that may be read", async () => {
    meanwhile = async () => {
      for (const id of IDS.toReversed()) await put(id, "basicauth:other");
    };
    const first = await store.as(GUEST, 250_000).list(LIST);
    for (const id of IDS.toReversed()) await put(id);

    // A part has 20 records, from the last one. The newest 8 were read.
    expect(first).toMatchObject({ entries: [], next: { time: { id: "r11" }, shares: { until: `${LIST}#r04` } } });
  });
});

describe("the objects of a DELETE on a list", () => {
  it.each([
    [OWNER, "", 64_000_000],
    [OWNER, "_sort=n", 64_000_000],
    [GUEST, "", 64_000_000],
    [GUEST, "_sort=-n", 64_000_000],
    [GUEST, "", 1],
  ])("can be left to the next page: for %s by %j, reading %j bytes", async (user, query, bytes) => {
    const list = store.listOf(LIST);
    const selected = await store.run(deleteObjectsPlan(list), (session) =>
      selectObjectsToDelete(store.context, session, {
        ...{ list, user, preconditions: () => ({}), place: async () => undefined, budget: new ReadBudget(bytes) },
        selection: async (timestamp) => readListQuery(new URLSearchParams(query), timestamp),
      }),
    );
    const [first, second] = selected.entries;
    if (first === undefined) throw new Error("Nothing is selected");
    const { entries } = await store.as(user).list(LIST, query, { after: selected.cursorBehind(first) });

    expect(entries[0]?.id).toBe(second?.id ?? "r05");
  });
});
