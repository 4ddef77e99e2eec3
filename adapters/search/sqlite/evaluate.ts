import { Failure } from "../../../core/errors.ts";
import type { Clause } from "../../../core/search/clause.ts";
import { matchExpression, wordExpression } from "./fts.ts";
import type { Questions, Row } from "./questions.ts";

/** Documents by number, with their scores. */
export type Scores = Map<number, number>;

/** The documents that a clause matches; throws a 503 once `deadline` (of `performance.now()`) has passed. */
export const evaluate = (clause: Clause, ask: Questions, deadline: number): Scores => {
  if (performance.now() > deadline)
    throw new Failure("BACKEND", { message: "The search takes too long: ask for less." });
  switch (clause.is) {
    case "all":
      return same(ask.all());
    case "none":
      return new Map();
    case "ids":
      return same(ask.ids(JSON.stringify(clause.ids)));
    case "present":
      return same(ask.present(clause.path));
    case "words": {
      const sought = matchExpression(clause);
      if (sought === undefined) return new Map();
      return relevant(clause.path === null ? ask.wordsAnywhere(sought) : ask.words(clause.path, sought), clause.boost);
    }
    case "word": {
      const sought = wordExpression(clause);
      return sought === undefined ? new Map() : same(ask.word(clause.path, sought));
    }
    case "values": {
      const sought = JSON.stringify(clause.anyOf);
      return same(clause.path === null ? ask.valuesAnywhere(sought) : ask.values(clause.path, sought), clause.boost);
    }
    case "between":
      return same(
        ask.between(
          clause.path,
          clause.from.value,
          clause.to.value,
          clause.from.inclusive ? 0 : 1,
          clause.to.inclusive ? 0 : 1,
        ),
      );
    case "best":
      return clause.of
        .map((one) => evaluate(one, ask, deadline))
        .reduce((best, scores) => merge(best, scores, Math.max), new Map());
    case "bool":
      return evaluateBool(clause, ask, deadline);
  }
};

const evaluateBool = (clause: Extract<Clause, { is: "bool" }>, ask: Questions, deadline: number): Scores => {
  const { must, filter, should, mustNot, minimumShouldMatch } = clause;
  const found = (one: Clause) => evaluate(one, ask, deadline);
  let hits: Scores | undefined;
  for (const one of filter) hits = both(hits, same(found(one).keys(), 0));
  for (const one of must) hits = both(hits, found(one));
  if (hits === undefined && should.length === 0) hits = same(ask.all(), mustNot.length === 0 ? 1 : 0);

  if (should.length > 0 || minimumShouldMatch > 0) {
    let scores: Scores = new Map();
    let counts: Scores = new Map();
    for (const one of should) {
      const matched = found(one);
      scores = merge(scores, matched, add);
      counts = merge(counts, same(matched.keys()), add);
    }
    const candidates = hits ?? same(scores.keys(), 0);
    for (const doc of candidates.keys()) if ((counts.get(doc) ?? 0) < minimumShouldMatch) candidates.delete(doc);
    for (const [doc, score] of candidates) candidates.set(doc, score + (scores.get(doc) ?? 0));
    hits = candidates;
  }
  const left: Scores = hits ?? new Map();
  for (const one of mustNot) for (const doc of found(one).keys()) left.delete(doc);
  return left;
};

const add = (a: number, b: number): number => a + b;

const same = (found: Iterable<Row> | Iterable<number>, score = 1): Scores => {
  const scores: Scores = new Map();
  for (const one of found) scores.set(typeof one === "number" ? one : Number(one.doc), score);
  return scores;
};

/** FTS5's bm25 is the better the lower; a document counts by its best leaf. */
const relevant = (rows: Iterable<Row>, boost: number): Scores => {
  const scores: Scores = new Map();
  for (const { doc, score } of rows)
    scores.set(Number(doc), Math.max(scores.get(Number(doc)) ?? 0, -Number(score) * boost));
  return scores;
};

/** In either; `into` is changed. */
const merge = (into: Scores, scores: Scores, join: (a: number, b: number) => number): Scores => {
  for (const [doc, score] of scores) {
    const known = into.get(doc);
    into.set(doc, known === undefined ? score : join(known, score));
  }
  return into;
};

/** In both, scores added. */
const both = (hits: Scores | undefined, scores: Scores): Scores => {
  if (hits === undefined) return scores;
  const joined: Scores = new Map();
  for (const [doc, score] of hits) {
    const other = scores.get(doc);
    if (other !== undefined) joined.set(doc, score + other);
  }
  return joined;
};
