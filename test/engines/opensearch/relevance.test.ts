import { beforeAll, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../../adapters/search/opensearch/engine.ts";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import type { StoredObject } from "../../../core/ports/store.ts";
import { ancestors, RESOURCES, ROOT_GENERATION } from "../../../core/resources.ts";
import { readSearchSettings, toIndexDefinition } from "../../../core/search/search-settings.ts";
import { MemoryList, memoryStore } from "../../adapters/search/memory-list.ts";
import type { DataSet } from "../../relevance/data-sets.ts";
import { measureRelevance, RELEVANCE_SETS } from "../../relevance/measure.ts";
import { MIN_SHARE, missesOf, publishedCells, toCell } from "../../relevance/published.ts";
import { useOpenSearch } from "../start-opensearch.ts";

let server: { readonly endpoint: string };
beforeAll(async () => {
  server = await useOpenSearch();
}, 300_000);

/** A store with one list, its collection and its bucket. */
const storeWith = (list: MemoryList, { index }: DataSet) => {
  const lists = memoryStore(list);
  const collection = list.list.parent;
  const bucket = collection === null ? undefined : ancestors(collection)[0];
  const stored = (json: string, parentGeneration: string, ownGeneration: string) =>
    ({ json, parentGeneration, ownGeneration, deleted: false, revision: 1 }) as StoredObject;
  const parents = new Map([
    [bucket?.uri ?? "", stored("{}", ROOT_GENERATION, "g0")],
    [collection?.uri ?? "", stored(JSON.stringify({ index }), "g0", list.generation)],
  ]);
  const unused = () => Promise.reject(new Error("It reads changes only."));
  return {
    ...lists,
    read: async (request: Parameters<typeof lists.read>[0]) => ({ ...(await lists.read(request)), parents }),
    readHeads: unused,
    walk: unused,
  };
};

const WRITES_PER_CALL = 1000;

const fill = async (engine: SearchEngine, list: MemoryList, { records }: DataSet): Promise<void> => {
  const writes = Object.entries(records).map(([id, document]) => ({
    list: list.list.uri,
    index: list.generation,
    id,
    version: list.revisionOf(id) ?? 0,
    document,
  }));
  for (let at = 0; at < writes.length; at += WRITES_PER_CALL)
    await engine.write(writes.slice(at, at + WRITES_PER_CALL));
  await fetch(`${server.endpoint}/_refresh`, { method: "POST" });
};

it("OpenSearch finds what a person expects in at least 95 % of 80 searches, as published", async () => {
  const published = publishedCells("OpenSearch");
  const cells = new Map<string, string>();
  const misses: string[] = [];
  for (const set of RELEVANCE_SETS) {
    const data = set.load();
    const list = new MemoryList(`${set.name}0`).fill(data.records);
    const engine = openOpenSearch(
      { node: server.endpoint },
      { store: storeWith(list, data), resources: RESOURCES, types: [] },
    );
    try {
      await fill(engine, list, data);
      const definition = toIndexDefinition(readSearchSettings({ index: data.index }), "");
      const results = await measureRelevance(engine, list.index({ definition }), set, data);
      for (const result of results) cells.set(`${set.name}: ${result.q}`, toCell(result));
      misses.push(...missesOf(set, results));
    } finally {
      await engine.close();
    }
  }

  expect(misses.length <= (1 - MIN_SHARE) * cells.size ? [] : misses).toEqual([]);
  expect(Object.fromEntries(cells)).toEqual(Object.fromEntries(published));
}, 600_000);
