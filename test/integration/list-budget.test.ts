import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { KintoClient } from "../clients/kinto-js/client.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

/** What the lists of a request may read. */
const MEGABYTES = 1;
const BUDGET_BYTES = 1_000_000;
/** A call of DynamoDB reads about 1 MB at most, and one for shared objects 20, and then 8 of the page. */
const ONE_MORE_READ_BYTES = 1_100_000;
const ONE_MORE_SHARED_READ_BYTES = 28 * 105_000;
const COUNT = 30;
const LIST = "/buckets/b/collections/large/records";
const IDS = Array.from({ length: COUNT }, (_, n) => `r${String(n).padStart(2, "0")}`);

let store: TestStore;
/** What the table has read for the current request, in bytes. */
let readBytes = 0;
const wrap =
  (send: Send): Send =>
  async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
    const output = await send(operation, input);
    if (operation === "Query" || operation === "BatchGetItem") {
      const { ConsumedCapacity } = output as {
        ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[];
      };
      for (const capacity of [ConsumedCapacity].flat()) readBytes += (capacity?.CapacityUnits ?? 0) * 4096;
    }
    return output;
  };

const createLargeRecords = async (list: string, ids: readonly string[] = IDS) => {
  await store.put(list.replace(/\/records$/, ""));
  for (const [n, id] of ids.entries()) {
    const body = { data: { n, third: n % 3, text: "x".repeat(100_000) }, permissions: { write: [bob] } };
    expect((await store.put(`${list}/${id}`, body)).status).toBe(201);
  }
};

let bob: string;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), csv()], settings: { maxListReadMegabytes: MEGABYTES }, wrap });
  bob = await store.userId("bob");
  await store.put("/buckets/b");
  await createLargeRecords(LIST);
});
afterAll(() => store.close());
beforeEach(() => {
  readBytes = 0;
});

const nextOf = ({ headers }: Pick<TestResponse, "headers">) => headers.get("next-page");
const idsOf = ({ body }: TestResponse): readonly string[] => body.data.map(({ id }: { id: string }) => id);

/** Sends requests to all pages. Returns the ids of each page. */
const walk = async (path: string, { method = "GET", as = "alice" } = {}): Promise<readonly (readonly string[])[]> => {
  const pages: (readonly string[])[] = [];
  for (let next: string | null = path; next !== null; ) {
    readBytes = 0;
    const page: TestResponse = await store.request(next, { method, as });
    expect([page.status, page.body.errno]).toEqual([200, undefined]);
    expect(readBytes).toBeLessThan(BUDGET_BYTES + (as === "bob" ? ONE_MORE_SHARED_READ_BYTES : ONE_MORE_READ_BYTES));
    pages.push(idsOf(page));
    next = nextOf(page);
  }
  return pages;
};
const total = async (path: string, as = "alice") =>
  (await store.request(path, { method: "HEAD", as })).headers.get("total-objects");

