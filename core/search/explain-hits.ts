import type { SearchAnswer } from "../ports/search-engine.ts";
import { type BoolClause, boolClause, type Clause, innerClauses } from "./clause.ts";
import { describeClause } from "./describe-clause.ts";
import { parseSearch, type SearchRequest } from "./request.ts";

/** Why a hit has its score: a number and the numbers that it is made of, in the format of OpenSearch's explain API. */
export interface Explanation {
  readonly value: number;
  readonly description: string;
  readonly details: readonly Explanation[];
}

/** Maximum number of hits that one search explains. */
export const MAX_EXPLAINED_HITS = 20;
/** Maximum number of searches for parts of a query. Parts that would need more are explained as a whole. */
const MAX_PARTS = 64;

/** Runs a search in what the hits were found in. */
export type SearchPart = (request: SearchRequest) => Promise<Pick<SearchAnswer, "hits" | "total">>;

/** Explanations by id of the hits that match a clause. */
type Explained = ReadonlyMap<string, Explanation>;

/**
 * Explains the scores of hits of one collection. Asks the engine for the score that each part of the query gives the hits,
 * and computes the others as engines do. So it says the same for each engine, and nothing that the user could not find by
 * searches.
 * @param ids at most {@link MAX_EXPLAINED_HITS}
 * @returns by id; absent for what no longer matches
 */
export const explainHits = async (search: SearchPart, query: Clause, ids: readonly string[]): Promise<Explained> =>
  ids.length === 0 ? new Map() : new Explainer(search, ids).explain(query, ids, MAX_PARTS);

class Explainer {
  readonly #search: SearchPart;
  readonly #ids: readonly string[];
  readonly #base = parseSearch({ track_total_hits: false });
  /** The scores of parts by their JSON: a query has many parts twice. */
  readonly #scores = new Map<string, Promise<ReadonlyMap<string, number>>>();

  constructor(search: SearchPart, ids: readonly string[]) {
    this.#search = search;
    this.#ids = ids;
  }

  /**
   * @param ids those of the hits that are of interest
   * @param parts the number of searches that it may take, at least 1
   */
  async explain(clause: Clause, ids: readonly string[], parts: number): Promise<Explained> {
    if (ids.length === 0) return new Map();
    if (countInner(clause) > parts) return this.#explainWhole(clause, ids);
    switch (clause.is) {
      case "bool":
        return this.#explainBool(clause, ids, parts);
      case "best": {
        const of = await this.#explainEach(clause.of, ids, shareParts(clause.of, parts));
        return mapIds(ids, (id) => {
          const details = findAll(of, id).toSorted((a, b) => b.value - a.value);
          const [best, ...others] = details;
          if (best === undefined) return undefined;
          const value = best.value + clause.tieBreaker * sum(others);
          const rule =
            clause.tieBreaker === 0 ? "the best of" : `the best, and ${clause.tieBreaker} times the others, of`;
          return { value, description: rule, details };
        });
      }
      case "boost": {
        const inner = await this.explain(clause.query, ids, parts);
        return mapIds(ids, (id) => {
          const explained = inner.get(id);
          return (
            explained && {
              value: clause.factor * explained.value,
              description: `${clause.factor} times`,
              details: [explained],
            }
          );
        });
      }
      case "constant": {
        const found = await this.#score(clause.query);
        const description = `for ${describeClause(clause.query)}`;
        return mapIds(ids, (id) => (found.has(id) ? { value: clause.score, description, details: [] } : undefined));
      }
      case "demoting": {
        const positive = await this.explain(clause.positive, ids, parts - 1);
        const negative = await this.#score(clause.negative);
        return mapIds(ids, (id) => {
          const explained = positive.get(id);
          if (explained === undefined || !negative.has(id)) return explained;
          const description = `${clause.factor} times, for ${describeClause(clause.negative)}`;
          return { value: clause.factor * explained.value, description, details: [explained] };
        });
      }
      default:
        return this.#explainWhole(clause, ids);
    }
  }

