import type { SearchAnswer, SearchHit } from "../../../core/ports/search-engine.ts";
import type { TopHitsKind } from "../../../core/search/aggregation.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { SearchRequest, SortKey } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { aggregate, type DocGroup, toArray } from "./aggregate.ts";
import { DocSet } from "./doc-set.ts";
import { Evaluator, type TimeCheck } from "./evaluate.ts";
import { type RankedHit, type RankKey, rankHits, type SegmentHits } from "./rank-hits.ts";
import { scoreOf } from "./scores.ts";
import type { DocScores, Segment } from "./segment.ts";

/** A segment, and what its documents must match besides the query. */
export interface SearchedSegment {
  readonly segment: Segment;
  readonly filter?: Clause | undefined;
}

/** Searches segments together. @throws TooManyBucketsError, and what `checkTime` throws */
export const searchSegments = (
  segments: readonly SearchedSegment[],
  request: SearchRequest,
  checkTime: TimeCheck = () => {},
): Omit<SearchAnswer, "reflects"> => {
  const evaluators = new Map(segments.map(({ segment }) => [segment, new Evaluator(segment, checkTime)]));
  const evaluatorOf = (segment: Segment): Evaluator => evaluators.get(segment) ?? new Evaluator(segment, checkTime);
  const found = segments.map(({ segment, filter }, index): SegmentHits => {
    const evaluator = evaluatorOf(segment);
    const hits = evaluator.evaluate(request.query);
    return { segment, index, hits: filter === undefined ? hits : within(hits, evaluator.find(filter)) };
  });
  const isScored = isSortedByScore(request.sort);
  const ranked =
    request.size === 0
      ? []
      : rankHits(found, { sort: request.sort, limit: request.from + request.size }).slice(request.from);
  return {
    total: found.reduce((sum, { hits }) => sum + hits.docs.count(), 0),
    totalRelation: "eq",
    maxScore: isScored && request.size > 0 ? maxScore(found) : null,
    hits: ranked.map((hit) => toHit(hit, request.sort)),
    aggregations: aggregate(
      request.aggregations,
      found.map(({ segment, index, hits }) => ({ segment, index, docs: toArray(hits.docs) })),
      {
        evaluate: (segment, clause) => evaluatorOf(segment).find(clause),
        findTopHits: (kind, groups) => findTopHits(kind, groups, found),
      },
    ),
  };
};

const isSortedByScore = (sort: readonly SortKey[]): boolean =>
  sort.length === 0 || sort.some(({ by }) => by === "score");

const within = ({ docs, scores }: DocScores, filter: DocSet): DocScores => ({ docs: docs.copy().and(filter), scores });

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
  ...(sort.length > 0 && { sort: keys.map(toSortValue) }),
});

const toSortValue = (key: RankKey): Json =>
  key === undefined ? null : typeof key === "number" ? key : (decodeValue(key) as Json);

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
