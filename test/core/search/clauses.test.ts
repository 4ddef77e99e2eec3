import { describe, expect, it } from "@jest/globals";
import type { Clause } from "../../../core/search/clause.ts";
import { parseSearch, type SortKey } from "../../../core/search/request.ts";
import { encodeDate, encodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { ALL, best, bool, boost, issueOf, NONE, parseQuery, word } from "./parsed.ts";

const present = (path: string): Clause => ({ is: "present", path });

describe("parseSearch › clauses of clauses", () => {
  it.each<[query: Json, clause: Clause]>([
    [{ match_all: {} }, ALL],
    [{ match_all: { boost: 2 } }, boost(ALL, 2)],
    [{ match_none: {} }, NONE],
    [{ ids: { values: ["x", "y"] } }, { is: "ids", ids: ["x", "y"] }],
    [{ exists: { field: "a" } }, present("a")],
    [{ exists: { field: "a.keyword" } }, best(present("a"), present("a.keyword"))],
    [{ exists: { field: ".keyword" } }, present(".keyword")],
    [{ exists: { field: "keyword.a" } }, present("keyword.a")],
    [{ constant_score: { filter: { match_all: {} } } }, { is: "constant", query: ALL, score: 1 }],
    [{ constant_score: { filter: { term: { a: "x" } }, boost: 2 } }, { is: "constant", query: word("x"), score: 2 }],
    [
      { boosting: { positive: { match_all: {} }, negative: { term: { a: "x" } }, negative_boost: 0.5 } },
      { is: "demoting", positive: ALL, negative: word("x"), factor: 0.5 },
    ],
    [{ dis_max: { queries: [{ match_all: {} }, { term: { a: "x" } }] } }, best(ALL, word("x"))],
    [
      { dis_max: { queries: [{ match_all: {} }, { term: { a: "x" } }], tie_breaker: 0.3, boost: 2 } },
      boost({ is: "best", of: [ALL, word("x")], tieBreaker: 0.3 }, 2),
    ],
    [{ dis_max: { queries: [{ match_none: {} }] } }, NONE],
    [
      { nested: { path: "sizes", query: { term: { "sizes.color": "red" } } } },
      { is: "nested", path: "sizes", query: word("red", "sizes.color"), scoreMode: "avg" },
    ],
    [
      { nested: { path: "sizes", query: { match_all: {} }, score_mode: "max", ignore_unmapped: true, boost: 2 } },
      boost({ is: "nested", path: "sizes", query: ALL, scoreMode: "max" }, 2),
    ],
  ])("parses %j", (query, clause) => {
    expect(parseQuery(query)).toEqual(clause);
  });

  it.each<[spec: Json, clause: Clause]>([
    [{}, bool({})],
    [{ must: { match_all: {} } }, bool({ must: [ALL] })],
    [{ must: [{ match_all: {} }, { match_none: {} }] }, bool({ must: [ALL, NONE] })],
    [{ filter: { match_all: {} } }, bool({ filter: [ALL] })],
    [{ must_not: { match_all: {} } }, bool({ mustNot: [ALL] })],
    // Without must and filter, one clause of should must match.
    [{ should: { match_all: {} } }, bool({ should: [ALL], minimumShouldMatch: 1 })],
    [
      { should: { match_all: {} }, must_not: { match_none: {} } },
      bool({ should: [ALL], mustNot: [NONE], minimumShouldMatch: 1 }),
    ],
    [{ should: { match_all: {} }, minimum_should_match: 0 }, bool({ should: [ALL], minimumShouldMatch: 1 })],
    [{ should: { match_all: {} }, minimum_should_match: 2 }, bool({ should: [ALL], minimumShouldMatch: 2 })],
    [{ should: { match_all: {} }, must: { match_all: {} } }, bool({ should: [ALL], must: [ALL] })],
    [{ should: { match_all: {} }, filter: { match_all: {} } }, bool({ should: [ALL], filter: [ALL] })],
    [
      { should: [{ match_all: {} }], must: { match_all: {} }, filter: { match_all: {} }, minimum_should_match: 1 },
      bool({ should: [ALL], must: [ALL], filter: [ALL], minimumShouldMatch: 1 }),
    ],
    [
      { should: [{ match_all: {} }, { match_all: {} }], must: { match_all: {} }, minimum_should_match: "50%" },
      bool({ should: [ALL, ALL], must: [ALL], minimumShouldMatch: 1 }),
    ],
    [{ must: { match_all: {} }, boost: 2 }, boost(bool({ must: [ALL] }), 2)],
    [{ must: { bool: { filter: { match_all: {} } } } }, bool({ must: [bool({ filter: [ALL] })] })],
  ])("parses the bool clause %j", (spec, clause) => {
    expect(parseQuery({ bool: spec })).toEqual(clause);
  });

  it("counts each word, value and range of a field as 3, everything else as 1", () => {
    // The bool clause itself counts as 1.
    const fill = (cost: number, clause: Json) => ({
      query: { bool: { must: [...Array(1000 - 1 - cost).fill({ match_all: {} }), clause] } },
    });
    for (const [cost, clause] of [
      [1, { exists: { field: "a" } }],
      [3, { match: { a: "sea" } }],
      [9, { match: { a: "the open sea" } }],
      [3, { match_phrase: { a: "the open sea" } }],
      [3, { term: { a: "sea" } }],
      [3, { terms: { a: ["sea", "sky"] } }],
      [3, { range: { a: { gt: 1 } } }],
      [6, { match: { a: "5" } }],
      [6, { match: { a: { query: "ocean", fuzziness: 1 } } }],
      [6, { term: { "a.keyword": "sea" } }],
      [4, { nested: { path: "a", query: { term: { "a.b": "x" } } } }],
    ] satisfies [number, Json][]) {
      expect(() => parseSearch(fill(cost, clause))).not.toThrow();
      expect(issueOf(fill(cost - 1, clause))).toMatch(/exceeds the maximum of 1000 (conditions|clauses)/);
    }
  });

  it.each<[what: string, clause: Json]>([
    ["ids", { ids: { values: ["x"] } }],
    ["texts without words", { match: { a: "" } }],
    ["whole strings that are too long", { prefix: { "a.keyword": "x".repeat(300) } }],
  ])("accepts up to 1000 clauses, also of %s", (_, clause) => {
    const fill = (length: number) => ({ query: { bool: { should: Array(length).fill(clause) } } });

    expect(() => parseSearch(fill(999))).not.toThrow();
    expect(issueOf(fill(1000))).toBe(
      "query.bool.should.999: exceeds the maximum of 1000 clauses. Use terms or ids with several values",
    );
  });

  it.each<[query: Json, issue: string]>([
    [{}, 'query: must have exactly one key: a clause such as {"match": {"title": "sea"}}'],
    [{ match: {} }, "query.match: must have exactly one key: the name of a field"],
    [{ match_phrase: {} }, "query.match_phrase: must have exactly one key: the name of a field"],
    [{ term: {} }, "query.term: must have exactly one key: the name of a field"],
    [{ term: { "": "x" } }, "query.term: must name a field"],
    [{ term: { a: null } }, "query.term.a: must be a string, a number or a boolean"],
    [{ term: { a: {} } }, "query.term.a.value: must be a string, a number or a boolean"],
    [{ terms: { a: ["x", null] } }, "query.terms.a.1: must be a string, a number or a boolean"],
    [{ match: { a: null } }, "query.match.a: must be a string, a number or a boolean"],
    [{ match: { a: {} } }, "query.match.a.query: must be a string, a number or a boolean"],
    [{ match_phrase: { a: null } }, "query.match_phrase.a: must be a string, a number or a boolean"],
    [{ match: { "": "x" } }, "query.match: must name a field"],
    [{ match: { "a*": "x" } }, "query.match.a*: must be the name of a field or *. Patterns are not supported"],
    [{ exists: {} }, "query.exists.field: must be a non-empty string"],
    [{ exists: { name: "a" } }, "query.exists.name: name is not supported. Use one of: boost, field"],
    [{ ids: {} }, "query.ids.values: must be an array"],
    [{ match_all: { boost: "2" } }, "query.match_all.boost: must be a number from 0 to 1000000"],
    [
      { bool: { musst: [] } },
      "query.bool.musst: musst is not supported. Use one of: boost, filter, minimum_should_match, must, must_not, should. Did you mean must?",
    ],
    [
      { boosting: { positive: { match_all: {} }, negative: { match_all: {} } } },
      "query.boosting.negative_boost: must be a number from 0 to 1",
    ],
    [{ dis_max: { queries: [] } }, "query.dis_max.queries: must have a clause"],
    [{ nested: { query: { match_all: {} } } }, "query.nested.path: must be a non-empty string"],
    [
      { nested: { path: "a", query: { match_all: {} }, inner_hits: {} } },
      "query.nested.inner_hits: inner_hits is not supported. Use one of: boost, ignore_unmapped, path, query, score_mode",
    ],
    [{ constant_score: {} }, "query.constant_score.filter: must be an object"],
  ])("refuses %j", (query, issue) => {
    expect(issueOf({ query })).toBe(issue);
  });

  it("accepts texts, lists and depths up to their maximum", () => {
    const within = (levels: number): Json =>
      levels === 0 ? { match_all: {} } : { bool: { must: within(levels - 1) } };

    expect(() => parseSearch({ query: within(20) })).not.toThrow();
    expect(issueOf({ query: within(21) })).toMatch(/is more than 20 levels deep$/);
    expect(() => parseSearch({ query: { match: { a: "x".repeat(10_000) } } })).not.toThrow();
    expect(() => parseSearch({ query: { ids: { values: Array(1024).fill("x") } } })).not.toThrow();
    expect(issueOf({ query: { ids: { values: Array(1025).fill("x") } } })).toBe(
      "query.ids.values: must have at most 1024 items",
    );
  });
});

describe("parseSearch › from and size", () => {
  it.each([
    [{ from: 9_990 }, { from: 9_990, size: 10 }],
    [
      { from: 10_000, size: 0 },
      { from: 10_000, size: 0 },
    ],
    [{ size: 10_000 }, { from: 0, size: 10_000 }],
  ])("accepts %j", (body, expected) => {
    expect(parseSearch(body)).toMatchObject(expected);
  });

  it.each<[body: Json, issue: string]>([
    [{ from: 10_001, size: 0 }, "from: from + size must be at most 10000"],
    [{ from: 10_000, size: 1 }, "size: from + size must be at most 10000"],
    [{ from: "1" }, "from: must be an integer of 0 or more"],
  ])("rejects %j", (body, issue) => {
    expect(issueOf(body)).toBe(issue);
  });
});

describe("parseSearch › sort", () => {
  const byValues = (path: string, more: object = {}): SortKey => ({
    by: "values",
    paths: [path],
    order: "asc",
    mode: "min",
    missing: "last",
    ...more,
  });

  it.each<[sort: Json, keys: readonly SortKey[]]>([
    ["a", [byValues("a")]],
    [
      ["a", "b"],
      [byValues("a"), byValues("b")],
    ],
    [{ a: "desc", b: {} }, [byValues("a", { order: "desc", mode: "max" }), byValues("b")]],
    [{ a: { order: "DESC", missing: "_first" } }, [byValues("a", { order: "desc", mode: "max", missing: "first" })]],
    [[{ a: { missing: "_last" } }], [byValues("a")]],
    ["a.keyword", [byValues("a", { paths: ["a", "a.keyword"] })]],
    [{ a: { mode: "max", unmapped_type: "long" } }, [byValues("a", { mode: "max" })]],
    [{ a: { order: "desc", mode: "min" } }, [byValues("a", { order: "desc" })]],
    [{ _id: "desc" }, [{ by: "id", order: "desc" }]],
    ["_doc", [{ by: "id", order: "asc" }]],
    ["_score", [{ by: "score", order: "desc" }]],
    [{ _score: "asc" }, [{ by: "score", order: "asc" }]],
    [{ _score: { order: "asc" } }, [{ by: "score", order: "asc" }]],
    [Array(16).fill("a"), Array(16).fill(byValues("a"))],
  ])("parses %j", (sort, keys) => {
    expect(parseSearch({ sort }).sort).toEqual(keys);
  });

  it.each<[sort: Json, issue: string]>([
    [Array(17).fill("a"), "sort: must have at most 16 keys"],
    [{ "": "asc" }, "sort.: must name a field"],
    ["", "sort: must be a non-empty string"],
    [{ _score: "up" }, "sort._score: must be one of: desc, asc"],
    [{ _score: { order: "up" } }, "sort._score.order: must be one of: desc, asc"],
    [{ a: { order: 1 } }, "sort.a.order: must be one of: asc, desc"],
    [{ a: { mode: "avg" } }, "sort.a.mode: must be one of: min, max"],
    [{ _index: "asc" }, "sort._index: is not a field of records. Search the collection itself"],
    ["a*", "sort: must be the name of a field. Patterns are not supported here"],
    [{ _id: { missing: "_last" } }, "sort._id.missing: missing is not supported. Use one of: order"],
    [[1], "sort.0: must be the name of a field or an object"],
  ])("rejects %j", (sort, issue) => {
    expect(issueOf({ sort })).toBe(issue);
  });
});

describe("parseSearch › aggs", () => {
  it.each(["aggs", "aggregations"])("parses %s", (name) => {
    const body = { [name]: { langs: { terms: { field: "lang.keyword" } }, years: { terms: { field: "year" } } } };

    expect(parseSearch(body).aggregations).toMatchObject([
      { name: "langs", of: { is: "terms", paths: ["lang", "lang.keyword"], size: 10 } },
      { name: "years", of: { is: "terms", paths: ["year"], size: 10 } },
    ]);
  });

  it("refuses both names in one body", () => {
    expect(issueOf({ aggs: {}, aggregations: {} })).toBe("aggregations: is the same as aggs. Use only one of them");
  });
});

describe("parseSearch › search_after, collapse, min_score and track_total_hits", () => {
  it.each<[sort: Json, after: Json, positions: readonly (string | number | null)[]]>([
    ["a", [5], [encodeValue(5)]],
    ["a", ["x"], ["sx"]],
    ["a", [null], [null]],
    ["a", [true], ["b1"]],
    ["a", ["2024-01-31T00:00:00.000Z"], [encodeDate(Date.UTC(2024, 0, 31))]],
    [
      ["_score", { _id: "desc" }],
      [1.5, "x"],
      [1.5, "x"],
    ],
  ])("continues the order %j after %j", (sort, search_after, positions) => {
    expect(parseSearch({ sort, search_after }).searchAfter).toEqual(positions);
  });

  it.each<[body: Json, issue: string]>([
    [{ search_after: [1] }, "search_after: must have a value for each key of sort. Use the sort of the last hit"],
    [
      { sort: "a", search_after: [1, 2] },
      "search_after: must have a value for each key of sort. Use the sort of the last hit",
    ],
    [{ sort: "a", search_after: [[]] }, "search_after.0: must be a string, a number, a boolean or null"],
    [{ sort: "_score", search_after: ["x"] }, "search_after.0: must be a number: a score"],
    [{ sort: "a", search_after: [1], from: 1 }, "from: must be 0 with search_after"],
    [{ collapse: {} }, "collapse.field: must be a non-empty string"],
    [
      { collapse: { field: "a", inner_hits: {} } },
      "collapse.inner_hits: inner_hits is not supported. Use one of: field",
    ],
    [{ min_score: "1" }, "min_score: must be a number from 0 to 1.7976931348623157e+308"],
    [{ track_total_hits: -1 }, "track_total_hits: must be true, false or an integer of 0 or more"],
  ])("refuses %j", (body, issue) => {
    expect(issueOf(body)).toBe(issue);
  });

  it("parses the others", () => {
    const body = {
      post_filter: { match_all: {} },
      collapse: { field: "a.keyword" },
      min_score: 0.5,
      track_total_hits: 100,
    };

    expect(parseSearch(body)).toMatchObject({
      postFilter: ALL,
      collapse: { paths: ["a", "a.keyword"] },
      minScore: 0.5,
      countTotal: 100,
    });
  });
});