  async #explainBool(clause: BoolClause, ids: readonly string[], parts: number): Promise<Explained> {
    const { must, should, filter, mustNot, minimumShouldMatch } = clause;
    const limits = boolClause({ filter, mustNot });
    const allowed = filter.length + mustNot.length === 0 ? undefined : await this.#score(limits);
    const rest = allowed === undefined ? parts : parts - 1;
    const shares = shareParts([...must, ...should], rest);
    const required = await this.#explainEach(must, ids, shares);
    const matching = ids.filter((id) => allowed?.has(id) !== false && required.every((explained) => explained.has(id)));
    const optional = await this.#explainEach(should, matching, shares.slice(must.length));
    return mapIds(matching, (id) => {
      const found = findAll(optional, id);
      if (found.length < minimumShouldMatch) return undefined;
      const details = [...findAll(required, id), ...found];
      const [only, ...others] = details;
      if (only !== undefined && others.length === 0) return only;
      return {
        value: sum(details),
        description: details.length === 0 ? "filters give no score" : "the sum of",
        details,
      };
    });
  }

  async #explainEach(
    clauses: readonly Clause[],
    ids: readonly string[],
    shares: readonly number[],
  ): Promise<readonly Explained[]> {
    const explained: Explained[] = [];
    for (const [index, clause] of clauses.entries())
      explained.push(await this.explain(clause, ids, shares[index] ?? 1));
    return explained;
  }

  /** Explains a clause by one search. */
  async #explainWhole(clause: Clause, ids: readonly string[]): Promise<Explained> {
    const scores = await this.#score(clause);
    const isRelevance = clause.is === "word" ? clause.scored : clause.is === "phrase";
    const description = `${isRelevance ? "BM25, how rare and how frequent it is," : ""} for ${describeClause(clause)}`;
    return mapIds(ids, (id) => {
      const value = scores.get(id);
      return value === undefined ? undefined : { value, description: description.trim(), details: [] };
    });
  }

  #score(clause: Clause): Promise<ReadonlyMap<string, number>> {
    const key = JSON.stringify(clause);
    const known = this.#scores.get(key);
    if (known !== undefined) return known;
    const query = boolClause({ must: [clause], filter: [{ is: "ids", ids: this.#ids }] });
    const scores = this.#search({ ...this.#base, query, size: this.#ids.length }).then(
      ({ hits }) => new Map(hits.map(({ id, score }) => [id, score ?? 0])),
    );
    this.#scores.set(key, scores);
    return scores;
  }
}

/** The number of searches that explain a clause completely. */
const countParts = (clause: Clause): number => {
  switch (clause.is) {
    case "bool":
    case "best":
    case "boost":
      return countLimits(clause) + scoredClauses(clause).reduce((count, one) => count + countParts(one), 0);
    case "demoting":
      return 1 + countParts(clause.positive);
    default:
      return 1;
  }
};

/** The least number of searches that explain a clause by its inner ones. */
const countInner = (clause: Clause): number =>
  clause.is === "demoting" ? 2 : Math.max(1, countLimits(clause) + scoredClauses(clause).length);

/** Filters are searched for together. */
const countLimits = (clause: Clause): number =>
  clause.is === "bool" && clause.filter.length + clause.mustNot.length > 0 ? 1 : 0;

const scoredClauses = (clause: Clause): readonly Clause[] =>
  clause.is === "bool"
    ? [...clause.must, ...clause.should]
    : clause.is === "best" || clause.is === "boost"
      ? innerClauses(clause)
      : [];

/** Distributes searches over clauses: at least one each, and no more than each needs. */
const shareParts = (clauses: readonly Clause[], parts: number): readonly number[] => {
  let rest = parts;
  return clauses.map((clause, index) => {
    const share = Math.min(countParts(clause), Math.max(1, Math.floor(rest / (clauses.length - index))));
    rest -= share;
    return share;
  });
};

const sum = (details: readonly Explanation[]): number => details.reduce((total, { value }) => total + value, 0);

const findAll = (explained: readonly Explained[], id: string): readonly Explanation[] =>
  explained.flatMap((one) => one.get(id) ?? []);

const mapIds = (ids: readonly string[], explain: (id: string) => Explanation | undefined): Explained =>
  new Map(
    ids.flatMap((id) => {
      const explained = explain(id);
      return explained === undefined ? [] : [[id, explained] as const];
    }),
  );
