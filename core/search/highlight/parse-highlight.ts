import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import type { Clause } from "../clause.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readChoice,
  readCount,
  readList,
  readObject,
  readString,
  searchIssue,
} from "../read-body.ts";

/** How what was found is marked in the texts of hits. */
export interface Highlighting {
  readonly fields: readonly HighlightedField[];
  /** Whether texts are escaped for HTML before they are marked. */
  readonly escapesHtml: boolean;
}

export interface HighlightedField {
  /** A path; `*` matches any characters. */
  readonly pattern: string;
  /** Length of a fragment in UTF-16 units; words are not cut. */
  readonly fragmentUnits: number;
  /** Maximum number of fragments. 0 for the whole text. */
  readonly fragments: number;
  readonly preTag: string;
  readonly postTag: string;
  /** Whether only what the query seeks in this field is marked. */
  readonly requiresFieldMatch: boolean;
  /** Number of units at the start of a text that are returned where nothing is found. */
  readonly noMatchUnits: number;
  /** Whether the best fragments come first. */
  readonly byScore: boolean;
  /** Another query to mark. */
  readonly query: Clause | undefined;
}

const MAX_FIELDS = 64;
const MAX_PATTERN_UNITS = 256;
const MAX_TAG_UNITS = 100;
const MAX_FRAGMENTS = 100;
const MAX_FRAGMENT_UNITS = 10_000;
const FIELD_OPTIONS = [
  "fragment_size",
  "number_of_fragments",
  "pre_tags",
  "post_tags",
  "require_field_match",
  "no_match_size",
  "order",
  "highlight_query",
  "type",
  "boundary_scanner",
  "fragmenter",
];
/** Ways in which OpenSearch finds the places; all mark the same here. */
const TYPES = ["unified", "plain", "fvh"] as const;

type Defaults = Omit<HighlightedField, "pattern">;
const DEFAULTS: Defaults = {
  fragmentUnits: 100,
  fragments: 5,
  preTag: "<em>",
  postTag: "</em>",
  requiresFieldMatch: true,
  noMatchUnits: 0,
  byScore: false,
  query: undefined,
};

/** `{"fields": {"title": {}, "body": {"fragment_size": 150}}, "pre_tags": ["<b>"], "post_tags": ["</b>"]}` */
export const parseHighlight = (
  value: Json | undefined,
  path: string,
  parseClause: (value: Json | undefined, path: string) => Clause,
): Highlighting | undefined => {
  if (value === undefined) return undefined;
  const spec = readObject(value, path, ["fields", "encoder", "tags_schema", ...FIELD_OPTIONS]);
  const schema = getOwn(spec, "tags_schema");
  if (schema !== undefined && schema !== "styled") throw searchIssue(joinPath(path, "tags_schema"), "must be styled");
  const base = schema === undefined ? DEFAULTS : { ...DEFAULTS, preTag: '<em class="hlt1">' };
  const defaults = readOptions(spec, path, base, parseClause);
  return {
    fields: readFields(getOwn(spec, "fields"), joinPath(path, "fields")).map(({ pattern, spec, at }) => ({
      pattern,
      ...readOptions(readObject(spec, at, FIELD_OPTIONS), at, defaults, parseClause),
    })),
    escapesHtml: readChoice(getOwn(spec, "encoder"), joinPath(path, "encoder"), ["default", "html"]) === "html",
  };
};

interface FieldSpec {
  readonly pattern: string;
  readonly spec: Json;
  readonly at: string;
}

/** An object by patterns, or an array of such objects, which keeps their order in all languages. */
const readFields = (value: Json | undefined, path: string): readonly FieldSpec[] => {
  const objects = Array.isArray(value) ? readList(value, path, MAX_FIELDS) : [value];
  const fields = objects.flatMap((object, index) => {
    const at = Array.isArray(value) ? joinPath(path, index) : path;
    return Object.entries(readObject(object, at)).map(([pattern, spec]) => ({
      pattern,
      spec,
      at: joinPath(at, pattern),
    }));
  });
  if (fields.length === 0) throw searchIssue(path, 'must name a field, for example {"title": {}}');
  if (fields.length > MAX_FIELDS) throw searchIssue(path, `must have at most ${MAX_FIELDS} fields`);
  const long = fields.find(({ pattern }) => pattern.length > MAX_PATTERN_UNITS);
  if (long !== undefined) throw searchIssue(long.at, `must have at most ${MAX_PATTERN_UNITS} characters`);
  return fields;
};

const readOptions = (
  spec: JsonObject,
  path: string,
  defaults: Defaults,
  parseClause: (value: Json | undefined, path: string) => Clause,
): Defaults => {
  const count = (key: string, otherwise: number, max: number) => {
    const number = readCount(getOwn(spec, key), joinPath(path, key), otherwise);
    if (number > max) throw searchIssue(joinPath(path, key), `must be at most ${max}`);
    return number;
  };
  readChoice(getOwn(spec, "type"), joinPath(path, "type"), TYPES);
  readChoice(getOwn(spec, "boundary_scanner"), joinPath(path, "boundary_scanner"), ["word", "sentence", "chars"]);
  readChoice(getOwn(spec, "fragmenter"), joinPath(path, "fragmenter"), ["span", "simple"]);
  const [order, query] = [getOwn(spec, "order"), getOwn(spec, "highlight_query")];
  return {
    fragmentUnits: count("fragment_size", defaults.fragmentUnits, MAX_FRAGMENT_UNITS),
    fragments: count("number_of_fragments", defaults.fragments, MAX_FRAGMENTS),
    preTag: readTag(getOwn(spec, "pre_tags"), joinPath(path, "pre_tags"), defaults.preTag),
    postTag: readTag(getOwn(spec, "post_tags"), joinPath(path, "post_tags"), defaults.postTag),
    requiresFieldMatch: readBoolean(
      getOwn(spec, "require_field_match"),
      joinPath(path, "require_field_match"),
      defaults.requiresFieldMatch,
    ),
    noMatchUnits: count("no_match_size", defaults.noMatchUnits, MAX_FRAGMENT_UNITS),
    byScore:
      order === undefined
        ? defaults.byScore
        : readChoice(order, joinPath(path, "order"), ["none", "score"]) === "score",
    query: query === undefined ? defaults.query : parseClause(query, joinPath(path, "highlight_query")),
  };
};

/** A tag, or an array whose first tag is used. */
const readTag = (value: Json | undefined, path: string, otherwise: string): string => {
  if (value === undefined) return otherwise;
  const tag = Array.isArray(value) ? value[0] : value;
  const text = readString(isObject(tag) ? undefined : tag, path);
  if (text.length > MAX_TAG_UNITS) throw searchIssue(path, `must have at most ${MAX_TAG_UNITS} characters`);
  return text;
};
