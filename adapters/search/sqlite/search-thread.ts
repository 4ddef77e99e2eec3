import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SearchRequest } from "../../../core/search/request.ts";
import { indexTables, type PreparedStatements, prepareStatements } from "./index-tables.ts";
import { type FoundDocuments, LargeAnswerError, searchIndex } from "./search-index.ts";

/** What a search thread receives. It handles one search at a time. */
export interface SearchCall {
  readonly index: string;
  readonly request: SearchRequest;
}

/** What a search thread sends back: an answer, why the search is too expensive, or the message of another failure. */
export type SearchReply =
  | { readonly answer: FoundDocuments }
  | { readonly tooExpensive: string }
  | { readonly error: string };

/** Maximum number of indexes whose prepared statements are kept. */
const MAX_CACHED_INDEXES = 64;

/** Answers searches on the index file in its own connection. */
const createSearcher = (file: string): ((call: SearchCall) => SearchReply) => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
  const exists = database.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
  const cache = new Map<string, PreparedStatements>();
  const openIndex = (index: string): PreparedStatements => {
    const cached = cache.get(index);
    if (cached !== undefined) return cached;
    if (cache.size >= MAX_CACHED_INDEXES) cache.delete(cache.keys().next().value as string);
    const statements = prepareStatements(database, indexTables(index));
    cache.set(index, statements);
    return statements;
  };
  return ({ index, request }) => {
    // One transaction, so that the answer shows one state of the index.
    database.exec("begin deferred");
    try {
      if (exists.get(indexTables(index).doc.slice(1, -1)) !== undefined)
        return { answer: searchIndex(request, openIndex(index)) };
      cache.delete(index);
      return { answer: emptyAnswer(request) };
    } catch (error) {
      if (error instanceof LargeAnswerError) return { tooExpensive: error.message };
      return { error: error instanceof Error ? error.message : String(error) };
    } finally {
      if (database.isTransaction) database.exec("commit");
    }
  };
};

const emptyAnswer = ({ aggregations }: SearchRequest): FoundDocuments => ({
  total: 0,
  max_score: null,
  hits: [],
  aggregations: Object.fromEntries(aggregations.map(({ name }) => [name, { buckets: [], sum_other_doc_count: 0 }])),
});

if (parentPort !== null) {
  const port = parentPort;
  const { file } = workerData as { readonly file: string };
  const search = createSearcher(file);
  port.on("message", (call: SearchCall) => port.postMessage(search(call)));
}
