import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { openSqliteSearch } from "../../adapters/search/sqlite/engine.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import type { SearchAnswer, SearchEngine, SearchedIndex } from "../../core/ports/search-engine.ts";
import { listRef, RESOURCES } from "../../core/resources.ts";
import { type Explanation, explainHits } from "../../core/search/explain-hits.ts";
import { parseSearch } from "../../core/search/request.ts";
import { readSearchSettings, toIndexDefinition } from "../../core/search/search-settings.ts";
import { parseWordsSearch } from "../../core/search/words-search.ts";
import { transact } from "../../core/store/transact.ts";
import { readsForWrite } from "../../core/store/view.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { openObjects } from "../core/open-objects.ts";
import { searchNaively } from "../core/search/naive-search.ts";

export type Documents = Readonly<Record<string, JsonObject>>;

/** What the contract compares of an answer. */
export type FoundHits = Pick<SearchAnswer, "total" | "hits" | "aggregations"> & Partial<Pick<SearchAnswer, "maxScore">>;

export interface FilledCollection {
  /** @param readable the ids of the records that the user may read; all when absent */
  search(body: Json, readable?: readonly string[]): Promise<FoundHits>;
  /** Explains the scores of the hits of a query, or of a search by words. Absent without scores. */
  explain?(query: Json | URLSearchParams): Promise<readonly ExplainedHit[]>;
}

interface ExplainedHit {
  readonly id: string;
  readonly score: number;
  readonly explanation: Explanation | undefined;
}

/** A search engine, as the contract uses it. */
export interface OpenedSearch {
  /** Makes documents searchable as the records of a new collection. @param metadata of the collection */
  fill(documents: Documents, metadata?: JsonObject): Promise<FilledCollection>;
  /** Searches several collections together. */
  searchTogether(collections: readonly FilledCollection[], body: Json): Promise<FoundHits>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A collection in a store. */
interface StoredCollection extends FilledCollection {
  readonly index: SearchedIndex;
}

/** An engine over a store, which writes are sent to. */
export interface FedSearch extends OpenedSearch {
  readonly engine: SearchEngine;
  /** Makes written records searchable. */
  readonly settle: () => Promise<void>;
  /** Creates an empty collection. */
  newIndex(): Promise<SearchedIndex>;
}

interface FedEngine {
  readonly engine: SearchEngine;
  /** Makes written records searchable. */
  readonly settle: () => Promise<void>;
}

type Objects = Awaited<ReturnType<typeof openObjects>>;

/** Opens an engine over a store with real collections. */
const openOverStore = async (open: (objects: Objects) => Promise<FedEngine>): Promise<FedSearch> => {
  const objects = await openObjects();
  const { engine, settle } = await open(objects);
  await objects.put("/buckets/b");
  let count = 0;

  const readIndex = async (name: string, metadata: JsonObject): Promise<SearchedIndex> => {
    const collection = objects.refOf(`/buckets/b/collections/${name}`);
    const list = listRef(RESOURCES.core.record, collection);
    const { clocks } = await objects.store.read({ objects: [], parents: [], clocks: [list] });
    const clock = clocks.get(list.uri);
    return {
      list,
      generation: String(clock?.parentGeneration),
      timestamp: Number(clock?.timestamp),
      definition: toIndexDefinition(readSearchSettings(metadata), ""),
      document: async (record) => record,
      readable: undefined,
    };
  };

  const put = async (name: string, documents: Documents): Promise<void> => {
    const refs = Object.entries(documents).map(
      ([id, document]) => [objects.refOf(`/buckets/b/collections/${name}/records/${id}`), document] as const,
    );
    const [first] = refs;
    if (first === undefined) return;
    const plan = { ...readsForWrite(first[0]), writes: [first[0].list] };
    await transact(objects.transactions, plan, async (session) => {
      await Promise.all(refs.map(([ref]) => session.read(readsForWrite(ref))));
      for (const [ref, data] of refs) session.view.put(ref, { data, acl: {}, changedBy: "test" });
    });
  };

  const create = async (metadata: JsonObject): Promise<string> => {
    const name = `c${count++}`;
    await objects.put(`/buckets/b/collections/${name}`, { data: metadata });
    return name;
  };

  return {
    engine,
    settle,
    newIndex: async () => readIndex(await create({}), {}),
    fill: async (documents, metadata = {}): Promise<StoredCollection> => {
      const name = await create(metadata);
      const entries = Object.entries(documents);
      for (let at = 0; at < entries.length; at += 25) await put(name, Object.fromEntries(entries.slice(at, at + 25)));
      const index = await readIndex(name, metadata);
      await engine.write(
        entries.map(([id, document], n) => ({
          list: index.list.uri,
          index: index.generation,
          id,
          version: n + 1,
          document,
        })),
      );
      await settle();
      return {
        index,
        search: (body, readable) => engine.search([{ ...index, readable }], parseSearch(body)),
        explain: async (query) => {
          const request = query instanceof URLSearchParams ? parseWordsSearch(query) : parseSearch({ query });
          const { hits } = await engine.search([index], request);
          const ids = hits.map(({ id }) => id);
          const explained = await explainHits((part) => engine.search([index], part), request.query, ids);
          return hits.map(({ id, score }) => ({ id, score: score ?? 0, explanation: explained.get(id) }));
        },
      };
    },
    searchTogether: (collections, body) =>
      engine.search(
        collections.map((collection) => (collection as StoredCollection).index),
        parseSearch(body),
      ),
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await objects[Symbol.asyncDispose]();
    },
  };
};

/** The embedded engine, which follows the store. */
export const openSqliteCollections = (): Promise<OpenedSearch> =>
  openOverStore(async ({ store }) => {
    const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
    const engine = openSqliteSearch({
      folder,
      maxBytes: Number.POSITIVE_INFINITY,
      store,
      log: createJsonLog(() => {}),
    });
    const close = async () => {
      await engine.close();
      rmSync(folder, { recursive: true });
    };
    return { engine: { ...engine, close }, settle: async () => {} };
  });

/** OpenSearch at an endpoint. */
export const openOpenSearchCollections = (endpoint: string): Promise<FedSearch> =>
  openOverStore(async ({ store }) => ({
    engine: openOpenSearch({ node: endpoint }, { store, resources: RESOURCES, types: [] }),
    settle: async () => {
      await fetch(`${endpoint}/_refresh`, { method: "POST" });
    },
  }));

/** The reference that looks at one document after another. */
export const openNaiveCollections = async (): Promise<OpenedSearch> => ({
  fill: async (documents, metadata = {}) => ({
    search: async (body, readable) =>
      searchDocuments(
        Object.fromEntries(Object.entries(documents).filter(([id]) => readable?.includes(id) ?? true)),
        metadata,
        body,
      ),
  }),
  searchTogether: () => Promise.reject(new Error("The reference searches one collection.")),
  [Symbol.asyncDispose]: async () => {},
});

const searchDocuments = (documents: Documents, metadata: JsonObject, body: Json): FoundHits => {
  const found = searchNaively(documents, readSearchSettings(metadata), parseSearch(body));
  return { ...found, hits: found.hits.map((hit) => ({ index: 0, score: null, ...hit })) };
};
