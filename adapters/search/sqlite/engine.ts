import { DatabaseSync } from "node:sqlite";
import { type IndexWrite, type SearchEngine, TOMBSTONE_RETENTION_MS } from "../../../core/ports/search-engine.ts";
import { type JsonObject, parseJson } from "../../../lib/json.ts";
import { createTables, dropTables, IndexWriter, indexTables } from "./index-tables.ts";
import { SEARCH_LIMITS, type SearchLimits, SearchThreads } from "./search-threads.ts";

/** Version of the tables. Files of other versions are rejected: indexing again is faster than a conversion. */
const FORMAT = 1;
/** Maximum number of indexes whose prepared statements are kept. */
const MAX_CACHED_INDEXES = 64;
/** Maximum time to wait for another process that holds the file. */
const TIMEOUT_MS = 10_000;

/**
 * Opens full-text search in one SQLite file, with `node:sqlite` and FTS5. Writes are on disk when `write` resolves.
 * Searches run in threads.
 */
export const openSqliteSearch = ({
  file,
  limits = SEARCH_LIMITS,
}: {
  readonly file: string;
  readonly limits?: SearchLimits;
}): SearchEngine => {
  const database = new DatabaseSync(file, { timeout: TIMEOUT_MS });
  database.exec("pragma journal_mode = wal; pragma synchronous = full;");
  requireFormat(database, file);
  const threads = new SearchThreads(file, limits);
  const cache = new Map<string, IndexWriter>();

  const openIndex = (index: string): IndexWriter => {
    const cached = cache.get(index);
    if (cached !== undefined) return cached;
    const writer = new IndexWriter(database, indexTables(index));
    if (cache.size >= MAX_CACHED_INDEXES) cache.delete(cache.keys().next().value as string);
    cache.set(index, writer);
    return writer;
  };

  const exists = database.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
  const indexExists = (index: string) => exists.get(indexTables(index).doc.slice(1, -1)) !== undefined;

  return {
    async write(writes) {
      const now = Date.now();
      const writesByIndex = Map.groupBy(writes, ({ index }: IndexWrite) => index);
      runTransaction(database, () => {
        for (const [index, indexWrites] of writesByIndex) {
          if (!indexExists(index)) database.exec(createTables(indexTables(index)));
          const writer = openIndex(index);
          for (const write of indexWrites) writer.write(write, now);
          if (indexWrites.some(({ document }) => document === null))
            writer.deleteTombstones(now - TOMBSTONE_RETENTION_MS);
        }
      });
    },
    async drop(index) {
      cache.delete(index);
      runTransaction(database, () => database.exec(dropTables(indexTables(index))));
    },
    async search(index, request) {
      const answer = await threads.search({ index, request });
      const hits = answer.hits.map(({ json, ...hit }) => ({ ...hit, source: parseJson(json) as JsonObject }));
      return { ...answer, hits };
    },
    async ping() {
      database.prepare("select 1").get();
    },
    async close() {
      await threads.close();
      if (database.isOpen) database.close();
    },
  };
};

const requireFormat = (database: DatabaseSync, file: string): void => {
  const format = Number(database.prepare("pragma user_version").get()?.user_version);
  if (format === 0) database.exec(`pragma user_version = ${FORMAT}`);
  else if (format !== FORMAT)
    throw new Error(
      `${file} holds a search index of format ${format}, not ${FORMAT}. Remove the file and index the records again.`,
    );
};

/** Runs `work` in a transaction, isolated from the writes of other processes. */
const runTransaction = <T>(database: DatabaseSync, work: () => T): T => {
  database.exec("begin immediate");
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
};
