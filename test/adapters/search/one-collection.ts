import type { EngineContext } from "../../../adapters/search/opensearch/list-state.ts";
import type { IndexWrite, SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { ListChange } from "../../../core/ports/store.ts";
import { listFromIds, RESOURCES } from "../../../core/resources.ts";

const list = listFromIds(RESOURCES.core.record, ["b", "c"]);
const unused = () => Promise.reject(new Error("not used"));
const parent = (ownGeneration: string, parentGeneration: string) => ({
  json: "{}",
  last_modified: 1,
  revision: 1,
  deleted: false,
  acl: {},
  changedBy: "",
  ownGeneration,
  parentGeneration,
});

/** What an engine reads of a store with one collection, without a table. @param changes the records of the collection */
export const describeOneCollection = (changes: readonly ListChange[] = []): EngineContext => ({
  store: {
    read: async () => ({
      objects: new Map(),
      parents: new Map([
        ["/buckets/b/collections/c", parent("i", "g")],
        ["/buckets/b", parent("g", "root")],
      ]),
      clocks: new Map([[list.uri, { parentGeneration: "i", timestamp: 0, count: 1, untouched: false }]]),
      memberships: new Map(),
      bytes: 0,
    }),
    readChanges: async (_, { after }) => ({ changes: changes.filter(({ revision }) => revision > after.revision) }),
    readHeads: unused,
    walk: unused,
  },
  resources: RESOURCES,
  types: [],
});

export const ONE_INDEX: SearchedIndex = {
  list,
  generation: "i",
  timestamp: 1,
  definition: { language: "en", nested: [], excluded: [], hash: "" },
  document: async (record) => record,
  readable: undefined,
};

/** A write of a record of the collection. */
export const writeOf = (id: string, document: IndexWrite["document"] = { a: 1 }): IndexWrite => ({
  list: list.uri,
  index: "i",
  id,
  version: 1,
  document,
});

const NOTHING = { timed_out: false, _shards: { failed: 0 }, hits: { total: { value: 0 }, max_score: null, hits: [] } };

/** What an OpenSearch without documents answers. @param what method and path */
export const answerOfEmptyIndex = (what: string): unknown => {
  if (what.startsWith("GET /_alias/")) return { "kintoun-record-1": { aliases: {} } };
  if (what.endsWith("/_mget")) return { docs: [] };
  if (what.endsWith("/_msearch")) return { responses: Array.from({ length: 9 }, () => NOTHING) };
  if (what.endsWith("/_search")) return NOTHING;
  return {};
};