describe("what a list reads from the table", () => {
  it.each(["", "third=1", "n=0", "n=99", "_since=0&third=2", "min_n=0&_limit=4"])(
    "is bounded per request, and all pages together are the list: ?%s",
    async (query) => {
      const matches = (n: number) =>
        ({ "n=99": false, "n=0": n === 0, "third=1": n % 3 === 1, "_since=0&third=2": n % 3 === 2 })[query] ?? true;
      const expected = IDS.filter((_, n) => matches(n)).toReversed();

      const pages = await walk(`${LIST}?${query}`);
      expect(pages.flat()).toEqual(expected);
      expect(pages.length).toBeGreaterThan(2);
      expect((await walk(`${LIST}?${query}`, { as: "bob" })).flat()).toEqual(expected);
    },
  );

  it("ends a page also where nothing was found yet", async () => {
    expect((await walk(`${LIST}?n=0`))[0]).toEqual([]);
  });

  it("is continued by kinto.js, which follows Next-Page", async () => {
    const client = new KintoClient(store.url, { headers: { Authorization: `Basic ${btoa("alice:secret")}` } });
    const options = { filters: { third: "1" }, pages: Number.POSITIVE_INFINITY };
    const { data } = await client.bucket("b").collection("large").listRecords(options);

    expect(data.map(({ id }) => id)).toEqual(IDS.filter((_, n) => n % 3 === 1).toReversed());
  });

  it("is the same when the pages are cached", async () => {
    const pages = await walk(`${LIST}?third=0`);
    expect(await walk(`${LIST}?third=0`)).toEqual(pages);
  });

  it.each(["alice", "bob"])("is too little to sort the list: 400 names the limit, as %s", async (as) => {
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await store.request(`${LIST}?_sort=n&third=1`, { method, as });
      expect({ status, body }).toMatchObject({
        status: 400,
        body: {
          errno: 107,
          message: `The list is too large for _sort: a request may read ${MEGABYTES} MB of it, for 15 seconds. Leave out _sort, select a part of the list with _since and _before, or use search.`,
          details: [{ location: "querystring", name: "_sort" }],
        },
      });
    }
    expect(await total(LIST)).toBe(String(COUNT));
  });

  it("is enough to sort a part of the list", async () => {
    const [, , , , { last_modified: since }] = (await store.get(`${LIST}?_limit=5`)).body.data;
    expect(idsOf(await store.get(`${LIST}?_sort=n&_since=${since}`))).toEqual(IDS.slice(-4));
    expect(await total(`${LIST}?_since=${since}&third=0`)).toBe("1");
  });

  it("is not needed for the number of all objects, but for those that are shared", async () => {
    expect(await total(LIST)).toBe(String(COUNT));
    expect(readBytes).toBeLessThan(100_000);
    expect(await total(LIST, "bob")).toBeNull();
  });

  it.each(["third=1", "_since=1"])("leaves the number out if it is not known: ?%s", async (query) => {
    const { status, headers } = await store.request(`${LIST}?${query}`, { method: "HEAD" });
    expect([status, headers.get("total-objects"), headers.get("total-records")]).toEqual([200, null, null]);
    expect(headers.get("etag")).toBe((await store.get(`${LIST}?_limit=1`)).headers.get("etag"));
    expect(readBytes).toBeLessThan(BUDGET_BYTES + 2 * ONE_MORE_READ_BYTES);
  });

  it("is bounded for /permissions, too", async () => {
    const pages = await walk("/permissions", { as: "bob" });
    expect(pages.flat().toSorted()).toEqual(IDS);
    expect(pages.length).toBeGreaterThan(1);
    expect(await total("/permissions", "bob")).toBeNull();
  });

  it("is bounded for all requests of a batch together", async () => {
    const part = { path: `${LIST}?third=1&_fields=n` };
    readBytes = 0;
    const { body } = await store.post("/batch", { requests: [part, part, part, { path: "/buckets/b" }] });

    expect(readBytes).toBeLessThan(BUDGET_BYTES + ONE_MORE_READ_BYTES);
    const [first, second, third, other] = body.responses;
    expect(first.body.data.length).toBeGreaterThan(0);
    expect(first.headers["Next-Page"]).toContain("_token=");
    for (const refused of [second, third])
      expect(refused).toMatchObject({
        status: 413,
        body: {
          errno: 113,
          message: `The lists of this batch have read ${MEGABYTES} MB, which is all that a request may read. Send fewer requests at once.`,
        },
      });
    expect(other.status).toBe(200);
  });

  it("is bounded for a list that is rendered, which goes on in Next-Page", async () => {
    const lines: string[] = [];
    for (let next: string | null = `${LIST}?third=1&_fields=n`; next !== null; ) {
      readBytes = 0;
      const page: TestResponse = await store.get(next, { headers: { accept: "text/csv" } });
      expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
      expect(readBytes).toBeLessThan(BUDGET_BYTES + ONE_MORE_READ_BYTES);
      lines.push(
        ...String(page.body)
          .split("\n")
          .filter((line) => /r\d\d/.test(line)),
      );
      next = nextOf(page);
    }
    expect(lines).toHaveLength(COUNT / 3);
  });
});

describe("a DELETE of a list that reads too much", () => {
  it.each(["alice", "bob"])("deletes page by page what matches, as %s", async (as) => {
    const list = `/buckets/b/collections/deleted-by-${as}/records`;
    await createLargeRecords(list, IDS.slice(0, 24));
    const pages = await walk(`${list}?third=1`, { method: "DELETE", as });

    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat().toSorted()).toEqual(IDS.slice(0, 24).filter((_, n) => n % 3 === 1));
    expect((await walk(list)).flat()).toHaveLength(16);
    expect((await walk(list, { method: "DELETE", as })).flat()).toHaveLength(16);
    expect(await total(list)).toBe("0");
  });
});
