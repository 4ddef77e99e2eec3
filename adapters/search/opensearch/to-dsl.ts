import type { TermsAggregation } from "../../../core/search/aggregations.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { SearchRequest } from "../../../core/search/request.ts";
import type { SortKey } from "../../../core/search/sorting.ts";
import type { JsonObject } from "../../../lib/json.ts";

/** The body of an OpenSearch search for a request. */
export const toDsl = (request: SearchRequest): JsonObject => ({
  query: { bool: { must: [toQuery(request.query)], must_not: [{ exists: { field: "gone" } }] } },
  from: request.from,
  size: request.size,
  sort: [
    ...(request.sort.length > 0 ? request.sort.map(toSort) : [{ _score: { order: "desc" } }]),
    { id: { order: "asc" } },
  ],
  track_scores: isScored(request),
  track_total_hits: true,
  _source: ["doc"],
  aggs: Object.fromEntries(
    request.aggregations.map((aggregation, index) => [String(index), toAggregation(aggregation)]),
  ),
});

/** Whether hits have a score: not when they are sorted by fields alone. */
export const isScored = ({ sort }: SearchRequest): boolean =>
  sort.length === 0 || sort.some((key) => key.by === "score");

const toQuery = (clause: Clause): JsonObject => {
  switch (clause.is) {
    case "all":
      return { match_all: {} };
    case "none":
      return { match_none: {} };
    case "ids":
      return constant({ ids: { values: [...clause.ids] } });
    case "present":
      return constant({ term: { paths: clause.path } });
    case "words":
      return inLeaf(clause.path, toMatch(clause));
    case "word":
      return constant(
        inLeaf(
          clause.path,
          clause.beginning
            ? { bool: { should: clause.anyOf.map((value) => ({ prefix: { "leaf.t": { value } } })) } }
            : { terms: { "leaf.t": [...clause.anyOf] } },
        ),
      );
    case "values":
      return constant(inLeaf(clause.path, { terms: { "leaf.v": [...clause.anyOf] } }), clause.boost);
    case "between": {
      const { from, to } = clause;
      return constant(
        inLeaf(clause.path, {
          range: { "leaf.v": { [from.inclusive ? "gte" : "gt"]: from.value, [to.inclusive ? "lte" : "lt"]: to.value } },
        }),
      );
    }
    case "best":
      return { dis_max: { queries: clause.of.map(toQuery) } };
    case "bool":
      return toBool(clause);
  }
};

const toMatch = ({ text, match, boost }: Extract<Clause, { is: "words" }>): JsonObject =>
  match === "phrase"
    ? { match_phrase: { "leaf.t": { query: text, boost } } }
    : { match: { "leaf.t": { query: text, operator: match === "all" ? "and" : "or", boost } } };

const toBool = (clause: Extract<Clause, { is: "bool" }>): JsonObject => {
  // more than there are can't match, which OpenSearch would take for all of them
  if (clause.minimumShouldMatch > clause.should.length) return { match_none: {} };
  return {
    bool: {
      must: clause.must.map(toQuery),
      should: clause.should.map(toQuery),
      filter: clause.filter.map(toQuery),
      must_not: clause.mustNot.map(toQuery),
      minimum_should_match: clause.minimumShouldMatch,
    },
  };
};

const constant = (filter: JsonObject, boost = 1): JsonObject => ({ constant_score: { filter, boost } });

/** In one leaf at the path, or at any. */
const inLeaf = (path: string | null, query: JsonObject): JsonObject => ({
  nested: {
    path: "leaf",
    score_mode: "max",
    query: path === null ? query : { bool: { filter: [{ term: { "leaf.p": path } }], must: [query] } },
  },
});

const toSort = (key: SortKey): JsonObject =>
  key.by === "score"
    ? { _score: { order: key.order } }
    : {
        "leaf.v": {
          order: key.order,
          mode: key.order === "asc" ? "min" : "max",
          missing: `_${key.missing}`,
          nested: { path: "leaf", filter: { terms: { "leaf.p": [...key.paths] } } },
        },
      };

const toAggregation = ({ paths, size }: TermsAggregation): JsonObject => ({
  nested: { path: "leaf" },
  aggs: { at: { filter: { terms: { "leaf.p": [...paths] } }, aggs: { values: { terms: { field: "leaf.v", size } } } } },
});
