import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../core/errors.ts";
import { MAX_INDEX_WAIT_MS, type SearchAnswer, type SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import type { Cluster } from "./client.ts";
import type { EngineContext } from "./list-state.ts";
import { hashSettings, type PositionsAnswer, readPositions, readSettings, toPositionsBody } from "./positions.ts";
import type { QueryScope } from "./query.ts";
import { runAggregations } from "./run-aggregations.ts";
import { isScored, type OpenSearchResponse, parseSearchResponse, toSearchBody } from "./search-body.ts";
import { searchCollapsed } from "./search-collapsed.ts";
import { groupOf, type SearchScope, toSearchScope } from "./search-scope.ts";
import { type SuggestAnswer, suggestWords } from "./suggest-words.ts";
import type { CountAnswer, CountWords, WordCount } from "./word-statistics.ts";

/**
 * Searches in two rounds: the first reads the positions, counts words and finds suggestions, the second searches. Both
 * look at the same copies of the shards, so the answer has at least what the positions stand for.
 * @throws Failure BACKEND when the cluster does not answer, INDEX_BEHIND when an index is not as far as demanded
 */
export const runSearch = async (
  cluster: Cluster,
  context: Pick<EngineContext, "store" | "types">,
  countWords: CountWords,
  indexes: readonly SearchedIndex[],
  request: SearchRequest,
): Promise<SearchAnswer> => {
  const scope = toSearchScope(context, indexes);
  const needsScores = isScored(request) || request.minScore !== undefined;
  const words = countWords(needsScores ? request.query : { is: "all" }, scope.documents, scope.name);
  const suggestions = suggestWords(request.suggest, scope.visible);
  try {
    await waitForPositions(cluster, context, scope, indexes);
    const answers = await searchTogether(cluster, scope, [
      toPositionsBody(scope.groups, scope.generations),
      ...words.bodies,
      ...suggestions.bodies,
    ]);
    const positions = await addEmptyLists(context, indexes, readPositions(answers[0] as PositionsAnswer));
    const settings = readSettings(answers[0] as PositionsAnswer);
    const isOutdated = ({ generation, definition }: SearchedIndex) =>
      (settings.get(generation) ?? hashSettings(definition)) !== hashSettings(definition);
    const counts = answers.slice(1, words.bodies.length + 1) as readonly CountAnswer[];
    const suggested = answers.slice(words.bodies.length + 1) as readonly SuggestAnswer[];
    const search = async (body: JsonObject): Promise<OpenSearchResponse> => {
      const found = await cluster.call<OpenSearchResponse>("POST", `/${scope.target}/_search`, {
        query: { ...SEARCH_OPTIONS, ...toPlace(cluster, scope) },
        body,
      });
      checkAnswer(found);
      return found;
    };
    const weigh = toWeigh(cluster, words, counts);
    const body = toSearchBody(request, scope, weigh);
    const [response, aggregations] = await Promise.all([
      request.collapse === undefined ? search(body) : searchCollapsed(request, body, search),
      runAggregations(request, { indexes, isSpread: indexes.length > 1 || cluster.isServerless }, body, weigh, search),
    ]);
    return {
      ...parseSearchResponse(request, indexes, response, positions),
      aggregations,
      suggest: suggestions.toSuggestions(suggested),
      isOutdated: indexes.some(isOutdated),
    };
  } catch (cause) {
    throw cause instanceof Failure ? cause : new Failure("BACKEND", { cause });
  }
};

/** Time between two looks at the positions. An index shows what is written to it once per second. */
const POSITIONS_INTERVAL_MS = 200;
const RETRY_AFTER_SECONDS = 2;

/** Waits until the indexes are as far as the search demands. */
const waitForPositions = async (
  cluster: Cluster,
  context: Pick<EngineContext, "store">,
  scope: SearchScope,
  indexes: readonly SearchedIndex[],
): Promise<void> => {
  const demanding = indexes.filter(({ after }) => after !== undefined);
  if (demanding.length === 0) return;
  const giveUpAt = Date.now() + MAX_INDEX_WAIT_MS;
  for (;;) {
    const isLast = Date.now() + POSITIONS_INTERVAL_MS > giveUpAt;
    // An index that is just being created has shards that do not answer yet.
    const found = await readGroupPositions(cluster, scope).catch((error: unknown) => {
      if (isLast) throw error;
      return new Map<string, number>();
    });
    const positions = await addEmptyLists(context, demanding, found);
    const behind = demanding.find((index) => (positions.get(groupOf(index)) ?? 0) < (index.after ?? 0));
    if (behind === undefined) return;
    if (isLast) throw toBehindFailure(behind, positions.get(groupOf(behind)) ?? 0);
    await sleep(POSITIONS_INTERVAL_MS);
  }
};

const readGroupPositions = async (cluster: Cluster, scope: SearchScope): Promise<ReadonlyMap<string, number>> => {
  const [answer] = await searchTogether(cluster, scope, [toPositionsBody(scope.groups, scope.generations)]);
  return readPositions(answer as PositionsAnswer);
};

/** Maximum number of lists of a search that are looked at because the index has nothing of them. */
const MAX_EMPTY_LISTS = 20;

/** Adds the positions of lists that nothing was ever written to. No event has reached the index. */
const addEmptyLists = async (
  { store }: Pick<EngineContext, "store">,
  indexes: readonly SearchedIndex[],
  positions: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> => {
  const unknown = indexes.filter((index) => !positions.has(groupOf(index))).slice(0, MAX_EMPTY_LISTS);
  const empty = await Promise.all(
    unknown.map(async (index) => {
      const query = { parentGeneration: index.generation, after: { revision: 0 }, limit: 1 };
      const { changes, next } = await store.readChanges(index.list, query);
      return changes.length === 0 && next === undefined ? [[groupOf(index), index.timestamp] as const] : [];
    }),
  );
  return new Map([...positions, ...empty.flat()]);
};

const toBehindFailure = ({ list, after = 0 }: SearchedIndex, position: number): Failure =>
  new Failure("INDEX_BEHIND", {
    message:
      position === 0
        ? `The search index of ${list.uri} is not complete yet. Repeat the search later, or without after.`
        : `The search index of ${list.uri} has reached ${position}. It is ${after - position} ms behind ${after}. Repeat the search later, or without after.`,
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });

/** The index of OpenSearch Serverless has no numbers of words, so all words count as those of average fields there. */
const toWeigh = ({ isServerless }: Cluster, words: WordCount, counts: readonly CountAnswer[]): QueryScope["weigh"] => {
  const weigh = words.toWeigh(counts);
  if (!isServerless) return weigh;
  return (clause) => {
    const { average } = weigh(clause);
    return { exact: average, average };
  };
};

const SEARCH_OPTIONS = { ignore_unavailable: true, allow_partial_search_results: false };

/** Which copies of which shards are searched. */
const toPlace = ({ isServerless }: Cluster, { name, routing }: SearchScope) =>
  isServerless ? {} : { preference: name, ...(routing !== undefined && { routing }) };

type Answer = Partial<Pick<OpenSearchResponse, "timed_out" | "_shards">> & { readonly error?: unknown };

const checkAnswer = ({ timed_out, _shards, error }: Answer): void => {
  if (timed_out === true || error !== undefined || (_shards?.failed ?? 0) > 0)
    throw new Error("OpenSearch has not searched everything.", { cause: error });
};

const searchTogether = async (
  cluster: Cluster,
  scope: SearchScope,
  bodies: readonly JsonObject[],
): Promise<readonly unknown[]> => {
  const header = { ...SEARCH_OPTIONS, ...toPlace(cluster, scope) };
  const { responses } = await cluster.call<{ responses: readonly Answer[] }>("POST", `/${scope.target}/_msearch`, {
    lines: bodies.flatMap((body) => [header, body]),
  });
  for (const response of responses) checkAnswer(response);
  return responses;
};
