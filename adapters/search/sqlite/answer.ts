import type { SearchAnswer, SearchHit, TermsBuckets } from "../../../core/ports/search-engine.ts";
import type { TermsAggregation } from "../../../core/search/aggregations.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { SortKey } from "../../../core/search/sorting.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { evaluate, type Scores } from "./evaluate.ts";
import type { Questions } from "./questions.ts";

/** Answers a search from one index. */
export const answer = (request: SearchRequest, ask: Questions, deadline: number): SearchAnswer => {
  const scores = evaluate(request.query, ask, deadline);
  const columns = request.sort.map((key) => columnOf(key, scores, ask));
  const scored = columns.length === 0 || request.sort.some((key) => key.by === "score");
  const page = request.size === 0 ? [] : ordered(scores, columns, ask).slice(request.from, request.from + request.size);
  return {
    total: scores.size,
    max_score: scored && request.size > 0 ? greatest(scores) : null,
    hits: withDocuments(page, ask, (doc) => ({
      score: scored ? (scores.get(doc) ?? 0) : null,
      ...(columns.length > 0 && { sort: columns.map((column) => column.told(doc)) }),
    })),
    aggregations: Object.fromEntries(
      request.aggregations.map((aggregation) => [aggregation.name, count(aggregation, scores, ask)]),
    ),
  };
};

/** What one sort key orders documents by: the lower the sooner. */
interface Column {
  readonly rank: (doc: number) => number;
  readonly told: (doc: number) => Json;
}

const columnOf = (key: SortKey, scores: Scores, ask: Questions): Column => {
  const sign = key.order === "asc" ? 1 : -1;
  if (key.by === "score") return { rank: (doc) => sign * (scores.get(doc) ?? 0), told: (doc) => scores.get(doc) ?? 0 };
  const values = new Map<number, { rank: number; value: string }>();
  const question = key.order === "asc" ? ask.least : ask.greatest;
  for (const { doc, v, rank } of question(JSON.stringify(key.paths)))
    values.set(Number(doc), { rank: sign * Number(rank), value: String(v) });
  const missing = key.missing === "last" ? Infinity : -Infinity;
  return {
    rank: (doc) => values.get(doc)?.rank ?? missing,
    told: (doc) => {
      const known = values.get(doc);
      return known === undefined ? null : decodeValue(known.value);
    },
  };
};

const ordered = (scores: Scores, columns: readonly Column[], ask: Questions): number[] => {
  const ids = new Map<number, number>();
  for (const { doc } of ask.byId()) ids.set(Number(doc), ids.size);
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

const greatest = (scores: Scores): number | null => {
  let most: number | null = null;
  for (const score of scores.values()) if (most === null || score > most) most = score;
  return most;
};

const withDocuments = (
  page: readonly number[],
  ask: Questions,
  about: (doc: number) => Pick<SearchHit, "score" | "sort">,
): SearchHit[] => {
  const found = new Map<number, { id: string; source: JsonObject }>();
  for (const { doc, id, body } of ask.documents(JSON.stringify(page)))
    found.set(Number(doc), { id: String(id), source: JSON.parse(String(body)) as JsonObject });
  return page.flatMap((doc) => {
    const document = found.get(doc);
    return document === undefined ? [] : [{ ...document, ...about(doc) }];
  });
};

const count = ({ paths, size }: TermsAggregation, scores: Scores, ask: Questions): TermsBuckets => {
  const holders = new Map<string, Set<number>>();
  for (const { v, doc } of ask.held(JSON.stringify(paths))) {
    if (!scores.has(Number(doc))) continue;
    const known = holders.get(String(v));
    if (known === undefined) holders.set(String(v), new Set([Number(doc)]));
    else known.add(Number(doc));
  }
  // they come in the order of their values, which a stable sort keeps for ties
  const sorted = Array.from(holders, ([value, docs]) => ({ key: decodeValue(value), doc_count: docs.size })).sort(
    (a, b) => b.doc_count - a.doc_count,
  );
  const others = sorted.slice(size).reduce((sum, { doc_count }) => sum + doc_count, 0);
  return { buckets: sorted.slice(0, size), sum_other_doc_count: others };
};
