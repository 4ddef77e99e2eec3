import type { Json } from "../../lib/json.ts";
import { type Clause, NO_MATCH } from "./clause.ts";
import {
  type ClauseParser,
  parseBool,
  parseBoosting,
  parseConstant,
  parseConstantScore,
  parseDisMax,
  parseNested,
} from "./parse-compound.ts";
import { parseGeoBoundingBox, parseGeoDistance } from "./parse-geo.ts";
import { parseHasChild, parseHasParent } from "./parse-join.ts";
import { parseMatch, parseMatchBoolPrefix, parseMatchPhrase, parseMatchPhrasePrefix } from "./parse-match.ts";
import { parseMultiMatch } from "./parse-multi-match.ts";
import { parseFuzzy, parseRegexp, parseWildcard } from "./parse-pattern.ts";
import { parseQueryString } from "./parse-query-string.ts";
import { parseRange } from "./parse-range.ts";
import { parseSimpleQueryString } from "./parse-simple-query-string.ts";
import { parseExists, parseIds, parsePrefix, parseTerm, parseTerms } from "./parse-term.ts";
import type { QueryContext } from "./query-context.ts";
import { readSingleEntry, searchIssue, unsupportedName } from "./read-body.ts";

/** Maximum nesting of clauses. */
const MAX_CLAUSE_DEPTH = 20;

/** Parses a clause of OpenSearch's query DSL. Throws a 400 with the path of the issue. @param path of `value` */
export const parseClause = (value: Json | undefined, path: string, context: QueryContext, depth = 0): Clause => {
  if (depth > MAX_CLAUSE_DEPTH) throw searchIssue(path, `is more than ${MAX_CLAUSE_DEPTH} levels deep`);
  context.countClause(path);
  const [kind, spec, specPath] = readSingleEntry(value, path, `a clause such as {"match": {"title": "sea"}}`);
  const parse = CLAUSE_PARSERS.get(kind);
  if (parse === undefined) throw unsupportedName(path, kind, [...CLAUSE_PARSERS.keys()]);
  return parse(spec, specPath, context, (inner, innerPath) => parseClause(inner, innerPath, context, depth + 1));
};

const CLAUSE_PARSERS: ReadonlyMap<string, ClauseParser> = new Map<string, ClauseParser>([
  ["bool", parseBool],
  ["boosting", parseBoosting],
  ["constant_score", parseConstantScore],
  ["dis_max", parseDisMax],
  ["exists", parseExists],
  ["fuzzy", parseFuzzy],
  ["geo_bounding_box", parseGeoBoundingBox],
  ["geo_distance", parseGeoDistance],
  ["has_child", parseHasChild],
  ["has_parent", parseHasParent],
  ["ids", parseIds],
  ["match", parseMatch],
  ["match_all", parseConstant({ is: "all" })],
  ["match_bool_prefix", parseMatchBoolPrefix],
  ["match_none", parseConstant(NO_MATCH)],
  ["match_phrase", parseMatchPhrase],
  ["match_phrase_prefix", parseMatchPhrasePrefix],
  ["multi_match", parseMultiMatch],
  ["nested", parseNested],
  ["prefix", parsePrefix],
  ["query_string", parseQueryString],
  ["range", parseRange],
  ["regexp", parseRegexp],
  ["simple_query_string", parseSimpleQueryString],
  ["term", parseTerm],
  ["terms", parseTerms],
  ["wildcard", parseWildcard],
]);
