import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../../adapters/search/opensearch/engine.ts";
import type { IndexWrite, SearchEngine, SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { ListChange } from "../../../core/ports/store.ts";
import { type ListRef, listRef, RESOURCES } from "../../../core/resources.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { readSearchSettings, toIndexDefinition } from "../../../core/search/search-settings.ts";
import { parseData } from "../../../core/store/view.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { openObjects } from "../../core/open-objects.ts";
import fc from "../../fast-check.ts";
import { useEmptiedOpenSearch } from "./use-emptied-opensearch.ts";

const server = useEmptiedOpenSearch();
let objects: Awaited<ReturnType<typeof openObjects>>;
let engine: SearchEngine;
beforeEach(async () => {
  objects = await openObjects();
  engine = openOpenSearch({ node: server.endpoint }, { store: objects.store, resources: RESOURCES, types: [] });
  await objects.put("/buckets/b");
});
afterEach(async () => {
  await engine.close();
  await objects[Symbol.asyncDispose]();
});

const openCollection = async (name: string): Promise<ListRef> => {
  await objects.put(`/buckets/b/collections/${name}`);
  return listRef(RESOURCES.core.record, objects.refOf(`/buckets/b/collections/${name}`));
};

const readIndex = async (list: ListRef): Promise<SearchedIndex> => {
  const clock = (await objects.store.read({ objects: [], clocks: [list] })).clocks.get(list.uri);
  return {
    list,
    generation: String(clock?.parentGeneration),
    timestamp: Number(clock?.timestamp),
    definition: toIndexDefinition(readSearchSettings({}), ""),
    document: async (record) => record,
    readable: undefined,
  };
};

/** What is stored in a list, tombstones included. */
const readChanges = async (list: ListRef): Promise<readonly ListChange[]> => {
  const { generation } = await readIndex(list);
  const query = { parentGeneration: generation, after: { revision: 0 }, limit: 1000 };
  return (await objects.store.readChanges(list, query)).changes;
};

const toWrite = (list: ListRef, generation: string, change: ListChange): IndexWrite => ({
  list: list.uri,
  index: generation,
  id: change.id,
  version: change.revision,
  document: change.deleted ? null : parseData(change),
});

/** Changes a record. Returns the write that follows from it. */
const change = async (list: ListRef, id: string, data: JsonObject | null): Promise<IndexWrite> => {
  const uri = `${list.uri}/${id}`;
  await (data === null ? objects.remove(uri) : objects.put(uri, { data }));
  const { generation } = await readIndex(list);
  const found = (await readChanges(list)).find((one) => one.id === id);
  if (found === undefined) throw new Error(`${uri} has not changed`);
  return toWrite(list, generation, found);
};

const search = async (list: ListRef, body: Json = {}, more: Partial<SearchedIndex> = {}) =>
  engine.search([{ ...(await readIndex(list)), ...more }], parseSearch(body));

describe("positions of OpenSearch indexes", () => {
  const id = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("put" as const), id, n: fc.nat(9) }) },
    fc.record({ do: fc.constant("remove" as const), id }),
    // Which of the waiting writes is delivered, and whether it is delivered again later.
    { weight: 5, arbitrary: fc.record({ do: fc.constant("deliver" as const), at: fc.nat(20), again: fc.boolean() }) },
  );

  it("never reflect what the index lacks, whatever the order of deliveries", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const list = await openCollection(`positions${runs++}`);
        const waiting: IndexWrite[] = [];
        const present = new Set<string>();
        const deliver = async (at: number, again: boolean) => {
          const [write] = waiting.splice(at % Math.max(1, waiting.length), 1);
          if (write === undefined) return;
          if (again) waiting.push(write);
          await engine.write([write]);
        };
        const check = async (isEnd: boolean) => {
          await server.refresh();
          const stored = await readChanges(list);
          const answer = await search(list, { size: 100, sort: ["_id"] });
          const reflected = answer.reflects[0] ?? 0;
          const found = new Map(answer.hits.map((hit) => [hit.id, hit.revision]));
          for (const one of stored)
            if (one.revision <= reflected)
              expect([one.id, found.get(one.id)]).toEqual([one.id, one.deleted ? undefined : one.revision]);
          if (isEnd && stored.length > 0) expect(reflected).toBe((await readIndex(list)).timestamp);
        };
        for (const one of steps) {
          if (one.do === "put") {
            waiting.push(await change(list, one.id, { n: one.n }));
            present.add(one.id);
          } else if (one.do === "remove" && present.delete(one.id)) waiting.push(await change(list, one.id, null));
          else if (one.do === "deliver") await deliver(one.at, one.again);
          await check(false);
        }
        while (waiting.length > 0) await deliver(0, false);
        await check(true);
      }),
      { numRuns: 12 },
    );
  }, 300_000);

  it("advance by the last of several writers at the same time", async () => {
    const list = await openCollection("writers");
    const writes: IndexWrite[] = [];
    for (let n = 0; n < 30; n++) writes.push(await change(list, `r${n}`, { n }));
    await Promise.all(writes.map((write) => engine.write([write])));
    await server.refresh();

    const { reflects, total } = await search(list);
    expect({ reflects, total }).toEqual({ reflects: [(await readIndex(list)).timestamp], total: 30 });
  });

  it("reflect the present of a list that is empty", async () => {
    const list = await openCollection("empty");
    const { timestamp } = await readIndex(list);

    expect(await search(list, {}, { after: timestamp })).toMatchObject({ total: 0, reflects: [timestamp] });
  });

  it("let a search wait for a timestamp", async () => {
    const list = await openCollection("waiting");
    const first = await change(list, "a", { n: 1 });
    const second = await change(list, "b", { n: 2 });
    await engine.write([second]);
    const found = search(list, {}, { after: second.version });
    await engine.write([first]);

    expect(await found).toMatchObject({ total: 2, reflects: [second.version] });
  });

  it("end a search with 504 when the index is not there in time", async () => {
    const list = await openCollection("late");
    const first = await change(list, "a", { n: 1 });
    const second = await change(list, "b", { n: 2 });
    await engine.write([first]);

    await expect(search(list, {}, { after: second.version })).rejects.toMatchObject({
      name: "INDEX_BEHIND",
      message: expect.stringMatching(/has reached \d+\. It is \d+ ms behind/),
      headers: { "Retry-After": "2" },
    });
  }, 30_000);
});

