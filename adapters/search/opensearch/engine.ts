import type { ClientOptions } from "@opensearch-project/opensearch";
import { type SearchEngine, TOMBSTONE_RETENTION_MS } from "../../../core/ports/search-engine.ts";
import { applyWrites } from "./apply-writes.ts";
import { checkIndex } from "./check-index.ts";
import { type ClusterOptions, openCluster } from "./client.ts";
import { deleteByQuery } from "./delete-by-query.ts";
import { INDEX_PREFIX } from "./index-template.ts";
import { createIndexMaker } from "./indexes.ts";
import type { EngineContext } from "./list-state.ts";
import { reindexCollection, reindexType, rollBackType } from "./reindex.ts";
import { runSearch } from "./run-search.ts";
import { toGroup } from "./search-scope.ts";
import { createWordCounter } from "./word-statistics.ts";

/** Time between two deletions of old tombstones. */
const SWEEP_INTERVAL_MS = 24 * 60 * 60 * 1000;
const ALL_INDEXES = `${INDEX_PREFIX}*`;

/** Opens full-text search in an OpenSearch cluster (2.x or 3.x). The options are those of the OpenSearch client. */
export const openOpenSearch = (
  options: Pick<ClientOptions, "node" | "auth" | "ssl" | "agent">,
  context: EngineContext,
): SearchEngine => createOpenSearchEngine({ connect: async () => options, isServerless: false }, context);

/** Creates an engine that connects when it is first used. */
export const createOpenSearchEngine = (options: ClusterOptions, context: EngineContext): SearchEngine => {
  const cluster = openCluster(options);
  const indexes = createIndexMaker(cluster);
  const countWords = createWordCounter();
  const maintained = { cluster, indexes, context };
  let swept = 0;

  return {
    async write(writes) {
      if (writes.length === 0) return;
      await applyWrites(cluster, indexes, context, writes);
      const now = Date.now();
      if (now - swept < SWEEP_INTERVAL_MS || writes.every(({ document }) => document !== null)) return;
      swept = now;
      // A failure, for example for lack of a permission, must not fail the write.
      const old = { range: { gone: { lt: now - TOMBSTONE_RETENTION_MS } } };
      await deleteByQuery(cluster, ALL_INDEXES, old).catch(() => {});
    },
    drop: (generation) => {
      const groups = [undefined, "admin" as const].map((variant) => toGroup(generation, variant));
      return deleteByQuery(cluster, ALL_INDEXES, { terms: { g: groups } }, generation);
    },
    search: (searched, request) => runSearch(cluster, context, countWords, searched, request),
    async ping() {
      // OpenSearch Serverless has no health, and any other call would keep it from scaling to zero.
      if (!options.isServerless)
        await cluster.call("GET", "/_cluster/health", { query: { wait_for_status: "yellow", timeout: "5s" } });
    },
    close: () => cluster.close(),
    maintenance: {
      types: [...new Set(["record", ...context.types.map(({ name }) => name)])],
      reindexType: (type, options) => reindexType(maintained, type, options),
      reindexCollection: (collection, options) => reindexCollection(maintained, collection, options),
      rollBack: (type, options) => rollBackType(maintained, type, options),
      check: (options, collection) => checkIndex(maintained, options, collection),
    },
  };
};
