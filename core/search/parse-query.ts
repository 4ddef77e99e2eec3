import type { Json, JsonObject } from "../../lib/json.ts";
import { splitWords } from "../../lib/text-segmentation/words.ts";
import { anyOf, type Clause } from "./clause.ts";
import { parseMatch, parseMatchPhrase, parseMultiMatch } from "./parse-text.ts";
import { parseExists, parseIds, parsePrefix, parseRange, parseTerm, parseTerms } from "./parse-values.ts";
import { getOwn, joinPath, readCount, readObject, readSingleEntry, searchIssue, unsupportedName } from "./read-body.ts";

/** Maximum nesting of bool clauses. */
const MAX_BOOL_DEPTH = 20;

type ClauseParser = (spec: Json, path: string, budget: ClauseBudget, depth: number) => Clause;

/** Parses a clause of OpenSearch's query DSL. Throws a 400 with the path of the issue. @param path of `value` */
export const parseClause = (value: Json | undefined, path: string, budget: ClauseBudget, depth = 0): Clause => {
  if (depth > MAX_BOOL_DEPTH) throw searchIssue(path, `is more than ${MAX_BOOL_DEPTH} levels deep`);
  const [kind, spec, specPath] = readSingleEntry(value, path, `a clause such as {"match": {"title": "sea"}}`);
  const parse = CLAUSE_PARSERS.get(kind);
  if (parse === undefined) throw unsupportedName(path, kind, [...CLAUSE_PARSERS.keys()]);
  return budget.charge(parse(spec, specPath, budget, depth), specPath);
};

const parseBool: ClauseParser = (value, path, budget, depth) => {
  const spec = readObject(value, path, ["must", "should", "filter", "must_not", "minimum_should_match"]);
  const list = (key: string) => parseClauses(spec, key, path, budget, depth + 1);
  const [must, should, filter, mustNot] = [list("must"), list("should"), list("filter"), list("must_not")];
  const optional = must.length + filter.length > 0 || should.length === 0;
  const minimum = readCount(
    getOwn(spec, "minimum_should_match"),
    joinPath(path, "minimum_should_match"),
    optional ? 0 : 1,
  );
  return { is: "bool", must, should, filter, mustNot, minimumShouldMatch: optional ? minimum : Math.max(1, minimum) };
};

/** One clause or an array of them. */
const parseClauses = (spec: JsonObject, key: string, path: string, budget: ClauseBudget, depth: number): Clause[] => {
  const value = getOwn(spec, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [parseClause(value, joinPath(path, key), budget, depth)];
  return value.map((item, index) => parseClause(item, joinPath(joinPath(path, key), index), budget, depth));
};

const parseEmpty =
  (clause: Clause): ClauseParser =>
  (spec, path) => {
    readObject(spec, path, []);
    return clause;
  };

const CLAUSE_PARSERS: ReadonlyMap<string, ClauseParser> = new Map<string, ClauseParser>([
  ["bool", parseBool],
  ["exists", parseExists],
  ["ids", parseIds],
  ["match", parseMatch],
  ["match_all", parseEmpty({ is: "all" })],
  ["match_none", parseEmpty(anyOf([]))],
  ["match_phrase", parseMatchPhrase],
  ["multi_match", parseMultiMatch],
  ["prefix", parsePrefix],
  ["range", parseRange],
  ["term", parseTerm],
  ["terms", parseTerms],
]);

/**
 * Maximum number of conditions in a search. OpenSearch's limit is 1024 (`indices.query.bool.max_clause_count`) after
 * its own rewriting. A condition on a field counts as three there: the condition, its path, and the kind of document.
 */
export const MAX_CLAUSES = 1000;
const FIELD_CLAUSE_COST = 3;

/** The number of conditions of a clause, without those inside a bool. */
const clauseCost = (clause: Clause): number => {
  switch (clause.is) {
    case "words":
      return FIELD_CLAUSE_COST + Math.max(0, splitWords(clause.text).length - 1);
    case "word":
    case "values":
    case "between":
      return FIELD_CLAUSE_COST;
    case "best":
      return clause.of.reduce((sum, one) => sum + clauseCost(one), 0);
    default:
      return 1;
  }
};

/** Counts the conditions of a search. */
export class ClauseBudget {
  #remaining = MAX_CLAUSES;

  /** Counts a clause and returns it. Throws a 400 if the search has too many conditions. */
  charge(clause: Clause, path: string): Clause {
    this.#remaining -= clauseCost(clause);
    if (this.#remaining < 0)
      throw searchIssue(
        path,
        `exceeds the maximum of ${MAX_CLAUSES} conditions (a condition on a field counts as ${FIELD_CLAUSE_COST}, each further word as 1)`,
      );
    return clause;
  }
}
