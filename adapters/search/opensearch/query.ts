import type { Bound, Clause, GeoArea, ValueMatch, WordMatch } from "../../../core/search/clause.ts";
import { decodeDate } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { MAX_NESTED_DEPTH } from "./index-template.ts";

type WordClause = Extract<Clause, { is: "word" | "phrase" }>;

/** What clauses are translated with. */
export interface QueryScope {
  /** The nested documents that are looked at: `""` for records, `item.` for the objects of nested arrays. */
  readonly level: string;
  /** What a word or phrase counts: see `word-score.ts`. */
  readonly weigh: (clause: WordClause) => WordWeight;
}

export interface WordWeight {
  /** For words that are matched one by one, with their number and the length of the field. */
  readonly exact: number;
  /** The score of a match where neither is known. */
  readonly average: number;
}

export const NO_WEIGHT: WordWeight = { exact: 1, average: 1 };

/** Translates a query to OpenSearch's language. */
export const toQuery = (clause: Clause, scope: QueryScope): JsonObject => {
  const inner = (one: Clause) => toQuery(one, scope);
  switch (clause.is) {
    case "all":
      return { match_all: {} };
    case "none":
      return { match_none: {} };
    case "ids":
      return constantScore({ terms: { id: [...clause.ids] } });
    case "present":
      return constantScore({ term: { [`${scope.level}paths`]: clause.path } });
    case "word":
    case "phrase":
      return toWordQuery(clause, scope);
    case "values":
      return constantScore(toFieldQuery(clause.path, scope.level, toValueQuery(clause.match, `${scope.level}leaf`)));
    case "between":
      return constantScore(toFieldQuery(clause.path, scope.level, toRangeQuery(clause, `${scope.level}leaf`)));
    case "geo":
      return constantScore(toFieldQuery(clause.path, scope.level, toAreaQuery(clause.within, `${scope.level}leaf.l`)));
    case "nested":
      return toNestedQuery(clause, scope);
    case "best":
      return { dis_max: { queries: clause.of.map(inner), tie_breaker: clause.tieBreaker } };
    case "bool":
      // OpenSearch would reduce a minimum above the number of clauses.
      if (clause.minimumShouldMatch > clause.should.length) return { match_none: {} };
      return {
        bool: {
          must: mergeEqual(clause.must.map(inner)),
          should: clause.minimumShouldMatch > 1 ? clause.should.map(inner) : mergeEqual(clause.should.map(inner)),
          filter: clause.filter.map(inner),
          must_not: clause.mustNot.map(inner),
          minimum_should_match: clause.minimumShouldMatch,
        },
      };
    // The weights of words must reach the index unchanged, so a factor is not a boost.
    case "boost":
      return { function_score: { query: inner(clause.query), weight: clause.factor } };
    case "constant":
      return constantScore(inner(clause.query), clause.score);
    case "demoting": {
      const { positive, negative, factor } = clause;
      return { boosting: { positive: inner(positive), negative: inner(negative), negative_boost: factor } };
    }
  }
};

/** Lucene would merge equal clauses itself, and multiply their weights. */
const mergeEqual = (queries: readonly JsonObject[]): JsonObject[] => {
  const counts = new Map<string, { readonly query: JsonObject; count: number }>();
  for (const query of queries) {
    const key = JSON.stringify(query);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { query, count: 1 });
    else known.count++;
  }
  return Array.from(counts.values(), ({ query, count }) =>
    count === 1 ? query : { function_score: { query, weight: count } },
  );
};

const constantScore = (filter: JsonObject, boost = 1): JsonObject => ({ constant_score: { filter, boost } });

/** A query on the field at a path, or on any field. */
const toFieldQuery = (path: string | null, level: string, query: JsonObject): JsonObject => ({
  nested: {
    path: `${level}leaf`,
    score_mode: "max",
    query: path === null ? query : { bool: { filter: [{ term: { [`${level}leaf.p`]: path } }], must: [query] } },
  },
});

const toWordQuery = (clause: WordClause, { level, weigh }: QueryScope): JsonObject => {
  if (clause.is === "word" && !clause.scored)
    return constantScore(toFieldQuery(clause.path, level, toTextQuery(clause, `${level}leaf`, NO_WEIGHT)));
  return toFieldQuery(clause.path, level, toTextQuery(clause, `${level}leaf`, weigh(clause)));
};

/** The records that have a word or phrase, without a score. */
export const toWordFilter = (clause: WordClause): JsonObject =>
  toFieldQuery(clause.path, "", toTextQuery(clause, "leaf", NO_WEIGHT));

/** Maximum number of words that the last one of a phrase may stand for. */
const MAX_PHRASE_PREFIXES = 1000;

const toTextQuery = (clause: WordClause, leaf: string, weight: WordWeight): JsonObject => {
  if (clause.is === "word") return toWordMatchQuery(clause.match, leaf, weight);
  const { words, slop, lastIsPrefix } = clause;
  const phrase = { query: words.join(" "), slop, boost: weight.exact };
  return lastIsPrefix
    ? { match_phrase_prefix: { [`${leaf}.t`]: { ...phrase, max_expansions: MAX_PHRASE_PREFIXES } } }
    : { match_phrase: { [`${leaf}.t`]: phrase } };
};

/** Maximum number of words that are scored one by one where a match stands for many. */
const MAX_SCORED_WORDS = 100;
/** What a word beyond them counts, compared with one of them. */
const REST_FACTOR = 0.1;

