import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createDynamoDbStore } from "../../adapters/store/dynamodb/store.ts";
import { createTransport } from "../../adapters/store/dynamodb/transport.ts";
import { connectionTo } from "../../app/cloud.ts";
import { type Calls, countCalls } from "../../bench/calls.ts";
import { writeCopies } from "../../bench/growth-fill.ts";
import { TABLE_NAME } from "../../local/dynamodb.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";
import { wrapRequests } from "../wrap-requests.ts";

const SMALL_COUNT = 20;
const LARGE_COUNT = 2000;
const MORE_BUCKETS = 200;
const BUCKETS_PER_BATCH = 25;

const recordsOf = (collection: "small" | "large") => `/buckets/b/collections/${collection}/records`;
const idOf = (n: number) => `r${String(n).padStart(7, "0")}`;

describe("a list of copied records", () => {
  const { wrap, take } = countCalls();
  let store: TestStore;

  beforeAll(async () => {
    store = await startStore({ wrap: wrapRequests(wrap) });
    const transport = createTransport(connectionTo(store.options.cloud ?? {}, "dynamodb"));
    const table = createDynamoDbStore({ send: transport.send, table: TABLE_NAME });
    await store.put("/buckets/b");
    for (const [collection, count] of [
      ["small", SMALL_COUNT],
      ["large", LARGE_COUNT],
    ] as const) {
      await store.put(`/buckets/b/collections/${collection}`);
      const first = `${recordsOf(collection)}/${idOf(0)}`;
      await store.put(first, { data: { n: 1 } });
      await writeCopies(table, first, count);
    }
    transport.close();
    // The first token of a process reads a secret.
    await store.get(`${recordsOf("small")}?_limit=1`);
  });
  afterAll(() => store.close());

  /** The calls of a request, without the listeners. */
  const callsOf = async (
    act: () => Promise<{ status: number }>,
  ): Promise<Pick<Calls, "calls" | "units"> & { status: number }> => {
    await store.drain();
    take();
    const { status } = await act();
    const { calls, units } = take();
    return { status, calls, units };
  };

  const CASES: readonly (readonly [string, (records: string) => () => Promise<{ status: number }>])[] = [
    ["get", (records) => () => store.get(`${records}/${idOf(7)}`)],
    ["page", (records) => () => store.get(`${records}?_limit=10`)],
    ["count", (records) => () => store.request(records, { method: "HEAD" })],
    ["create", (records) => () => store.put(`${records}/${idOf(9_000_000)}`, { data: { n: 2 } })],
    ["patch", (records) => () => store.patch(`${records}/${idOf(3)}`, { data: { n: 3 } })],
    ["delete", (records) => () => store.delete(`${records}/${idOf(4)}`)],
  ];

  it.each(CASES)("costs the same calls for a %s with 20 and with 2,000 records", async (_name, of) => {
    const [small, large] = [await callsOf(of(recordsOf("small"))), await callsOf(of(recordsOf("large")))];

    expect(small.status).toBeLessThan(300);
    expect(small.units).toBeGreaterThan(0);
    expect(large).toEqual(small);
  });

  it("costs the same calls for a page in its middle with 20 and with 2,000 records", async () => {
    const pageInMiddle = async (collection: "small" | "large", count: number) => {
      const middle = await store.get(`${recordsOf(collection)}/${idOf(count / 2)}`);
      const path = `${recordsOf(collection)}?_limit=3&_before=${middle.body.data.last_modified}`;
      const next = (await store.get(path)).headers.get("next-page") ?? "";
      return callsOf(() => store.get(next));
    };

    const small = await pageInMiddle("small", SMALL_COUNT);
    expect(small.status).toBe(200);
    expect(await pageInMiddle("large", LARGE_COUNT)).toEqual(small);
  });

  it("costs the same calls for a poll with 20 and with 2,000 records", async () => {
    const poll = async (collection: "small" | "large") => {
      const { headers } = await store.request(recordsOf(collection), { method: "HEAD" });
      const etag = headers.get("etag") ?? "";
      return callsOf(() =>
        store.get(`${recordsOf(collection)}?_since=${etag}`, { headers: { "if-none-match": etag } }),
      );
    };

    const small = await poll("small");
    expect(small.status).toBe(304);
    expect(await poll("large")).toEqual(small);
  });

  it("costs the same calls with further buckets", async () => {
    const records = recordsOf("large");
    let created = 9_000_001;
    const measure = async () => [
      await callsOf(() => store.get(`${records}/${idOf(7)}`)),
      await callsOf(() => store.put(`${records}/${idOf(created++)}`, { data: { n: 2 } })),
      await callsOf(() => store.get(`${records}?_limit=11`)),
    ];
    const before = await measure();

    for (let at = 0; at < MORE_BUCKETS; at += BUCKETS_PER_BATCH) {
      const requests = Array.from({ length: BUCKETS_PER_BATCH }, (_, n) => ({ path: `/buckets/more-${at + n}` }));
      const { status } = await store.post("/batch", { defaults: { method: "PUT" }, requests });
      expect(status).toBe(200);
    }

    expect(await measure()).toEqual(before);
  });

  it("has its count, and pages that join", async () => {
    const ids: string[] = [];
    for (let next: string | null = `${recordsOf("large")}?_limit=700`; next !== null; ) {
      const page: TestResponse = await store.get(next);
      ids.push(...page.body.data.map(({ id }: { id: string }) => id));
      next = page.headers.get("next-page");
    }
    const counted = await store.request(recordsOf("large"), { method: "HEAD" });

    expect(counted.headers.get("total-objects")).toBe(String(ids.length));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(LARGE_COUNT - 1);
  });
});
