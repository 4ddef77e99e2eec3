import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const NOTES = "/buckets/b/collections/notes";

let store: TestStore;
/** Runs before records are read, which happens after the engine has found them. */
let beforeRead: (ids: string) => Promise<void> = async () => undefined;

const wrap =
  (send: Send): Send =>
  async (operation: keyof Operations, input) => {
    const text = operation === "BatchGetItem" ? JSON.stringify(input) : "";
    if (text.includes(`${NOTES}/records`) && text.includes('"one"')) await beforeRead(text);
    return send(operation, input);
  };

beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search()], wrap });
  await store.put("/buckets/b");
});
afterAll(() => store.close());

const put = (id: string, color: string) => store.put(`${NOTES}/records/${id}`, { data: { color } });
const find = async (color: string) => {
  const { body } = await store.post(`${NOTES}/search`, {
    query: { term: { "color.keyword": color } },
    aggs: { first: { top_hits: { size: 5, _source: ["color"] } } },
  });
  const colorsOf = (hits: { _id: string; _source: { color: string } }[]) =>
    hits.map(({ _id, _source }) => `${_id} ${_source.color}`).sort();
  return {
    total: body.hits.total.value,
    hits: colorsOf(body.hits.hits),
    top: colorsOf(body.aggregations.first.hits.hits),
  };
};

beforeEach(async () => {
  beforeRead = async () => undefined;
  await store.delete(NOTES);
  await store.put(NOTES);
  await put("one", "red");
  await put("two", "red");
});

/** Changes the store once, between the search of the engine and the reading of its hits. */
const once = (change: () => Promise<unknown>) => {
  beforeRead = async () => {
    beforeRead = async () => undefined;
    await change();
  };
};

it("a search searches again when a hit was deleted meanwhile", async () => {
  once(() => store.delete(`${NOTES}/records/one`));

  expect(await find("red")).toEqual({ total: 1, hits: ["two red"], top: ["two red"] });
});

it("a search searches again when a hit has changed meanwhile, and no longer matches", async () => {
  once(() => put("one", "blue"));

  expect(await find("red")).toEqual({ total: 1, hits: ["two red"], top: ["two red"] });
});

it("a search shows the changed record if it still matches", async () => {
  once(() => store.put(`${NOTES}/records/one`, { data: { color: "red", changed: true } }));

  expect((await find("red")).hits).toEqual(["one red", "two red"]);
});

it("a search leaves out a record that changes each time", async () => {
  let count = 0;
  beforeRead = async () => {
    const change = beforeRead;
    beforeRead = async () => undefined;
    await store.put(`${NOTES}/records/one`, { data: { color: "red", count: count++ } });
    beforeRead = change;
  };

  expect(await find("red")).toMatchObject({ hits: ["two red"], total: 1 });
  expect(count).toBe(4);
});
