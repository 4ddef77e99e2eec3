import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, refuse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { createReadPlugin } from "./read-hook-store.ts";
import { C, R } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

/** Hides records that are secret, and the salary of the others. */
const guard = createReadPlugin(({ data: { salary: _, ...shown } }) => {
  if (shown.secret === true) throw refuse(403, "Secret.");
  return shown;
});

/** A plugin whose index has these documents. */
const indexing = (document: (record: JsonObject) => JsonObject | null) =>
  definePlugin({
    name: "documents",
    about: "Indexes documents of its own.",
    indexes: { all: { about: "Indexes documents of its own.", document } },
  })();

const start = async (records: Readonly<Record<string, JsonObject>>, ...plugins: ReturnType<typeof indexing>[]) => {
  store = await startStore({ plugins: [basicauth(), search(), guard, ...plugins] });
  await store.put("/buckets/b");
  await store.put(C);
  const requests = Object.entries(records).map(([id, data]) => ({ method: "PUT", path: `${R}/${id}`, body: { data } }));
  while (requests.length > 0) await store.post("/batch", { requests: requests.splice(0, 20) });
  await store.drain();
};

const find = (body: object) => store.post(`${C}/search`, body);

type Hit = { readonly _id: string; readonly _source: JsonObject };

const findIds = async (body: object): Promise<readonly string[]> =>
  (await find(body)).body.hits.hits.map(({ _id }: Hit) => _id).toSorted();

const tea = { match: { title: "tea" } };

describe("read hook in searches", () => {
  it("redacts hits, leaves out refused records and their number, and refuses aggregations", async () => {
    await start({
      a: { title: "tea", salary: 98765 },
      s: { title: "tea tea tea", secret: true },
      p: { title: "tea" },
    });

    const { body } = await find({ query: tea });
    expect(await findIds({ query: tea })).toEqual(["a", "p"]);
    expect(JSON.stringify(body)).not.toContain("98765");
    expect(body.hits.total).toEqual({ value: 2, relation: "eq" });
    expect(body.hits.max_score).toBe(Math.max(...body.hits.hits.map(({ _score }: { _score: number }) => _score)));
    expect(await find({ aggs: { pay: { terms: { field: "salary" } } } })).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("Remove aggs") },
    });
  });

  it("decides by the stored record, whatever the index drops or changes", async () => {
    const records = { s: { title: "tea", secret: true }, p: { title: "tea", salary: 1 } };
    await start(
      records,
      indexing(({ secret: _, ...document }) => document),
    );
    expect(await findIds({ query: tea })).toEqual(["p"]);
    await store.close();

    await start(
      records,
      indexing((record) => ({ ...record, secret: String(record.secret) })),
    );
    expect(await findIds({ query: tea })).toEqual(["p"]);
    await store.close();

    // A document that looks like a tombstone.
    await start(
      { s: { deleted: true, secret: true } },
      indexing(({ id, last_modified }) => ({ id: id as string, last_modified: last_modified as number })),
    );
    expect(await findIds({})).toEqual([]);
  });

  it("does not show what the index copies from hidden fields, or leaves out", async () => {
    await start(
      { a: { title: "tea", salary: 98765, note: "kept" }, p: { title: "tea", note: "kept" } },
      indexing(({ note: _, ...record }) => ({ ...record, everything: JSON.stringify(record) })),
    );

    const { body } = await find({ query: tea });
    expect(JSON.stringify(body)).not.toContain("98765");
    const fields = Object.fromEntries(
      body.hits.hits.map(({ _id, _source }: Hit) => [_id, Object.keys(_source).toSorted()]),
    );
    expect(fields).toEqual({
      a: ["id", "last_modified", "title"],
      p: ["everything", "id", "last_modified", "title"],
    });
  });

  it.each<[string, object]>([
    ["terms", { query: { term: { salary: 50 } } }],
    ["ranges", { query: { range: { salary: { gte: 40, lte: 60 } } } }],
    ["existence", { query: { exists: { field: "salary" } } }],
    ["words in all fields", { query: { multi_match: { query: "50" } } }],
    ["optional clauses", { query: { bool: { must: [tea], should: [{ term: { salary: 50 } }] } } }],
    ["exclusions", { query: { bool: { must: [tea], must_not: [{ term: { salary: 7 } }] } } }],
    ["orders", { query: tea, sort: ["salary"] }],
    ["parts of a field", { query: { term: { "salary.amount": 50 } } }],
    ["copies in the index", { query: { match: { everything: "50" } } }],
  ])("does not find records by hidden values: %s", async (_, body) => {
    await start(
      { a: { title: "tea", salary: 50 }, b: { title: "tea", salary: { amount: 50 } }, p: { title: "tea" } },
      indexing((record) => ({ ...record, everything: JSON.stringify(record.salary ?? "") })),
    );

    expect((await findIds(body)).filter((id) => id !== "p")).toEqual([]);
    expect((await find(body)).body.hits.total.relation).toBe("eq");
    expect(await findIds({ query: tea, sort: ["title.keyword"] })).toEqual(["a", "b", "p"]);
  });

  it("does not find a record by values that it had before the index knows of its change", async () => {
    await start({ a: { title: "tea", city: "Oslo" } });
    await store.put(`${R}/a`, { data: { title: "tea", city: "Rome" } });

    expect(await findIds({ query: { term: { "city.keyword": "Oslo" } } })).toEqual([]);
    expect((await find({ query: tea })).body.hits.hits[0]._source.city).toBe("Rome");
    await store.delete(`${R}/a`);
    expect(await findIds({ query: tea })).toEqual([]);
  });

  it("are refused in a batch that has read all that a request may read", async () => {
    store = await startStore({ plugins: [basicauth(), search(), guard], settings: { maxListReadMegabytes: 0.01 } });
    await store.put("/buckets/b");
    await store.put(C);
    await store.put(`${R}/a`, { data: { title: "tea", text: "x".repeat(20_000) } });
    await store.drain();

    const part = { method: "POST", path: `${C}/search`, body: { query: tea } };
    const [first, second] = (await store.post("/batch", { requests: [part, part] })).body.responses;
    expect([first.status, first.body.hits.hits.length]).toEqual([200, 1]);
    expect([second.status, second.body.errno]).toEqual([413, 113]);
  });

  it("works for records of any size", async () => {
    const text = "x".repeat(150_000);
    await start(Object.fromEntries(Array.from({ length: 130 }, (_, n) => [`r${n}`, { title: "tea", n, text }])));

    const { status, body } = await find({ query: tea, sort: ["n"], from: 100, size: 2, _source: ["n"] });
    expect([status, body.hits.hits.map(({ _source }: Hit) => _source.n)]).toEqual([200, [100, 101]]);
  });

  it("fills pages with what the user sees, and counts at least that", async () => {
    const records = Array.from({ length: 260 }, (_, n) => [
      `r${String(n).padStart(3, "0")}`,
      n < 240 ? { n, secret: true } : { n },
    ]);
    await start(Object.fromEntries(records));

    const { body } = await find({ sort: ["n"], from: 5, size: 10 });
    expect(body.hits.hits.map(({ _id }: Hit) => _id)).toEqual(records.slice(245, 255).map(([id]) => id));
    expect(body.hits.total).toEqual({ value: 20, relation: "eq" });
    const { body: first } = await find({ sort: [{ n: "desc" }], size: 1 });
    expect(first.hits.total).toEqual({ value: 20, relation: "gte" });
  });
});
