import type { Clause } from "../../../core/search/clause.ts";
import { matchExpression, type PreparedStatements, type Row, wordExpression } from "./index-tables.ts";

/** Scores by document number. */
export type Scores = Map<number, number>;

/** The documents that match a clause. */
export const evaluate = (clause: Clause, statements: PreparedStatements): Scores => {
  switch (clause.is) {
    case "all":
      return equalScores(statements.all());
    case "none":
      return new Map();
    case "ids":
      return equalScores(statements.ids(JSON.stringify(clause.ids)));
    case "present":
      return equalScores(statements.present(clause.path));
    case "words": {
      const expression = matchExpression(clause);
      if (expression === undefined) return new Map();
      return relevanceScores(
        clause.path === null ? statements.wordsAnywhere(expression) : statements.words(clause.path, expression),
        clause.boost,
      );
    }
    case "word": {
      const expression = wordExpression(clause);
      return expression === undefined ? new Map() : equalScores(statements.word(clause.path, expression));
    }
    case "values": {
      const expression = JSON.stringify(clause.anyOf);
      return equalScores(
        clause.path === null ? statements.valuesAnywhere(expression) : statements.values(clause.path, expression),
        clause.boost,
      );
    }
    case "between":
      return equalScores(
        statements.between(
          clause.path,
          clause.from.value,
          clause.to.value,
          clause.from.inclusive ? 0 : 1,
          clause.to.inclusive ? 0 : 1,
        ),
      );
    case "best":
      return [...countClauses(clause.of).keys()]
        .map((one) => evaluate(one, statements))
        .reduce((best, scores) => mergeScores(best, scores, Math.max), new Map());
    case "bool":
      return evaluateBool(clause, statements);
  }
};

/** Equal clauses are evaluated once and count as often as they occur. */
const evaluateBool = (clause: Extract<Clause, { is: "bool" }>, statements: PreparedStatements): Scores => {
  const { must, filter, should, mustNot, minimumShouldMatch } = clause;
  let hits: Scores | undefined;
  for (const one of countClauses(filter).keys())
    hits = intersectScores(hits, equalScores(evaluate(one, statements).keys(), 0));
  for (const [one, count] of countClauses(must))
    hits = intersectScores(hits, multiplyScores(evaluate(one, statements), count));
  if (hits === undefined && should.length === 0) hits = equalScores(statements.all(), mustNot.length === 0 ? 1 : 0);

  if (should.length > 0 || minimumShouldMatch > 0) {
    let scores: Scores = new Map();
    let counts: Scores = new Map();
    for (const [one, count] of countClauses(should)) {
      const matched = multiplyScores(evaluate(one, statements), count);
      scores = mergeScores(scores, matched, add);
      counts = mergeScores(counts, equalScores(matched.keys(), count), add);
    }
    const candidates = hits ?? equalScores(scores.keys(), 0);
    for (const doc of candidates.keys()) if ((counts.get(doc) ?? 0) < minimumShouldMatch) candidates.delete(doc);
    for (const [doc, score] of candidates) candidates.set(doc, score + (scores.get(doc) ?? 0));
    hits = candidates;
  }
  const remaining: Scores = hits ?? new Map();
  for (const one of countClauses(mustNot).keys())
    for (const doc of evaluate(one, statements).keys()) remaining.delete(doc);
  return remaining;
};

/** The distinct clauses, and how often each occurs. */
const countClauses = (clauses: readonly Clause[]): ReadonlyMap<Clause, number> => {
  const byJson = new Map<string, { readonly clause: Clause; count: number }>();
  for (const clause of clauses) {
    const json = JSON.stringify(clause);
    const present = byJson.get(json);
    if (present === undefined) byJson.set(json, { clause, count: 1 });
    else present.count++;
  }
  return new Map(Array.from(byJson.values(), ({ clause, count }) => [clause, count]));
};

const multiplyScores = (scores: Scores, factor: number): Scores => {
  if (factor !== 1) for (const [doc, score] of scores) scores.set(doc, score * factor);
  return scores;
};

const add = (a: number, b: number): number => a + b;

const equalScores = (documents: Iterable<Row> | Iterable<number>, score = 1): Scores => {
  const scores: Scores = new Map();
  for (const one of documents) scores.set(typeof one === "number" ? one : Number(one.doc), score);
  return scores;
};

/** Scores by FTS5's bm25, where lower is better. The best field of a document counts. */
const relevanceScores = (rows: Iterable<Row>, boost: number): Scores => {
  const scores: Scores = new Map();
  for (const { doc, score } of rows)
    scores.set(Number(doc), Math.max(scores.get(Number(doc)) ?? 0, -Number(score) * boost));
  return scores;
};

/** Adds scores to `into`. `join` joins the scores of documents in both. */
const mergeScores = (into: Scores, scores: Scores, join: (a: number, b: number) => number): Scores => {
  for (const [doc, score] of scores) {
    const present = into.get(doc);
    into.set(doc, present === undefined ? score : join(present, score));
  }
  return into;
};

/** The documents in both, with the sums of their scores. */
const intersectScores = (hits: Scores | undefined, scores: Scores): Scores => {
  if (hits === undefined) return scores;
  const joined: Scores = new Map();
  for (const [doc, score] of hits) {
    const other = scores.get(doc);
    if (other !== undefined) joined.set(doc, score + other);
  }
  return joined;
};
