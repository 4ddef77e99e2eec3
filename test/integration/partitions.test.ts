import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import type { Send } from "../../adapters/store/dynamodb/operations.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { wrapRequests } from "../wrap-requests.ts";

/** Records the partitions that the store uses. */
const recordPartitions = () => {
  let used = new Set<string>();
  const wrap =
    (send: Send): Send =>
    (operation, input) => {
      for (const [, key] of JSON.stringify(input).matchAll(/"(?:pk|:pk|:list)":\{"S":"([^"]*)"\}/g))
        used.add(key as string);
      return send(operation, input);
    };
  const take = (): readonly string[] => {
    const taken = [...used].toSorted();
    used = new Set();
    return taken;
  };
  return { wrap, take };
};

const rooms = definePlugin({
  name: "rooms",
  about: "Rooms with messages.",
  resources: {
    room: { about: "A room.", create: ["system.Authenticated"] },
    message: { about: "A message.", parent: "room" },
  },
});

describe("partitions of the table", () => {
  const { wrap, take } = recordPartitions();
  const collection = "/buckets/b/collections/c";
  const records = `${collection}/records`;
  const parents = ["parent#/buckets/b", `parent#${collection}`];
  let store: TestStore;

  beforeAll(async () => {
    store = await startStore({ wrap: wrapRequests(wrap), plugins: [basicauth(), search({}), rooms()] });
    await store.put("/buckets/b", { permissions: { read: ["/buckets/b/groups/g"] } });
    await store.put("/buckets/b/groups/g", { data: { members: [await store.userId("bob")] } });
    await store.put(collection, { data: { schema: { type: "object" }, cache_expires: 60 } });
    await store.put(`${records}/r`, { data: { n: 1 } });
    await store.put("/rooms/kitchen");
  });
  afterAll(() => store.close());

  const partitionsOf = async (act: () => Promise<{ status: number }>) => {
    await store.drain();
    take();
    const { status } = await act();
    expect(status).toBeLessThan(300);
    return take().filter((key) => !key.startsWith("member#") && !key.startsWith("who#"));
  };

  it("are those of the list and of its parents when records are read and written", async () => {
    const expected = [records, ...parents].toSorted();
    expect(await partitionsOf(() => store.get(`${records}/r`))).toEqual(expected);
    expect(await partitionsOf(() => store.get(records))).toEqual(expected);
    expect(await partitionsOf(() => store.get(`${records}?min_n=1`))).toEqual(expected);
    expect(await partitionsOf(() => store.put(`${records}/r`, { data: { n: 2 } }))).toEqual(expected);
    expect(await partitionsOf(() => store.patch(`${records}/r`, { data: { m: 2 } }))).toEqual(expected);
    expect(await partitionsOf(() => store.post(records, { data: { n: 3 } }))).toEqual(expected);
    expect(await partitionsOf(() => store.delete(`${records}/r`))).toEqual(expected);
    expect(await partitionsOf(() => store.delete(records))).toEqual(expected);
  });

  it("are those of the list and of its parents when groups give access", async () => {
    await store.put(`${records}/r`, { data: { n: 1 } });
    expect(await partitionsOf(() => store.get(`${records}/r`, { as: "bob" }))).toEqual(
      [records, ...parents].toSorted(),
    );
    expect(await partitionsOf(() => store.get("/buckets/b/groups/g"))).toEqual([
      "/buckets/b/groups",
      "parent#/buckets/b",
    ]);
  });

  it("are those of the list and of its parents when records are shared", async () => {
    await store.put(`${records}/r`, { permissions: { read: [await store.userId("carl")] } });
    expect(await partitionsOf(() => store.get(records, { as: "carl" }))).toEqual([records, ...parents].toSorted());
  });

  it("are those of the list and of its parents when records are searched", async () => {
    // The first request of the function reads a secret.
    await store.post(`${collection}/search`, { query: { match_all: {} } });
    expect(await partitionsOf(() => store.post(`${collection}/search`, { query: { match_all: {} } }))).toEqual(
      [records, ...parents].toSorted(),
    );
  });

  it("are those of the lists and of their parents in a batch", async () => {
    const requests = [{ method: "PUT", path: `${records}/x` }, { path: `${records}/r` }, { path: "/buckets/b/groups" }];
    expect(await partitionsOf(() => store.post("/batch", { requests }))).toEqual(
      [records, "/buckets/b/groups", ...parents].toSorted(),
    );
  });

  it("are those of the list and of its parents for resources of plugins", async () => {
    const messages = "/rooms/kitchen/messages";
    const expected = [messages, "parent#/rooms/kitchen"];
    expect(await partitionsOf(() => store.post(messages, { data: { text: "Hi" } }))).toEqual(expected);
    expect(await partitionsOf(() => store.get(messages))).toEqual(expected);
  });
});
