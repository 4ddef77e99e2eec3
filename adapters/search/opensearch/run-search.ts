import { Failure } from "../../../core/errors.ts";
import type { SearchAnswer, SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import type { Cluster } from "./client.ts";
import { type PositionsAnswer, readPositions, toPositionsBody } from "./positions.ts";
import type { QueryScope } from "./query.ts";
import { isScored, type OpenSearchResponse, parseSearchResponse, toSearchBody } from "./search-body.ts";
import { type SearchScope, toSearchScope } from "./search-scope.ts";
import type { CountAnswer, CountWords, WordCount } from "./word-statistics.ts";

/**
 * Searches in two rounds: the first reads the positions and counts words, the second searches. Both look at the same
 * copies of the shards, so the answer has at least what the positions stand for.
 */
export const runSearch = async (
  cluster: Cluster,
  countWords: CountWords,
  indexes: readonly SearchedIndex[],
  request: SearchRequest,
): Promise<SearchAnswer> => {
  const scope = toSearchScope(indexes);
  const words = countWords(isScored(request) ? request.query : { is: "all" }, scope.documents, scope.name);
  try {
    const [positions, ...counts] = await searchTogether(cluster, scope, [
      toPositionsBody(scope.generations),
      ...words.bodies,
    ]);
    const weigh = toWeigh(cluster, words, counts as readonly CountAnswer[]);
    const response = await cluster.call<OpenSearchResponse>("POST", `/${scope.target}/_search`, {
      query: { ...SEARCH_OPTIONS, ...toPlace(cluster, scope) },
      body: toSearchBody(request, scope, weigh),
    });
    checkAnswer(response);
    return parseSearchResponse(request, indexes, response, readPositions(positions as PositionsAnswer));
  } catch (cause) {
    throw cause instanceof Failure ? cause : new Failure("BACKEND", { cause });
  }
};

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

interface Answer extends Partial<CountAnswer & PositionsAnswer> {
  readonly timed_out?: boolean;
  readonly _shards?: { readonly failed: number };
  readonly error?: unknown;
}

const checkAnswer = ({ timed_out, _shards, error }: Answer): void => {
  if (timed_out === true || error !== undefined || (_shards?.failed ?? 0) > 0)
    throw new Error("OpenSearch has not searched everything.", { cause: error });
};

const searchTogether = async (
  cluster: Cluster,
  scope: SearchScope,
  bodies: readonly JsonObject[],
): Promise<readonly Answer[]> => {
  const header = { ...SEARCH_OPTIONS, ...toPlace(cluster, scope) };
  const { responses } = await cluster.call<{ responses: readonly Answer[] }>("POST", `/${scope.target}/_msearch`, {
    lines: bodies.flatMap((body) => [header, body]),
  });
  for (const response of responses) checkAnswer(response);
  return responses;
};
