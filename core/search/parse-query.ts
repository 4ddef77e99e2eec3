import type { Json, JsonObject } from "../json.ts";
import { anyOf, type Clause } from "./clause.ts";
import type { Effort } from "./effort.ts";
import { readMatch, readMatchPhrase, readMultiMatch } from "./parse-text.ts";
import { readExists, readIds, readPrefix, readRange, readTerm, readTerms } from "./parse-values.ts";
import { at, flaw, own, readCount, readObject, readOnly, unknown } from "./reading.ts";

/** Bools in each other. */
const DEEPEST = 20;

type ReadClause = (spec: Json, path: string, effort: Effort, depth: number) => Clause;

/** The clause at `path`, as OpenSearch's query DSL writes it; throws a 400 that names what is wrong by its path. */
export const readClause = (value: Json | undefined, path: string, effort: Effort, depth = 0): Clause => {
  if (depth > DEEPEST) throw flaw(path, `is more than ${DEEPEST} levels deep`);
  effort.spend(1, path);
  const [kind, spec, specPath] = readOnly(value, path, `a clause such as {"match": {"title": "sea"}}`);
  const read = CLAUSES.get(kind);
  if (read === undefined) throw unknown(path, kind, [...CLAUSES.keys()]);
  return read(spec, specPath, effort, depth);
};

const readBool: ReadClause = (value, path, effort, depth) => {
  const spec = readObject(value, path, ["must", "should", "filter", "must_not", "minimum_should_match"]);
  const list = (key: string) => readClauses(spec, key, path, effort, depth + 1);
  const [must, should, filter, mustNot] = [list("must"), list("should"), list("filter"), list("must_not")];
  const optional = must.length + filter.length > 0 || should.length === 0;
  const asked = readCount(own(spec, "minimum_should_match"), at(path, "minimum_should_match"), optional ? 0 : 1);
  return { is: "bool", must, should, filter, mustNot, minimumShouldMatch: optional ? asked : Math.max(1, asked) };
};

/** One clause or an array of them. */
const readClauses = (spec: JsonObject, key: string, path: string, effort: Effort, depth: number): Clause[] => {
  const value = own(spec, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [readClause(value, at(path, key), effort, depth)];
  return value.map((item, index) => readClause(item, at(at(path, key), index), effort, depth));
};

const readEmpty =
  (clause: Clause): ReadClause =>
  (spec, path) => {
    readObject(spec, path, []);
    return clause;
  };

const CLAUSES: ReadonlyMap<string, ReadClause> = new Map<string, ReadClause>([
  ["bool", readBool],
  ["exists", readExists],
  ["ids", readIds],
  ["match", readMatch],
  ["match_all", readEmpty({ is: "all" })],
  ["match_none", readEmpty(anyOf([]))],
  ["match_phrase", readMatchPhrase],
  ["multi_match", readMultiMatch],
  ["prefix", readPrefix],
  ["range", readRange],
  ["term", readTerm],
  ["terms", readTerms],
]);
