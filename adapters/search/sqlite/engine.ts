import { DatabaseSync } from "node:sqlite";
import type { IndexWrite, SearchAnswer, SearchEngine } from "../../../core/ports/search-engine.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import { TOMBSTONE_LIFE } from "../../../core/search/tombstones.ts";
import { answer } from "./answer.ts";
import { type Questions, questionsOn } from "./questions.ts";
import { createTables, dropTables, Shelf, tablesOf } from "./shelf.ts";

/** Of the tables; a file of another one is refused, since it is quicker to index anew than to convert. */
const FORMAT = 1;
/** Indices whose prepared statements are kept. */
const MOST_OPEN = 64;
/** Ms that another process may hold the file, and that one search may take. */
const PATIENCE = 10_000;
const EMPTY: SearchAnswer = { total: 0, max_score: null, hits: [], aggregations: {} };

/**
 * Full-text search in one SQLite file (or `":memory:"`) by Node's own `node:sqlite` and FTS5. What `write` has
 * acknowledged is on disk.
 */
export const openSqliteSearch = ({ file }: { file: string }): SearchEngine => {
  const database = new DatabaseSync(file, { timeout: PATIENCE });
  database.exec("pragma journal_mode = wal; pragma synchronous = full;");
  claim(database, file);
  const open = new Map<string, { shelf: Shelf; questions: Questions }>();

  const opened = (index: string) => {
    const known = open.get(index);
    if (known !== undefined) return known;
    const tables = tablesOf(index);
    const entry = { shelf: new Shelf(database, tables), questions: questionsOn(database, tables) };
    if (open.size >= MOST_OPEN) open.delete(open.keys().next().value as string);
    open.set(index, entry);
    return entry;
  };

  const exists = database.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
  const isThere = (index: string) => exists.get(tablesOf(index).doc.slice(1, -1)) !== undefined;

  return {
    async write(writes) {
      const now = Date.now();
      const indices = Map.groupBy(writes, ({ index }: IndexWrite) => index);
      transaction(database, "immediate", () => {
        for (const [index, ofIndex] of indices) {
          if (!isThere(index)) database.exec(createTables(tablesOf(index)));
          const { shelf } = opened(index);
          for (const write of ofIndex) shelf.write(write, now);
          if (ofIndex.some(({ document }) => document === null)) shelf.sweep(now - TOMBSTONE_LIFE);
        }
      });
    },
    async drop(index) {
      open.delete(index);
      transaction(database, "immediate", () => database.exec(dropTables(tablesOf(index))));
    },
    async search(index: string, request: SearchRequest) {
      return transaction(database, "deferred", () => {
        if (!isThere(index)) return { ...EMPTY, aggregations: noBuckets(request) };
        return answer(request, opened(index).questions, performance.now() + PATIENCE);
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

const noBuckets = ({ aggregations }: SearchRequest) =>
  Object.fromEntries(aggregations.map(({ name }) => [name, { buckets: [], sum_other_doc_count: 0 }]));

const claim = (database: DatabaseSync, file: string): void => {
  const format = Number(database.prepare("pragma user_version").get()?.user_version);
  if (format === 0) database.exec(`pragma user_version = ${FORMAT}`);
  else if (format !== FORMAT)
    throw new Error(`${file} holds a search index of format ${format}, not ${FORMAT}: remove it and index anew`);
};

/** All of it or nothing; within it, other processes' writes are not seen. */
const transaction = <T>(database: DatabaseSync, kind: "immediate" | "deferred", work: () => T): T => {
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
