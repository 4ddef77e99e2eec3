import type { SearchAnswer, SearchHit } from "../../../core/ports/search-engine.ts";
import type { TopHitsKind } from "../../../core/search/aggregation.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { SortKey } from "../../../core/search/parse-sort.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { aggregate, type DocGroup, toArray } from "./aggregate.ts";
import { DocSet } from "./doc-set.ts";
import { Evaluator, type TimeCheck } from "./evaluate.ts";
import { collapseValue, type RankedHit, type RankKey, rankHits, type SegmentHits } from "./rank-hits.ts";
import { scoreOf } from "./scores.ts";
import type { DocScores, Segment } from "./segment.ts";
import { suggestWords } from "./suggest-words.ts";

/** Searches segments together. @throws TooManyBucketsError, and what `checkTime` throws */
export const searchSegments = (
  segments: readonly Segment[],
  request: SearchRequest,
  checkTime: TimeCheck = () => {},
): Omit<SearchAnswer, "reflects"> => {
  const evaluators = new Map(segments.map((segment) => [segment, new Evaluator(segment, checkTime)]));
  const evaluate = (segment: Segment, clause: Clause): DocScores =>
    (evaluators.get(segment) ?? new Evaluator(segment, checkTime)).evaluate(clause);
  const { minScore, postFilter } = request;
  const matches = segments.map((segment, index): SegmentHits => {
    const scored = evaluate(segment, request.query);
    return { segment, index, hits: minScore === undefined ? scored : dropLowScores(scored, minScore) };
  });
  const found =
    postFilter === undefined
      ? matches
      : matches.map((one) => ({ ...one, hits: within(one.hits, evaluate(one.segment, postFilter).docs) }));
  const isScored = isSortedByScore(request.sort);
  checkTime();
  return {
    ...countHits(found, request.countTotal),
    maxScore: isScored && request.size > 0 ? maxScore(found) : null,
    hits: findHits(found, request),
    aggregations: aggregate(
      request.aggregations,
      matches.map(({ segment, index, hits }) => ({ segment, index, docs: toArray(hits.docs) })),
      {
        evaluate: (segment, clause) => evaluate(segment, clause).docs,
        findTopHits: (kind, groups) => findTopHits(kind, groups, matches),
      },
    ),
    suggest: suggestWords(segments, request.suggest),
  };
};

const countHits = (
  found: readonly SegmentHits[],
  countTotal: SearchRequest["countTotal"],
): Pick<SearchAnswer, "total" | "totalRelation"> => {
  const total = found.reduce((sum, { hits }) => sum + hits.docs.count(), 0);
  return typeof countTotal === "number" && total > countTotal
    ? { total: countTotal, totalRelation: "gte" }
    : { total, totalRelation: "eq" };
};

const findHits = (found: readonly SegmentHits[], request: SearchRequest): SearchHit[] => {
  const { from, size, sort, searchAfter, collapse } = request;
  if (size === 0) return [];
  const ranked = rankHits(found, {
    sort,
    limit: from + size,
    after: searchAfter?.map((key) => key ?? undefined),
    collapse: collapse?.paths,
  });
  return ranked.slice(from).map((hit) => {
    const segment = found.find(({ index }) => index === hit.index)?.segment;
    const value = collapse && segment && collapseValue(segment, collapse.paths, hit.doc);
    return { ...toHit(hit, sort), ...(collapse && { collapsed: toSortValue(value) }) };
  });
};

const isSortedByScore = (sort: readonly SortKey[]): boolean =>
  sort.length === 0 || sort.some(({ by }) => by === "score");

const within = ({ docs, scores }: DocScores, filter: DocSet): DocScores => ({ docs: docs.copy().and(filter), scores });

const dropLowScores = (result: DocScores, minScore: number): DocScores => {
  const docs = result.docs.copy();
  result.docs.forEach((doc) => {
    if (scoreOf(result, doc) < minScore) docs.delete(doc);
  });
  return { docs, scores: result.scores };
};

const maxScore = (found: readonly SegmentHits[]): number | null => {
  let max: number | null = null;
  for (const { hits } of found)
    if (hits.scores === undefined) {
      if (!hits.docs.isEmpty) max = Math.max(max ?? 1, 1);
    } else {
      hits.docs.forEach((doc) => {
        const score = scoreOf(hits, doc);
        if (max === null || score > max) max = score;
      });
    }
  return max;
};

const toHit = ({ index, id, score, keys }: RankedHit, sort: readonly SortKey[]): SearchHit => ({
  index,
  id,
  score: isSortedByScore(sort) ? score : null,
  ...(sort.length > 0 && { sort: keys.map((key, n) => (sort[n]?.by === "id" ? (key as string) : toSortValue(key))) }),
});

const toSortValue = (key: RankKey): Json =>
  key === undefined ? null : typeof key === "number" ? key : decodeValue(key);

/** The hits of a bucket, in OpenSearch's shape. Their scores are those of the query; items of nested arrays have none. */
const findTopHits = (
  { from, size, sort }: TopHitsKind,
  groups: readonly DocGroup[],
  found: readonly SegmentHits[],
): JsonObject => {
  const hits = groups.map(({ segment, index, docs }): SegmentHits => {
    const scores = found.find((one) => one.segment === segment)?.hits.scores;
    return { segment, index, hits: { docs: DocSet.of(segment.size, Array.from(docs)), scores } };
  });
  const ranked = rankHits(hits, { sort, limit: from + size }).slice(from);
  return {
    total: { value: groups.reduce((sum, { docs }) => sum + docs.length, 0), relation: "eq" },
    max_score: isSortedByScore(sort) ? maxScore(hits) : null,
    hits: ranked.map((hit) => ({ ...toHit(hit, sort) }) as unknown as JsonObject),
  };
};