describe("collections in one OpenSearch index", () => {
  it("do not show in each other's hits, totals, buckets, suggestions and scores", async () => {
    const [own, other] = [await openCollection("own"), await openCollection("other")];
    for (const [n, title] of ["sea shore", "sea", "mountain"].entries())
      await engine.write([await change(own, `own${n}`, { title })]);
    await server.refresh();
    const body = {
      query: { match: { title: "sea" } },
      suggest: { words: { text: "maountain shorre", term: { field: "title" } } },
      aggs: { titles: { terms: { field: "title.keyword" } } },
    };
    const before = await search(own, body);

    for (let n = 0; n < 20; n++)
      await engine.write([await change(other, `other${n}`, { title: "sea mountains shores" })]);
    await server.refresh();

    expect(before.total).toBe(2);
    expect(before.suggest).toMatchObject({ words: [[{ text: "mountain" }], [{ text: "shore" }]] });
    expect(await search(own, body)).toEqual(before);
    expect((await search(other, body)).total).toBe(20);
  });

  it("are removed alone, and take no late writes", async () => {
    const [ended, kept] = [await openCollection("ended"), await openCollection("kept")];
    const late = await change(ended, "a", { n: 1 });
    await engine.write([late, await change(kept, "a", { n: 1 })]);
    const index = await readIndex(ended);
    await objects.remove("/buckets/b/collections/ended");
    await server.refresh();
    await engine.drop(index.generation);
    await engine.write([{ ...late, version: late.version + 1 }]);
    await waitForTotal(index, 0);

    expect((await search(kept)).total).toBe(1);
  });

  const waitForTotal = async (index: SearchedIndex, total: number) => {
    for (let n = 0; n < 50; n++) {
      await server.refresh();
      if ((await engine.search([index], parseSearch({}))).total === total) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`There are not ${total} documents.`);
  };
});

