import type { Json, JsonObject } from "../../lib/json.ts";
import { anyOf, type Clause } from "./clause.ts";
import { readMatch, readMatchPhrase, readMultiMatch } from "./parse-text.ts";
import { readExists, readIds, readPrefix, readRange, readTerm, readTerms } from "./parse-values.ts";
import { at, flaw, own, readCount, readObject, readOnly, unknown } from "./reading.ts";
import type { Scales } from "./weight.ts";

/** Bools in each other. */
const DEEPEST = 20;

type ReadClause = (spec: Json, path: string, scales: Scales, depth: number) => Clause;

/** The clause at `path`, as OpenSearch's query DSL writes it; throws a 400 that names what is wrong by its path. */
export const readClause = (value: Json | undefined, path: string, scales: Scales, depth = 0): Clause => {
  if (depth > DEEPEST) throw flaw(path, `is more than ${DEEPEST} levels deep`);
  const [kind, spec, specPath] = readOnly(value, path, `a clause such as {"match": {"title": "sea"}}`);
  const read = CLAUSES.get(kind);
  if (read === undefined) throw unknown(path, kind, [...CLAUSES.keys()]);
  return scales.add(read(spec, specPath, scales, depth), specPath);
};

const readBool: ReadClause = (value, path, scales, depth) => {
  const spec = readObject(value, path, ["must", "should", "filter", "must_not", "minimum_should_match"]);
  const list = (key: string) => readClauses(spec, key, path, scales, depth + 1);
  const [must, should, filter, mustNot] = [list("must"), list("should"), list("filter"), list("must_not")];
  const optional = must.length + filter.length > 0 || should.length === 0;
  const asked = readCount(own(spec, "minimum_should_match"), at(path, "minimum_should_match"), optional ? 0 : 1);
  return { is: "bool", must, should, filter, mustNot, minimumShouldMatch: optional ? asked : Math.max(1, asked) };
};

/** One clause or an array of them. */
const readClauses = (spec: JsonObject, key: string, path: string, scales: Scales, depth: number): Clause[] => {
  const value = own(spec, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [readClause(value, at(path, key), scales, depth)];
  return value.map((item, index) => readClause(item, at(at(path, key), index), scales, depth));
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
