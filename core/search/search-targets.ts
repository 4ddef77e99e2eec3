import { Failure } from "../errors.ts";
import type { SearchAnswer, SearchEngine } from "../ports/search-engine.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import type { Clause } from "./clause.ts";
import { type DocumentAddress, type HitDocument, readDocuments } from "./hit-documents.ts";
import { withoutStatistics } from "./leak-free-scores.ts";
import type { SearchRequest } from "./request.ts";
import type { SearchTarget } from "./search-target.ts";
import { listTopHits } from "./top-hits.ts";
import { type ShownHit, searchVisible, type VisibleHits } from "./visible-hits.ts";

/** What a user gets of a search. */
export interface SearchOutcome extends VisibleHits {
  readonly aggregations: SearchAnswer["aggregations"];
  readonly suggest: SearchAnswer["suggest"];
  /** The documents of the hits of aggregations, by {@link documentKey}. */
  readonly documents: ReadonlyMap<string, HitDocument>;
  /** The list timestamps at the search, in ms. */
  readonly timestamps: readonly number[];
}

export const documentKey = ({ index, id }: DocumentAddress): string => `${index}/${id}`;

interface TargetSearch {
  readonly targets: readonly SearchTarget[];
  readonly request: SearchRequest;
  readonly budget: ReadBudget;
}

/**
 * Searches targets together and reads the documents of the hits. A search whose hits have changed meanwhile runs once
 * more. Hits that have changed again are left out.
 * @throws Failure FORBIDDEN for aggregations where a plugin hides data
 */
export const searchTargets = async (
  engine: SearchEngine,
  session: Session,
  { targets, request, budget }: TargetSearch,
): Promise<SearchOutcome> => {
  const timestamps = targets.map(({ index }) => index.timestamp);
  if (targets.length === 0) return { ...NOTHING, timestamps };
  const asked = { ...request, query: toScoredQuery(request.query, targets) };
  if (targets.some(({ read }) => read !== undefined)) {
    refuseHidden(request);
    const found = await searchVisible(engine, { session, targets, budget }, asked);
    return limitedBySharing({ ...NOTHING, ...found, timestamps }, targets);
  }
  const first = await searchOnce(engine, session, { targets, request: asked, budget });
  if (first.outdated === 0) return limitedBySharing(first, targets);
  const current = await withCurrentTimestamps(session, targets);
  return limitedBySharing(await searchOnce(engine, session, { targets: current, request: asked, budget }), targets);
};

/** The query by which hits are scored: without statistics of records that the user may not read. */
export const toScoredQuery = (query: Clause, targets: readonly SearchTarget[]): Clause =>
  targets.every(({ shared, index }) => shared === undefined && index.filter === undefined)
    ? query
    : withoutStatistics(query);

const NOTHING: Omit<SearchOutcome, "timestamps"> = {
  hits: [],
  total: 0,
  maxScore: null,
  totalRelation: "eq",
  reflects: [],
  aggregations: {},
  suggest: {},
  documents: new Map(),
};

const searchOnce = async (
  engine: SearchEngine,
  session: Session,
  { targets, request, budget }: TargetSearch,
): Promise<SearchOutcome & { readonly outdated: number }> => {
  const indexes = targets.map(({ index }) => index);
  const answer = await engine.search(indexes, request);
  const { reflects, aggregations } = answer;
  const reading = { session, targets, reflects, budget };
  const hits: ShownHit[] = [];
  const documents = new Map<string, HitDocument>();
  const outdated = await readDocuments(reading, answer.hits, (hit, document) => {
    hits.push({ ...hit, ...document });
  });
  const topHits = new Map(listTopHits(request.aggregations, aggregations).map((hit) => [documentKey(hit), hit]));
  const outdatedTopHits = await readDocuments(reading, [...topHits.values()], (hit, document) => {
    documents.set(documentKey(hit), document);
  });
  return {
    hits,
    documents,
    aggregations,
    suggest: answer.suggest,
    reflects,
    isOutdated: answer.isOutdated,
    outdated: outdated + outdatedTopHits,
    total: answer.total - outdated,
    totalRelation: answer.totalRelation,
    maxScore: answer.maxScore,
    timestamps: indexes.map(({ timestamp }) => timestamp),
  };
};

const withCurrentTimestamps = async (
  session: Session,
  targets: readonly SearchTarget[],
): Promise<readonly SearchTarget[]> => {
  const clocks = await session.readClocks(targets.map(({ records }) => records));
  return targets.map((target) => {
    const clock = clocks.get(target.records.uri);
    const isCurrent = clock !== undefined && clock.parentGeneration === target.index.generation;
    return isCurrent ? { ...target, index: { ...target.index, timestamp: clock.timestamp } } : target;
  });
};

const limitedBySharing = (outcome: SearchOutcome, targets: readonly SearchTarget[]): SearchOutcome =>
  targets.some(({ shared }) => shared?.isPartial === true) ? { ...outcome, totalRelation: "gte" } : outcome;

/** Values and words of all matches would reveal what a plugin hides. */
const refuseHidden = ({ aggregations, suggest }: SearchRequest): void => {
  const [what, key] = aggregations.length > 0 ? ["Aggregations", "aggs"] : ["Suggestions", "suggest"];
  if (aggregations.length + suggest.length > 0)
    throw new Failure("FORBIDDEN", {
      message: `${what} are not available in this collection, because a plugin hides data of its records. Remove ${key}.`,
    });
};
