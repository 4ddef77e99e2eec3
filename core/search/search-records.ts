import type { JsonObject } from "../../lib/json.ts";
import { ERRORS, Failure, invalid } from "../errors.ts";
import { queryIssue } from "../lists/query-parameters.ts";
import type { UserId } from "../permissions/principals.ts";
import type { SearchEngine } from "../ports/search-engine.ts";
import type { ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { completeTexts } from "./complete-texts.ts";
import { explainHits, MAX_EXPLAINED_HITS } from "./explain-hits.ts";
import { findTargets, type SearchScope, typeOfTarget } from "./find-targets.ts";
import { createHighlighter } from "./highlight/highlighter.ts";
import { searchIssue } from "./read-body.ts";
import type { SearchRequest } from "./request.ts";
import { parseWithJoins } from "./resolve-joins.ts";
import { formatOutcome } from "./response.ts";
import type { SearchSettings } from "./search-settings.ts";
import { openTarget, type SearchContext, type SearchTarget } from "./search-target.ts";
import { type SearchOutcome, searchTargets, toScoredQuery } from "./search-targets.ts";
import type { TypeContext } from "./type-context.ts";

/** One collection, and the list timestamp in ms that the answer must reflect, if any. */
export interface SearchedCollection {
  readonly collection: ObjectRef;
  readonly after?: (() => number | undefined) | undefined;
}

/** What a search is of, and by whom. */
export interface SearchCall {
  /** One collection, or all collections of a scope. */
  readonly within: SearchedCollection | { readonly scope: () => SearchScope };
  readonly user: UserId;
  readonly budget: ReadBudget;
}

export interface SearchRecords extends SearchCall {
  /** Parses the search. Called only if the user may search. @param settings of the collection, if it is one */
  readonly parse: (settings: SearchSettings | undefined, types: TypeContext) => SearchRequest;
}

export interface SearchResult {
  readonly body: JsonObject;
  /** The list timestamp that the answer reflects, in ms, if it is of one list. */
  readonly timestamp: number | undefined;
}

/**
 * Searches the records that a user may read: all of a collection for those who may read it, those that are shared with the
 * user for others. Read hooks apply to the records that match.
 */
export const searchRecords = async (
  context: SearchContext,
  session: Session,
  { parse, ...call }: SearchRecords,
): Promise<SearchResult> => {
  const started = performance.now();
  const { targets, engine } = await openTargets(context, session, call);
  const request = await parseRequest(context, session, { ...call, parse }, { targets, engine });
  const { budget } = call;
  let { query } = request;
  let outcome = await searchTargets(engine, session, { targets, request, budget });
  for (const relaxed of request.relaxed) {
    if (outcome.total >= FEW_HITS) break;
    query = relaxed;
    outcome = await searchTargets(engine, session, { targets, request: { ...request, query }, budget });
  }
  const highlight = request.highlight && (await createHighlighter(query, request.highlight));
  const completions = await completeTexts(request.suggest, async (search) => {
    const { hits } = await searchTargets(engine, session, { targets, request: search, budget });
    return hits;
  });
  const explanations = request.explain
    ? await explainOutcome(engine, targets, { outcome, request: { ...request, query } })
    : undefined;
  const took = Math.round(performance.now() - started);
  const typeOf = "collection" in call.within ? undefined : (target: SearchTarget) => typeOfTarget(context, target);
  return {
    body: formatOutcome(outcome, { request, targets, took, typeOf, highlight, completions, explanations }),
    timestamp: "collection" in call.within ? outcome.reflects[0] : undefined,
  };
};

/** Explains the scores of the hits of one collection. */
const explainOutcome = (
  engine: SearchEngine,
  targets: readonly SearchTarget[],
  { outcome, request: { query, size } }: { readonly outcome: SearchOutcome; readonly request: SearchRequest },
): ReturnType<typeof explainHits> => {
  const [target] = targets;
  if (target === undefined || targets.length > 1)
    throw searchIssue("explain", "is for searches of one collection. Search the collection of the hit");
  if (size > MAX_EXPLAINED_HITS)
    throw searchIssue("explain", `is for at most ${MAX_EXPLAINED_HITS} hits. Ask for fewer by size`);
  return explainHits(
    (part) => engine.search([target.index], part),
    toScoredQuery(query, targets),
    outcome.hits.map(({ id }) => id),
  );
};

/** A search by words with fewer hits also shows what has fewer of the words, after them. */
export const FEW_HITS = 5;

/** Maximum number of searches that are sent together. */
export const MAX_SEARCHES = 25;

/**
 * Runs several searches of the same records, one after another.
 * @returns for each its answer, or the error that its body caused
 */
export const searchMany = async (
  context: SearchContext,
  session: Session,
  { parsers, ...call }: SearchCall & { readonly parsers: () => readonly SearchRecords["parse"][] },
): Promise<readonly (SearchResult | Failure)[]> => {
  // Opened first, so that only users who may search learn what is wrong with the body.
  await openTargets(context, session, call);
  const results: (SearchResult | Failure)[] = [];
  for (const parse of parsers()) {
    try {
      results.push(await searchRecords(context, session, { ...call, parse }));
    } catch (error) {
      if (!(error instanceof Failure) || ERRORS[error.kind][0] >= 500) throw error;
      results.push(error);
    }
  }
  return results;
};

/** Counts the records that {@link searchRecords} finds, as OpenSearch's count API does. */
export const countRecords = async (
  context: SearchContext,
  session: Session,
  { parse, ...call }: SearchRecords,
): Promise<SearchResult> => {
  const { targets, engine } = await openTargets(context, session, call);
  const parsed = await parseRequest(context, session, { ...call, parse }, { targets, engine });
  const request = { ...parsed, from: 0, size: 0, countTotal: true };
  const { total, totalRelation, reflects } = await searchTargets(engine, session, {
    targets,
    request,
    budget: call.budget,
  });
  const shards = { total: targets.length, successful: targets.length, skipped: 0, failed: 0 };
  return {
    body: { count: total, ...(totalRelation === "gte" && { relation: totalRelation }), _shards: shards },
    timestamp: "collection" in call.within ? reflects[0] : undefined,
  };
};

/** Parses a search. Clauses on documents of other types are searched first. */
const parseRequest = (
  context: SearchContext,
  session: Session,
  { within, user, budget, parse }: SearchRecords,
  { targets, engine }: OpenedSearch,
): Promise<SearchRequest> => {
  const isOne = "collection" in within;
  const search = { engine, targets, user, budget, allProjects: !isOne && within.scope().allProjects };
  return parseWithJoins(context, session, search, (types) => parse(isOne ? targets[0]?.settings : undefined, types));
};

interface OpenedSearch {
  readonly targets: readonly SearchTarget[];
  readonly engine: SearchEngine;
}

export const openTargets = async (
  context: SearchContext,
  session: Session,
  { within, user, budget }: SearchCall,
): Promise<OpenedSearch> => {
  const targets =
    "collection" in within
      ? [requireTimestamp(within, await openTarget(context, session, { collection: within.collection, user, budget }))]
      : await findTargets(context, session, { scope: within.scope(), user, budget });
  const { engine } = context;
  if (engine === undefined)
    throw new Failure("MISSING_RESOURCE", { message: "Search is not available: the plugin search is not active." });
  return { targets, engine };
};

/** A timestamp that the list has not reached is not from this list. */
const requireTimestamp = ({ after: readAfter }: SearchedCollection, target: SearchTarget): SearchTarget => {
  const after = readAfter?.();
  if (after === undefined) return target;
  if (after > target.index.timestamp)
    throw invalid(
      queryIssue("after", "is later than the timestamp of the list. Use the ETag of a record or of the list"),
    );
  return { ...target, index: { ...target.index, after } };
};
