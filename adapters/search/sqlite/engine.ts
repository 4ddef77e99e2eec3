import { DatabaseSync } from "node:sqlite";
import {
  type IndexWrite,
  type SearchAnswer,
  type SearchEngine,
  TOMBSTONE_RETENTION_MS,
} from "../../../core/ports/search-engine.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import {
  createTables,
  dropTables,
  IndexWriter,
  indexTables,
  type PreparedStatements,
  prepareStatements,
} from "./index-tables.ts";
import { searchIndex } from "./search-index.ts";

/** Version of the tables. Files of other versions are rejected: indexing again is faster than a conversion. */
const FORMAT = 1;
/** Maximum number of indexes whose prepared statements are kept. */
const MAX_CACHED_INDEXES = 64;
/** Maximum time to wait for another process that holds the file, and maximum time of one search. */
const TIMEOUT_MS = 10_000;
const EMPTY_ANSWER: SearchAnswer = { total: 0, max_score: null, hits: [], aggregations: {} };

/**
 * Opens full-text search in one SQLite file, or in `":memory:"`, with `node:sqlite` and FTS5. Writes are on disk when
 * `write` resolves.
 */
export const openSqliteSearch = ({ file }: { file: string }): SearchEngine => {
  const database = new DatabaseSync(file, { timeout: TIMEOUT_MS });
  database.exec("pragma journal_mode = wal; pragma synchronous = full;");
  requireFormat(database, file);
  const cache = new Map<string, { writer: IndexWriter; statements: PreparedStatements }>();

  const openIndex = (index: string) => {
    const cached = cache.get(index);
    if (cached !== undefined) return cached;
    const tables = indexTables(index);
    const entry = { writer: new IndexWriter(database, tables), statements: prepareStatements(database, tables) };
    if (cache.size >= MAX_CACHED_INDEXES) cache.delete(cache.keys().next().value as string);
    cache.set(index, entry);
    return entry;
  };

  const exists = database.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
  const indexExists = (index: string) => exists.get(indexTables(index).doc.slice(1, -1)) !== undefined;

  return {
    async write(writes) {
      const now = Date.now();
      const writesByIndex = Map.groupBy(writes, ({ index }: IndexWrite) => index);
      runTransaction(database, "immediate", () => {
        for (const [index, indexWrites] of writesByIndex) {
          if (!indexExists(index)) database.exec(createTables(indexTables(index)));
          const { writer } = openIndex(index);
          for (const write of indexWrites) writer.write(write, now);
          if (indexWrites.some(({ document }) => document === null))
            writer.deleteTombstones(now - TOMBSTONE_RETENTION_MS);
        }
      });
    },
    async drop(index) {
      cache.delete(index);
      runTransaction(database, "immediate", () => database.exec(dropTables(indexTables(index))));
    },
    async search(index: string, request: SearchRequest) {
      return runTransaction(database, "deferred", () => {
        if (!indexExists(index)) return { ...EMPTY_ANSWER, aggregations: emptyAggregations(request) };
        return searchIndex(request, openIndex(index).statements, performance.now() + TIMEOUT_MS);
      });
    },
    async ping() {
      database.prepare("select 1").get();
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
};

const emptyAggregations = ({ aggregations }: SearchRequest) =>
  Object.fromEntries(aggregations.map(({ name }) => [name, { buckets: [], sum_other_doc_count: 0 }]));

const requireFormat = (database: DatabaseSync, file: string): void => {
  const format = Number(database.prepare("pragma user_version").get()?.user_version);
  if (format === 0) database.exec(`pragma user_version = ${FORMAT}`);
  else if (format !== FORMAT)
    throw new Error(
      `${file} holds a search index of format ${format}, not ${FORMAT}. Remove the file and index the records again.`,
    );
};

/** Runs `work` in a transaction, isolated from the writes of other processes. */
const runTransaction = <T>(database: DatabaseSync, kind: "immediate" | "deferred", work: () => T): T => {
  database.exec(`begin ${kind}`);
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
};
