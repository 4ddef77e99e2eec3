import type { SearchAnswer, SearchHit, TermsBuckets } from "../../../core/ports/search-engine.ts";
import type { SearchRequest, SortKey, TermsAggregation } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { evaluate, type Scores } from "./evaluate.ts";
import type { PreparedStatements } from "./index-tables.ts";

/** A hit whose document is a JSON text. */
type FoundDocument = Omit<SearchHit, "source"> & { readonly json: string };

export interface FoundDocuments extends Omit<SearchAnswer, "hits"> {
  readonly hits: readonly FoundDocument[];
}

/** Maximum size of the documents of an answer, before `_source` is applied. */
const MAX_DOCUMENT_CHARACTERS = 32 * 1024 * 1024;

/** The documents of an answer are too large. */
export class LargeAnswerError extends Error {
  constructor() {
    super(`finds documents of more than ${MAX_DOCUMENT_CHARACTERS / 1024 / 1024} MB`);
  }
}

/** Runs a search on one index. Throws a {@link LargeAnswerError} when the documents are too large. */
export const searchIndex = (request: SearchRequest, statements: PreparedStatements): FoundDocuments => {
  const scores = evaluate(request.query, statements);
  const columns = request.sort.map((key) => createSortColumn(key, scores, statements));
  const scored = columns.length === 0 || request.sort.some((key) => key.by === "score");
  const page =
    request.size === 0
      ? []
      : sortDocuments(scores, columns, statements).slice(request.from, request.from + request.size);
  return {
    total: scores.size,
    max_score: scored && request.size > 0 ? maxScore(scores) : null,
    hits: loadHits(page, statements, (doc) => ({
      score: scored ? (scores.get(doc) ?? 0) : null,
      ...(columns.length > 0 && { sort: columns.map((column) => column.value(doc)) }),
    })),
    aggregations: Object.fromEntries(
      request.aggregations.map((aggregation) => [aggregation.name, countTerms(aggregation, scores, statements)]),
    ),
  };
};

/** The order of documents by one sort key. Lower ranks come first. */
interface SortColumn {
  readonly rank: (doc: number) => number;
  readonly value: (doc: number) => Json;
}

const createSortColumn = (key: SortKey, scores: Scores, statements: PreparedStatements): SortColumn => {
  const sign = key.order === "asc" ? 1 : -1;
  if (key.by === "score") return { rank: (doc) => sign * (scores.get(doc) ?? 0), value: (doc) => scores.get(doc) ?? 0 };
  const values = new Map<number, { rank: number; value: string }>();
  const query = key.order === "asc" ? statements.smallest : statements.greatest;
  for (const { doc, v, rank } of query(JSON.stringify(key.paths)))
    values.set(Number(doc), { rank: sign * Number(rank), value: String(v) });
  const missing = key.missing === "last" ? Infinity : -Infinity;
  return {
    rank: (doc) => values.get(doc)?.rank ?? missing,
    value: (doc) => {
      const found = values.get(doc);
      return found === undefined ? null : decodeValue(found.value);
    },
  };
};

const sortDocuments = (scores: Scores, columns: readonly SortColumn[], statements: PreparedStatements): number[] => {
  const ids = new Map<number, number>();
  for (const { doc } of statements.byId()) ids.set(Number(doc), ids.size);
  const ranks = columns.length > 0 ? columns.map(({ rank }) => rank) : [(doc: number) => -(scores.get(doc) ?? 0)];
  const rows = Array.from(scores.keys(), (doc) => ({
    doc,
    keys: [...ranks.map((rank) => rank(doc)), ids.get(doc) ?? Infinity],
  }));
  rows.sort((a, b) => {
    const first = a.keys.findIndex((key, index) => key !== b.keys[index]);
    return first < 0 ? 0 : (a.keys[first] as number) < (b.keys[first] as number) ? -1 : 1;
  });
  return rows.map(({ doc }) => doc);
};

const maxScore = (scores: Scores): number | null => {
  let max: number | null = null;
  for (const score of scores.values()) if (max === null || score > max) max = score;
  return max;
};

const loadHits = (
  page: readonly number[],
  statements: PreparedStatements,
  describe: (doc: number) => Pick<SearchHit, "score" | "sort">,
): FoundDocument[] => {
  const found = new Map<number, { id: string; json: string }>();
  let characters = 0;
  for (const { doc, id, body } of statements.documents(JSON.stringify(page))) {
    const json = String(body);
    characters += json.length;
    if (characters > MAX_DOCUMENT_CHARACTERS) throw new LargeAnswerError();
    found.set(Number(doc), { id: String(id), json });
  }
  return page.flatMap((doc) => {
    const document = found.get(doc);
    return document === undefined ? [] : [{ ...document, ...describe(doc) }];
  });
};

const countTerms = (
  { paths, size }: TermsAggregation,
  scores: Scores,
  statements: PreparedStatements,
): TermsBuckets => {
  const documents = new Map<string, Set<number>>();
  for (const { v, doc } of statements.valuesByField(JSON.stringify(paths))) {
    if (!scores.has(Number(doc))) continue;
    const present = documents.get(String(v));
    if (present === undefined) documents.set(String(v), new Set([Number(doc)]));
    else present.add(Number(doc));
  }
  // The rows are sorted by value. A stable sort keeps that order for ties.
  const sorted = Array.from(documents, ([value, docs]) => ({ key: decodeValue(value), doc_count: docs.size })).sort(
    (a, b) => b.doc_count - a.doc_count,
  );
  const others = sorted.slice(size).reduce((sum, { doc_count }) => sum + doc_count, 0);
  return { buckets: sorted.slice(0, size), sum_other_doc_count: others };
};
