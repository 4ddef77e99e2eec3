import type { Json, JsonObject } from "../../lib/json.ts";
import { anyOf, boolClause, boosted, type Clause, type NestedScoreMode } from "./clause.ts";
import { parseMinimumShouldMatch } from "./match-options.ts";
import type { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readChoice,
  readField,
  readList,
  readNumber,
  readObject,
  searchIssue,
} from "./read-body.ts";
import { sanitizeText } from "./values.ts";

/** Parses the specification of one kind of clause. @param parse parses a clause within it */
export type ClauseParser = (spec: Json, path: string, context: QueryContext, parse: InnerParser) => Clause;
type InnerParser = (value: Json | undefined, path: string) => Clause;

const FACTOR = { min: 0, max: 1_000_000 };

/** `{"bool": {"must": [..], "filter": [..], "should": [..], "must_not": [..]}}` */
export const parseBool: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["must", "should", "filter", "must_not", "minimum_should_match", "boost"]);
  const list = (key: string) => parseClauses(spec, key, path, parse);
  const [must, should, filter, mustNot] = [list("must"), list("should"), list("filter"), list("must_not")];
  const isOptional = must.length + filter.length > 0 || should.length === 0;
  const minimum = getOwn(spec, "minimum_should_match");
  const required =
    minimum === undefined ? 0 : parseMinimumShouldMatch(minimum, joinPath(path, "minimum_should_match"))(should.length);
  const minimumShouldMatch = isOptional ? required : Math.max(1, required);
  const clause = context.charge(boolClause({ must, should, filter, mustNot, minimumShouldMatch }), path);
  return boosted(clause, readBoost(spec, path));
};

/** One clause or an array of them. */
const parseClauses = (spec: JsonObject, key: string, path: string, parse: InnerParser): Clause[] => {
  const value = getOwn(spec, key);
  if (value === undefined) return [];
  const at = joinPath(path, key);
  return Array.isArray(value) ? value.map((item, index) => parse(item, joinPath(at, index))) : [parse(value, at)];
};

/** `{"constant_score": {"filter": {..}, "boost": 2}}` */
export const parseConstantScore: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["filter", "boost"]);
  const query = parse(getOwn(spec, "filter"), joinPath(path, "filter"));
  return context.charge({ is: "constant", query, score: readBoost(spec, path) }, path);
};

/** `{"boosting": {"positive": {..}, "negative": {..}, "negative_boost": 0.5}}` */
export const parseBoosting: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["positive", "negative", "negative_boost", "boost"]);
  const inner = (key: string) => parse(getOwn(spec, key), joinPath(path, key));
  const [factor, at] = [getOwn(spec, "negative_boost"), joinPath(path, "negative_boost")];
  if (factor === undefined) throw searchIssue(at, "must be a number from 0 to 1");
  const clause: Clause = {
    is: "demoting",
    positive: inner("positive"),
    negative: inner("negative"),
    factor: readNumber(factor, at, 1, { min: 0, max: 1 }),
  };
  return boosted(context.charge(clause, path), readBoost(spec, path));
};

const MAX_QUERIES = 1000;

/** `{"dis_max": {"queries": [..], "tie_breaker": 0.3}}` */
export const parseDisMax: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["queries", "tie_breaker", "boost"]);
  const at = joinPath(path, "queries");
  const queries = readList(getOwn(spec, "queries"), at, MAX_QUERIES);
  if (queries.length === 0) throw searchIssue(at, "must have a clause");
  const tieBreaker = readNumber(getOwn(spec, "tie_breaker"), joinPath(path, "tie_breaker"), 0, FACTOR);
  const clauses = queries.map((query, index) => parse(query, joinPath(at, index)));
  return boosted(context.charge(anyOf(clauses, tieBreaker), path), readBoost(spec, path));
};

const SCORE_MODES: readonly [NestedScoreMode, ...NestedScoreMode[]] = ["avg", "max", "min", "none", "sum"];

/** `{"nested": {"path": "sizes", "query": {"match": {"sizes.color": "red"}}}}` */
export const parseNested: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["path", "query", "score_mode", "ignore_unmapped", "boost"]);
  readBoolean(getOwn(spec, "ignore_unmapped"), joinPath(path, "ignore_unmapped"), false);
  const clause: Clause = {
    is: "nested",
    path: sanitizeText(readField(getOwn(spec, "path"), joinPath(path, "path"))),
    query: parse(getOwn(spec, "query"), joinPath(path, "query")),
    scoreMode: readChoice(getOwn(spec, "score_mode"), joinPath(path, "score_mode"), SCORE_MODES),
  };
  return boosted(context.charge(clause, path), readBoost(spec, path));
};

/** A clause without options. */
export const parseConstant =
  (clause: Clause): ClauseParser =>
  (value, path, context) =>
    boosted(context.charge(clause, path), readBoost(readObject(value, path, ["boost"]), path));