const toWordMatchQuery = (match: WordMatch, leaf: string, { exact, average }: WordWeight): JsonObject => {
  const field = `${leaf}.t`;
  const rewrite = "constant_score";
  switch (match.how) {
    case "word":
      return { term: { [field]: { value: match.word, boost: exact } } };
    case "anyOf":
      if (match.words.length > MAX_SCORED_WORDS) return { terms: { [field]: [...match.words], boost: average } };
      return { bool: { should: match.words.map((value) => ({ term: { [field]: { value, boost: exact } } })) } };
    case "stem":
      return { term: { [`${leaf}.s`]: { value: match.stem, boost: exact } } };
    case "prefix": {
      const value = match.word;
      const scored = { value, rewrite: `top_terms_${MAX_SCORED_WORDS}`, boost: exact };
      const others = { value, rewrite, boost: average * REST_FACTOR };
      return { dis_max: { queries: [{ prefix: { [field]: scored } }, { prefix: { [field]: others } }] } };
    }
    // OpenSearch would multiply the weight by its own ones.
    case "fuzzy": {
      const share = Math.max(REST_FACTOR, 1 - match.edits / Array.from(match.word).length);
      return { fuzzy: { [field]: toFuzzy(match.word, match.edits, match.prefixLength, average * share) } };
    }
    case "pattern": {
      const value = toLuceneRegexp(match.source);
      return { regexp: { [field]: { value, flags: "NONE", rewrite, boost: average } } };
    }
  }
};

const toFuzzy = (value: string, fuzziness: number, prefix: number, boost: number): JsonObject => ({
  value,
  fuzziness,
  prefix_length: prefix,
  transpositions: true,
  rewrite: "constant_score",
  boost,
});

const toValueQuery = (match: ValueMatch, leaf: string): JsonObject => {
  const field = `${leaf}.v`;
  switch (match.how) {
    case "anyOf": {
      const dates = match.values.filter(isDate);
      const values = { terms: { [field]: match.values.filter((value) => !isDate(value)) } };
      if (dates.length === 0) return values;
      return { bool: { should: [values, { terms: { [`${leaf}.d`]: dates.map(decodeDate) } }] } };
    }
    case "prefix":
      return { prefix: { [field]: { value: `s${match.text}`, case_insensitive: match.ignoreCase } } };
    case "fuzzy":
      return { fuzzy: { [field]: toFuzzy(`s${match.text}`, match.edits, match.prefixLength + 1, 1) } };
    case "pattern": {
      const value = `s(${toLuceneRegexp(match.source)})`;
      return { regexp: { [field]: { value, flags: "NONE", case_insensitive: match.ignoreCase } } };
    }
  }
};

/** Patterns are those that RE2 and Lucene have in common, except for escaped control characters. */
export const toLuceneRegexp = (source: string): string =>
  source.replace(/\\(.)/gsu, (escaped, char: string) => CONTROLS.get(char) ?? escaped);
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
]);

const isDate = (encoded: string): boolean => encoded.startsWith("d");

/** Dates and times that OpenSearch can compare, in ms. */
const MAX_TIME = 8_640_000_000_000_000;

const toRangeQuery = (
  { from, to }: { readonly from?: Bound | undefined; readonly to?: Bound | undefined },
  leaf: string,
): JsonObject => {
  const kind = (from ?? to)?.value[0] ?? "s";
  if (kind === "d") {
    const time = (bound: Bound, round: (value: number) => number) =>
      Math.min(MAX_TIME, Math.max(-MAX_TIME, round(decodeDate(bound.value))));
    return {
      range: {
        [`${leaf}.d`]: {
          ...(from && (from.inclusive ? { gte: time(from, Math.ceil) } : { gt: time(from, Math.floor) })),
          ...(to && (to.inclusive ? { lte: time(to, Math.floor) } : { lt: time(to, Math.ceil) })),
          format: "epoch_millis",
        },
      },
    };
  }
  // All values of a kind begin with its letter.
  const lower = from ?? { value: kind, inclusive: true };
  const upper = to ?? { value: String.fromCharCode(kind.charCodeAt(0) + 1), inclusive: false };
  return {
    range: {
      [`${leaf}.v`]: {
        [lower.inclusive ? "gte" : "gt"]: lower.value,
        [upper.inclusive ? "lte" : "lt"]: upper.value,
      },
    },
  };
};

const toAreaQuery = (area: GeoArea, field: string): JsonObject => {
  if (area.shape === "circle") {
    const { lat, lon } = area.center;
    return { geo_distance: { distance: `${area.meters}m`, [field]: { lat, lon } } };
  }
  const { top, left, bottom, right } = area;
  return { geo_bounding_box: { [field]: { top, left, bottom, right } } };
};

/** Objects of the path are below those of the level, at most as deep as the path has parts. */
const toNestedQuery = (
  { path, query, scoreMode }: Extract<Clause, { is: "nested" }>,
  scope: QueryScope,
): JsonObject => {
  const depth = scope.level.split("item.").length - 1;
  const deepest = Math.min(MAX_NESTED_DEPTH, path.split(".").length);
  const levels = Array.from({ length: Math.max(0, deepest - depth) }, (_, n) => "item.".repeat(depth + n + 1));
  const queries = levels.map((level) => ({
    nested: {
      path: level.slice(0, -1),
      score_mode: scoreMode,
      query: { bool: { filter: [{ term: { [`${level}at`]: path } }], must: [toQuery(query, { ...scope, level })] } },
    },
  }));
  return { dis_max: { queries } };
};
