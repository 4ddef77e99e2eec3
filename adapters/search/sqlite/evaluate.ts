import type { Clause } from "../../../core/search/clause.ts";
import { DocSet } from "./doc-set.ts";
import { findInArea, findPresent, findValues, findValuesBetween } from "./match-values.ts";
import { addScores, bestScores, scaleScores, scoreOf, scoresOf, withScore } from "./scores.ts";
import type { DocScores, NestedSegment, Segment } from "./segment.ts";

/** A search takes longer than it may. */
export class SlowSearchError extends Error {}

/** Throws a {@link SlowSearchError} when the time of a search is over. */
export type TimeCheck = () => void;

/**
 * Evaluates clauses on one segment. Equal clauses within a search are evaluated once. Its results must not be changed.
 */
export class Evaluator {
  readonly segment: Segment;
  readonly #checkTime: TimeCheck;
  readonly #results = new Map<string, DocScores>();
  readonly #nested = new Map<string, { readonly segment: NestedSegment; readonly evaluator: Evaluator } | undefined>();

  constructor(segment: Segment, checkTime: TimeCheck = () => {}) {
    this.segment = segment;
    this.#checkTime = checkTime;
  }

  /** The documents that match a clause, and their scores. */
  evaluate(clause: Clause): DocScores {
    if (!isCostly(clause)) return this.#evaluate(clause);
    const key = JSON.stringify(clause);
    let result = this.#results.get(key);
    if (result === undefined) {
      result = this.#evaluate(clause);
      this.#results.set(key, result);
    }
    return result;
  }

  /** The documents that match a clause. */
  find(clause: Clause): DocSet {
    return this.evaluate(clause).docs;
  }

  #evaluate(clause: Clause): DocScores {
    this.#checkTime();
    const { segment } = this;
    switch (clause.is) {
      case "all":
        return { docs: segment.docs, scores: undefined };
      case "none":
        return { docs: new DocSet(segment.size), scores: undefined };
      case "ids":
        return withoutScores(
          DocSet.of(
            segment.size,
            clause.ids.flatMap((id) => segment.docOf(id) ?? []),
          ),
        );
      case "present":
        return withoutScores(findPresent(segment, clause.path));
      case "word":
        return segment.matchWord(clause.path, clause.match, clause.scored);
      case "phrase":
        return segment.matchPhrase(clause.path, clause);
      case "values":
        return withoutScores(findValues(segment, clause.path, clause.match));
      case "between":
        return withoutScores(findValuesBetween(segment, clause));
      case "geo":
        return withoutScores(findInArea(segment, clause.path, clause.within));
      case "nested":
        return this.#evaluateNested(clause);
      case "best":
        return bestScores(
          segment.size,
          clause.of.map((one) => this.evaluate(one)),
          clause.tieBreaker,
        );
      case "bool":
        return this.#evaluateBool(clause);
      case "boost":
        return scaleScores(this.evaluate(clause.query), clause.factor);
      case "constant":
        return withScore(this.find(clause.query), clause.score);
      case "demoting": {
        const positive = this.evaluate(clause.positive);
        return scaleScores(positive, clause.factor, this.find(clause.negative));
      }
    }
  }

  #evaluateBool({ must, filter, should, mustNot, minimumShouldMatch }: Extract<Clause, { is: "bool" }>): DocScores {
    const { segment } = this;
    let docs: DocSet | undefined;
    const restrict = (other: DocSet) => {
      docs = docs === undefined ? other.copy() : docs.and(other);
    };
    for (const one of filter) restrict(this.find(one));
    const required = must.map((one) => this.evaluate(one));
    for (const one of required) restrict(one.docs);
    const optional = should.map((one) => this.evaluate(one));
    if (minimumShouldMatch > 0) restrict(findInSeveral(segment.size, optional, minimumShouldMatch));
    const found = docs ?? segment.docs.copy();
    for (const one of mustNot) found.andNot(this.find(one));

    const scored = [...required, ...optional];
    // A bool clause of exclusions alone scores 0, like one of filters alone.
    const scores = scored.length === 0 ? new Float32Array(segment.size) : scoresOf(segment.size, found, scored[0]);
    for (const one of scored.slice(1)) addScores(scores, found, one);
    return { docs: found, scores };
  }

  #evaluateNested({ path, query, scoreMode }: Extract<Clause, { is: "nested" }>): DocScores {
    const { size } = this.segment;
    const nested = this.nested(path);
    const docs = new DocSet(size);
    if (nested === undefined) return withoutScores(docs);
    const found = nested.evaluator.evaluate(query);
    const scores = new Float32Array(size);
    const counts = scoreMode === "avg" ? new Uint32Array(size) : undefined;
    found.docs.forEach((item) => {
      const doc = nested.segment.parentOf(item);
      const score = scoreOf(found, item);
      const present = scores[doc] as number;
      const isFirst = !docs.has(doc);
      docs.add(doc);
      if (counts !== undefined) counts[doc] = (counts[doc] as number) + 1;
      if (scoreMode === "none") return;
      if (isFirst) scores[doc] = score;
      else if (scoreMode === "max") scores[doc] = Math.max(present, score);
      else if (scoreMode === "min") scores[doc] = Math.min(present, score);
      else scores[doc] = present + score;
    });
    if (counts !== undefined)
      docs.forEach((doc) => {
        scores[doc] = (scores[doc] as number) / (counts[doc] as number);
      });
    return { docs, scores };
  }

  /** The items at a nested path, and their evaluator; `undefined` if there are none. */
  nested(path: string): { readonly segment: NestedSegment; readonly evaluator: Evaluator } | undefined {
    if (!this.#nested.has(path)) {
      const segment = this.segment.nested(path);
      this.#nested.set(path, segment && { segment, evaluator: new Evaluator(segment.items, this.#checkTime) });
    }
    return this.#nested.get(path);
  }
}

const isCostly = ({ is }: Clause): boolean => is !== "all" && is !== "none" && is !== "boost" && is !== "constant";

const withoutScores = (docs: DocSet): DocScores => ({ docs, scores: undefined });

/** The documents that are in at least `minimum` of the results. */
const findInSeveral = (size: number, results: readonly DocScores[], minimum: number): DocSet => {
  const found = new DocSet(size);
  if (minimum > results.length) return found;
  if (minimum === 1) {
    for (const { docs } of results) found.or(docs);
    return found;
  }
  if (minimum === results.length) {
    const [first, ...others] = results;
    if (first !== undefined) found.or(first.docs);
    for (const { docs } of others) found.and(docs);
    return found;
  }
  const counts = new Uint16Array(size);
  for (const { docs } of results)
    docs.forEach((doc) => {
      counts[doc] = (counts[doc] as number) + 1;
      if (counts[doc] === minimum) found.add(doc);
    });
  return found;
};
