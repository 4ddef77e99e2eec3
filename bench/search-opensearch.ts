import { openOpenSearch } from "../adapters/search/opensearch/engine.ts";
import type { EngineContext } from "../adapters/search/opensearch/list-state.ts";
import type { SearchedIndex } from "../core/ports/search-engine.ts";
import type { ChangesQuery, ListChange, StoredObject } from "../core/ports/store.ts";
import { listFromIds, RESOURCES, ROOT_GENERATION } from "../core/resources.ts";
import { parseSearch } from "../core/search/request.ts";
import { readSearchSettings, toIndexDefinition } from "../core/search/search-settings.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { startOpenSearch } from "../test/engines/start-opensearch.ts";
import { chooseWords, createRecordMaker } from "./search-data.ts";
import { measureMany, measureOnce, RUNS, SHAPES, WRITES } from "./search-shapes.ts";

/** Records whose words are searched. */
const SAMPLE = 10_000;
const RECORDS_PER_LINE = 50_000;
const GENERATION = "bench";
const LIST = listFromIds(RESOURCES.core.record, ["b", "c"]);
const BUCKET_GENERATION = "bucket";

/** A list whose records are made while they are read, once and in their order. */
class GeneratedList {
  timestamp: number;
  jsonBytes = 0;
  readonly sample: JsonObject[] = [];
  readonly #make = createRecordMaker();
  readonly #count: number;
  /** Records that were written since. */
  readonly #written: ListChange[] = [];
  #made = 0;

  constructor(count: number) {
    this.#count = count;
    this.timestamp = count;
  }

  put(id: string, data: JsonObject): number {
    const revision = ++this.timestamp;
    this.#written.push({ id, json: JSON.stringify(data), last_modified: revision, revision, deleted: false });
    return revision;
  }

  async readChanges({ after, limit }: ChangesQuery) {
    const changes: ListChange[] = [];
    for (let n = after.revision; n < this.timestamp && changes.length < limit; n++) {
      const change = n < this.#count ? this.#makeChange(n) : this.#written[n - this.#count];
      if (change !== undefined) changes.push(change);
    }
    const last = changes.at(-1)?.revision ?? this.timestamp;
    return { changes, ...(last < this.timestamp && { next: { revision: last } }) };
  }

  #makeChange(n: number): ListChange {
    if (n !== this.#made) throw new Error("The records are read again");
    this.#made++;
    const record = this.#make(undefined, n);
    const json = JSON.stringify(record);
    this.jsonBytes += Buffer.byteLength(json);
    if (this.sample.length < SAMPLE) this.sample.push(record);
    return { id: String(record.id), json, last_modified: n + 1, revision: n + 1, deleted: false };
  }
}

const toContext = (list: GeneratedList): EngineContext => {
  const stored = (ownGeneration: string, parentGeneration: string) =>
    ({ ownGeneration, parentGeneration, deleted: false, json: "{}" }) as StoredObject;
  const refuse = () => Promise.reject(new Error("The bench does not read this"));
  return {
    store: {
      read: async () => ({
        objects: new Map(),
        memberships: new Map(),
        bytes: 0,
        parents: new Map([
          ["/buckets/b", stored(BUCKET_GENERATION, ROOT_GENERATION)],
          ["/buckets/b/collections/c", stored(GENERATION, BUCKET_GENERATION)],
        ]),
        clocks: new Map([
          [LIST.uri, { parentGeneration: GENERATION, timestamp: list.timestamp, count: 0, untouched: false }],
        ]),
      }),
      readChanges: (_, query) => list.readChanges(query),
      readHeads: refuse,
      walk: refuse,
    },
    resources: RESOURCES,
    types: [],
  };
};

/** Measures OpenSearch on this machine. @param heapMb maximum heap of Java */
export const runOpenSearch = async (count: number, heapMb: number): Promise<Record<string, string>> => {
  await using server = await startOpenSearch(heapMb);
  const list = new GeneratedList(count);
  const engine = openOpenSearch({ node: server.endpoint }, toContext(list));
  const post = async (path: string) => {
    const response = await fetch(`${server.endpoint}${path}`, { method: "POST" });
    if (!response.ok) throw new Error(`OpenSearch answers ${response.status} to ${path}`);
  };
  try {
    let written = 0;
    const making = await measureOnce(async () => {
      await engine.maintenance?.reindexCollection("/buckets/b/collections/c", {
        documents: async (_, document) => ({ document }),
        isIndexed: () => true,
        signal: new AbortController().signal,
        onWrites: (writes) => {
          if (Math.floor((written + writes) / RECORDS_PER_LINE) > Math.floor(written / RECORDS_PER_LINE))
            console.error(
              `${(written + writes).toLocaleString("en")} of ${count.toLocaleString("en")} records written`,
            );
          written += writes;
        },
        onStep: () => {},
      });
      await post("/kintoun-*/_refresh");
    });
    const index = (after?: number): SearchedIndex => ({
      list: LIST,
      generation: GENERATION,
      timestamp: list.timestamp,
      definition: toIndexDefinition(readSearchSettings({}), ""),
      document: async (record) => record,
      readable: undefined,
      after,
    });
    const search = (body: Json, after?: number) => engine.search([index(after)], parseSearch(body));
    const words = chooseWords(list.sample, RUNS * 2);
    const shapes: Record<string, string> = {};
    for (const [shape, toBody] of Object.entries(SHAPES))
      shapes[shape] = await measureMany(RUNS, (run) => search(toBody(words[run * 2] ?? "", words[run * 2 + 1] ?? "")));
    const found = await measureMany(WRITES, async (run) => {
      const document = { title: `fresh${run}` };
      const version = list.put(`new${run}`, document);
      await engine.write([{ list: LIST.uri, index: GENERATION, id: `new${run}`, version, document }]);
      const { total } = await search({ query: { match: { title: `fresh${run}` } } }, version);
      if (total !== 1) throw new Error("A write was not found");
    });
    await post("/kintoun-*/_flush");
    const stats = (await (await fetch(`${server.endpoint}/kintoun-*/_stats/store`)).json()) as {
      readonly _all: { readonly primaries: { readonly store: { readonly size_in_bytes: number } } };
    };
    return {
      records: count.toLocaleString("en"),
      "make the index: s, CPU s of the client": making,
      "write to found, with after: p50, p99, CPU ms of the client": found,
      "JSON, MB": (list.jsonBytes / 1e6).toFixed(1),
      "files / JSON": (stats._all.primaries.store.size_in_bytes / list.jsonBytes).toFixed(2),
      ...Object.fromEntries(
        Object.entries(shapes).map(([shape, times]) => [`${shape}: p50, p99, CPU ms of the client`, times]),
      ),
    };
  } finally {
    await engine.close();
  }
};
