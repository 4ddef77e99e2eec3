import type { Json, JsonObject } from "../../lib/json.ts";
import { boosted, type Clause } from "./clause.ts";
import { MAX_TEXT_UNITS, OPERATORS, readSlop } from "./parse-match.ts";
import { readWeightedFields } from "./parse-multi-match.ts";
import { readZone } from "./parse-range.ts";
import type { QueryContext } from "./query-context.ts";
import type { QueryFields } from "./query-text/leaves.ts";
import { parseQueryText } from "./query-text/parse-query-text.ts";
import { QueryTextError } from "./query-text/tokens.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readChoice,
  readCount,
  readObject,
  readString,
  searchIssue,
} from "./read-body.ts";

/** Options that change nothing: words are split, and patterns folded, as the index does. */
const NO_EFFECT = [
  "lenient",
  "allow_leading_wildcard",
  "analyze_wildcard",
  "auto_generate_synonyms_phrase_query",
] as const;
const OPTIONS = [
  "query",
  "fields",
  "default_field",
  "default_operator",
  "phrase_slop",
  "fuzzy_prefix_length",
  "fuzzy_max_expansions",
  "time_zone",
  "boost",
  ...NO_EFFECT,
];

/** `{"query_string": {"query": "title:sea AND year:>1970", "default_operator": "and"}}` */
export const parseQueryString = (value: Json, path: string, context: QueryContext): Clause => {
  const spec = readObject(value, path, OPTIONS);
  const at = joinPath(path, "query");
  const text = readQueryText(getOwn(spec, "query"), at);
  for (const name of NO_EFFECT) readBoolean(getOwn(spec, name), joinPath(path, name), true);
  readCount(getOwn(spec, "fuzzy_max_expansions"), joinPath(path, "fuzzy_max_expansions"), 0);
  const zone = getOwn(spec, "time_zone");
  const fields: QueryFields = {
    fields: readDefaultFields(spec, path),
    context,
    at,
    prefixLength: readCount(getOwn(spec, "fuzzy_prefix_length"), joinPath(path, "fuzzy_prefix_length"), 0),
    phraseSlop: readSlop(spec, "phrase_slop", path),
    dates: { zone: zone === undefined ? undefined : readZone(zone, joinPath(path, "time_zone")) },
  };
  const operator = readChoice(getOwn(spec, "default_operator"), joinPath(path, "default_operator"), OPERATORS);
  try {
    return boosted(parseQueryText(text, fields, operator), readBoost(spec, path));
  } catch (error) {
    throw error instanceof QueryTextError
      ? searchIssue(at, `${error.message}. Use simple_query_string for text that people type`)
      : error;
  }
};

const readDefaultFields = (spec: JsonObject, path: string) => {
  const name = getOwn(spec, "default_field");
  if (name === undefined) return readWeightedFields(getOwn(spec, "fields"), joinPath(path, "fields"));
  if (getOwn(spec, "fields") !== undefined)
    throw searchIssue(joinPath(path, "default_field"), "is for searches without fields. Use only one of them");
  return readWeightedFields([name], joinPath(path, "default_field"));
};

/** The text of a query. */
export const readQueryText = (value: Json | undefined, path: string): string => {
  const text = readString(value, path);
  if (text.length > MAX_TEXT_UNITS) throw searchIssue(path, `must have at most ${MAX_TEXT_UNITS} characters`);
  return text;
};