describe("maintenance of OpenSearch indexes", () => {
  const options = (signal = new AbortController().signal) => ({
    documents: async (_: unknown, record: JsonObject | null) => ({ document: record }),
    isIndexed: () => true,
    signal,
    onWrites: () => {},
    onStep: () => {},
  });
  const maintenance = () => {
    if (engine.maintenance === undefined) throw new Error("The engine has no maintenance.");
    return engine.maintenance;
  };
  const names = async () =>
    Object.keys((await (await fetch(`${server.endpoint}/kintoun-*/_alias`)).json()) as object).sort();
  const fill = async (list: ListRef, count: number) => {
    for (let n = 0; n < count; n++) await change(list, `r${n}`, { n });
  };

  it("builds an index beside, with everything that is stored, and swaps", async () => {
    const list = await openCollection("c");
    await fill(list, 5);
    await change(list, "r0", null);

    expect(await maintenance().reindexType("record", options())).toBe(true);
    await server.refresh();

    expect(await names()).toEqual(["kintoun-record-1", "kintoun-record-2"]);
    expect(await search(list, { size: 0 })).toMatchObject({ total: 4, reflects: [(await readIndex(list)).timestamp] });
  });

  it("catches up with writes during the build, and with those of before the swap", async () => {
    const list = await openCollection("c");
    await fill(list, 3);
    let late: Promise<IndexWrite> | undefined;
    const build = maintenance().reindexType("record", {
      ...options(),
      onStep: (text) => {
        if (text.startsWith("Building")) late = change(list, "late", { n: 9 });
      },
    });
    expect(await build).toBe(true);
    // It is delivered after the swap.
    if (late !== undefined) await engine.write([await late]);
    await server.refresh();

    expect(await search(list, { size: 0 })).toMatchObject({ total: 4, reflects: [(await readIndex(list)).timestamp] });
  });

  it("continues a build that was interrupted", async () => {
    const [one, two] = [await openCollection("one"), await openCollection("two")];
    await fill(one, 3);
    await fill(two, 3);
    const stop = new AbortController();
    const interrupted = { ...options(stop.signal), onWrites: () => stop.abort() };
    expect(await maintenance().reindexType("record", interrupted)).toBe(false);
    expect(await search(one)).toMatchObject({ total: 0 });

    const pages: number[] = [];
    const continued = { ...options(), onWrites: (count: number) => pages.push(count) };
    expect(await maintenance().reindexType("record", continued)).toBe(true);
    await server.refresh();

    expect(pages).toEqual([3]);
    expect(await names()).toEqual(["kintoun-record-1", "kintoun-record-2"]);
    expect((await engine.search([await readIndex(one), await readIndex(two)], parseSearch({}))).total).toBe(6);
  });

  it("rolls back to the previous index, with what was written since", async () => {
    const list = await openCollection("c");
    await engine.write([await change(list, "a", { n: 1 })]);
    await maintenance().reindexType("record", options());
    await engine.write([await change(list, "b", { n: 2 })]);

    expect(await maintenance().rollBack("record", options())).toBe("returned");
    await server.refresh();

    expect(await names()).toEqual(["kintoun-record-1"]);
    expect(await search(list)).toMatchObject({ total: 2, reflects: [(await readIndex(list)).timestamp] });
    expect(await maintenance().rollBack("record", options())).toBeUndefined();
  });

  it("cancels a build that is not complete", async () => {
    const list = await openCollection("c");
    await fill(list, 1);
    const stop = new AbortController();
    await maintenance().reindexType("record", { ...options(stop.signal), onWrites: () => stop.abort() });

    expect(await maintenance().rollBack("record", options())).toBe("canceled");
    expect(await names()).toEqual(["kintoun-record-1"]);
  });

  it("writes one collection again with new documents", async () => {
    const list = await openCollection("c");
    await engine.write([await change(list, "a", { title: "sea" })]);
    const documents = async (_: unknown, record: JsonObject | null) => ({
      document: record && { ...record, extra: "new" },
    });

    expect(await maintenance().reindexCollection("/buckets/b/collections/c", { ...options(), documents })).toBe(true);
    await server.refresh();

    expect((await search(list, { query: { match: { extra: "new" } } })).total).toBe(1);
  });

  it("finds and repairs what the index lacks, has too long, or has of ended collections", async () => {
    const [list, ended] = [await openCollection("c"), await openCollection("ended")];
    const old = await change(list, "outdated", { n: 1 });
    const removed = await change(list, "removed", { n: 1 });
    await engine.write([old, removed, await change(list, "same", { n: 1 }), await change(ended, "a", { n: 1 })]);
    const { generation } = await readIndex(ended);
    await change(list, "outdated", { n: 2 });
    await change(list, "missing", { n: 1 });
    await change(list, "removed", null);
    await objects.remove("/buckets/b/collections/ended");
    await server.refresh();

    const check = (repair: boolean) => maintenance().check({ ...options(), repair });
    const found = await check(false);
    expect(found.differences.map(({ uri, is }) => [uri.split("/").at(-1), is]).sort()).toEqual(
      [
        [generation, "ended"],
        ["missing", "missing"],
        ["outdated", "outdated"],
        ["removed", "outdated"],
        ["removed", "deleted"],
      ].sort(),
    );
    await check(true);
    // The cluster deletes ended generations in the background.
    for (let n = 0; n < 50 && (await check(false)).differences.length > 0; n++) await server.refresh();

    expect((await check(false)).differences).toEqual([]);
    expect(await search(list)).toMatchObject({ total: 3, reflects: [(await readIndex(list)).timestamp] });
  }, 60_000);
});
