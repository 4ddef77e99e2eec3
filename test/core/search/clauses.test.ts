import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../core/errors.ts";
import type { Clause } from "../../../core/search/clause.ts";
import { parseSearch, type SortKey } from "../../../core/search/request.ts";
import { encodeValue, LAST_CHARACTER, MAX_VALUE_UNITS } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { MAX_WORD_UNITS } from "../../../lib/text-segmentation/words.ts";

const [FIVE, FIVE_TEXT] = [encodeValue(5), encodeValue("5")];
const words = (text: string, options: Partial<Extract<Clause, { is: "words" }>> = {}): Clause => ({
  is: "words",
  path: "a",
  text,
  match: "any",
  boost: 1,
  ...options,
});
const values = (anyOf: readonly string[], path: string | null = "a"): Clause => ({
  is: "values",
  path,
  anyOf,
  boost: 1,
});
const word = (anyOf: readonly string[], path = "a", prefix = false): Clause => ({ is: "word", path, anyOf, prefix });
const best = (...of: readonly Clause[]): Clause => ({ is: "best", of });
const bool = (clauses: Partial<Extract<Clause, { is: "bool" }>>): Clause => ({
  is: "bool",
  must: [],
  should: [],
  filter: [],
  mustNot: [],
  minimumShouldMatch: 0,
  ...clauses,
});
const between = (
  from: string,
  to: string,
  inclusive: readonly [boolean, boolean] = [true, true],
  path = "a",
): Clause => ({
  is: "between",
  path,
  from: { value: from, inclusive: inclusive[0] },
  to: { value: to, inclusive: inclusive[1] },
});
const ALL: Clause = { is: "all" };
const NONE: Clause = { is: "none" };

const issueOf = (body: Json): string => {
  try {
    parseSearch(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [issue] = error.details as readonly { name: string | null; description: string }[];
    return `${issue?.name}: ${issue?.description}`;
  }
  throw new Error("The search is valid.");
};

describe("parseSearch › query", () => {
  it.each<[query: Json, clause: Clause]>([
    [{ match_all: {} }, ALL],
    [{ match_none: {} }, NONE],
    [{ ids: { values: ["x", "y"] } }, { is: "ids", ids: ["x", "y"] }],
    [{ exists: { field: "a" } }, { is: "present", path: "a" }],
    [{ exists: { field: "a.keyword" } }, best({ is: "present", path: "a" }, { is: "present", path: "a.keyword" })],
    [{ exists: { field: ".keyword" } }, { is: "present", path: ".keyword" }],
    [{ exists: { field: "keyword.a" } }, { is: "present", path: "keyword.a" }],
  ])("parses %j", (query, clause) => {
    expect(parseSearch({ query }).query).toEqual(clause);
  });

  it.each<[query: Json, clause: Clause]>([
    [{ match: { a: "the sea" } }, words("the sea")],
    [{ match: { a: { query: "sea" } } }, words("sea")],
    [{ match: { a: { query: "sea", operator: "OR" } } }, words("sea")],
    [{ match: { a: { query: "sea", operator: "and" } } }, words("sea", { match: "all" })],
    [{ match: { a: "5" } }, best(words("5"), values([FIVE]))],
    [{ match: { a: 5 } }, best(words("5"), values([FIVE]))],
    [{ match: { a: true } }, best(words("true"), values(["b1"]))],
    [{ match: { a: "false" } }, best(words("false"), values(["b0"]))],
    [{ match: { "*": "sea" } }, words("sea", { path: null })],
    [{ match: { "*": "5" } }, best(words("5", { path: null }), values([FIVE], null))],
    [
      { match: { "a.keyword": "5" } },
      best(values([FIVE_TEXT, FIVE]), words("5", { path: "a.keyword" }), values([FIVE], "a.keyword")),
    ],
    [{ match_phrase: { a: "open sea" } }, words("open sea", { match: "phrase" })],
    [{ match_phrase: { a: { query: "open sea" } } }, words("open sea", { match: "phrase" })],
    [{ multi_match: { query: "sea" } }, words("sea", { path: null })],
    [{ multi_match: { query: "sea", operator: "and" } }, words("sea", { path: null, match: "all" })],
    [{ multi_match: { query: "sea", fields: ["*"] } }, words("sea", { path: null })],
    [
      { multi_match: { query: "sea", fields: ["a^3", "b^0.25", "c^123456.123456", "d"] } },
      best(
        words("sea", { boost: 3 }),
        words("sea", { path: "b", boost: 0.25 }),
        words("sea", { path: "c", boost: 123456.123456 }),
        words("sea", { path: "d" }),
      ),
    ],
    [{ multi_match: { query: "sea", fields: ["a^b^2"] } }, words("sea", { path: "a^b", boost: 2 })],
  ])("parses the text query %j", (query, clause) => {
    expect(parseSearch({ query }).query).toEqual(clause);
  });

  it.each<[query: Json, clause: Clause]>([
    [{ term: { a: "fr" } }, word(["fr"])],
    [{ term: { a: { value: "fr" } } }, word(["fr"])],
    [{ term: { a: "f\0r" } }, word(["f\ufffdr"])],
    [{ term: { a: 5 } }, best(word(["5"]), values([FIVE]))],
    [{ term: { a: "5" } }, best(word(["5"]), values([FIVE]))],
    [{ term: { "a.keyword": "fr" } }, best(values([encodeValue("fr")]), word(["fr"], "a.keyword"))],
    [{ terms: { a: ["fr", "ja", true] } }, best(word(["fr", "ja", "true"]), values(["b1"]))],
    [{ terms: { a: [] } }, NONE],
    [{ term: { a: "x".repeat(MAX_WORD_UNITS) } }, word(["x".repeat(MAX_WORD_UNITS)])],
    // Longer words are not indexed.
    [{ term: { a: "x".repeat(MAX_WORD_UNITS + 1) } }, NONE],
    [{ prefix: { a: "oce" } }, word(["oce"], "a", true)],
    [{ prefix: { a: { value: "oce" } } }, word(["oce"], "a", true)],
    [
      { prefix: { "a.keyword": "oce" } },
      best(between(encodeValue("oce"), encodeValue("oce") + LAST_CHARACTER), word(["oce"], "a.keyword", true)),
    ],
    [{ prefix: { a: "x".repeat(MAX_WORD_UNITS) } }, word(["x".repeat(MAX_WORD_UNITS)], "a", true)],
    [{ prefix: { a: "x".repeat(MAX_WORD_UNITS + 1) } }, NONE],
    [{ prefix: { "a.keyword": "x".repeat(MAX_VALUE_UNITS + 1) } }, NONE],
  ])("parses the value query %j", (query, clause) => {
    expect(parseSearch({ query }).query).toEqual(clause);
  });

  it.each<[query: Json, clause: Clause]>([
    [{ range: { a: { gte: 5 } } }, between(FIVE, `n${LAST_CHARACTER}`)],
    [{ range: { a: { gt: 5 } } }, between(FIVE, `n${LAST_CHARACTER}`, [false, true])],
    [{ range: { a: { lte: 5 } } }, between("n", FIVE)],
    [{ range: { a: { lt: 5 } } }, between("n", FIVE, [true, false])],
    [{ range: { a: { gt: 5, lt: 5 } } }, between(FIVE, FIVE, [false, false])],
    [{ range: { a: { gte: 5, lte: 5 } } }, between(FIVE, FIVE)],
    [{ range: { a: { gte: "2024", lt: "2025-01" } } }, between("s2024", "s2025-01", [true, false])],
    [{ range: { a: { gte: "nowhere", lt: "until now" } } }, between("snowhere", "suntil now", [true, false])],
    [
      { range: { a: { gte: "5" } } },
      best(between(FIVE, `n${LAST_CHARACTER}`), between(FIVE_TEXT, `s${LAST_CHARACTER}`)),
    ],
    [
      { range: { "a.keyword": { lt: 5 } } },
      best(between("n", FIVE, [true, false]), between("n", FIVE, [true, false], "a.keyword")),
    ],
  ])("parses the range query %j", (query, clause) => {
    expect(parseSearch({ query }).query).toEqual(clause);
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
    [{ must: { bool: { filter: { match_all: {} } } } }, bool({ must: [bool({ filter: [ALL] })] })],
  ])("parses the bool query %j", (spec, clause) => {
    expect(parseSearch({ query: { bool: spec } }).query).toEqual(clause);
  });

  it("counts each condition on a field as 3, each further word and everything else as 1", () => {
    // The bool clause itself counts as 1.
    const fill = (cost: number, clause: Json) => ({
      query: { bool: { must: [...Array(1000 - 1 - cost).fill({ match_all: {} }), clause] } },
    });
    for (const [cost, clause] of [
      [1, { ids: { values: ["x"] } }],
      [1, { exists: { field: "a" } }],
      [3, { match: { a: "sea" } }],
      [3, { match: { a: "-" } }],
      [5, { match: { a: "the open sea" } }],
      [3, { term: { a: "sea" } }],
      [3, { range: { a: { gt: 1 } } }],
      [6, { match: { a: "5" } }],
      [6, { term: { "a.keyword": "sea" } }],
    ] satisfies [number, Json][]) {
      expect(() => parseSearch(fill(cost, clause))).not.toThrow();
      expect(issueOf(fill(cost - 1, clause))).toMatch(/exceeds the maximum of 1000 conditions/);
    }
  });

  it.each<[body: Json, issue: string]>([
    [{ query: {} }, 'query: must have exactly one key: a clause such as {"match": {"title": "sea"}}'],
    [{ query: { match: {} } }, "query.match: must have exactly one key: the name of a field"],
    [{ query: { match_phrase: {} } }, "query.match_phrase: must have exactly one key: the name of a field"],
    [{ query: { term: {} } }, "query.term: must have exactly one key: the name of a field"],
    [{ query: { term: { "": "x" } } }, "query.term: must name a field"],
    [{ query: { term: { a: null } } }, "query.term.a: must be a string, a number or a boolean"],
    [{ query: { term: { a: {} } } }, "query.term.a.value: must be a string, a number or a boolean"],
    [
      { query: { term: { a: { values: 1 } } } },
      "query.term.a.values: values is not supported. Use one of: value. Did you mean value?",
    ],
    [{ query: { terms: { a: ["x", null] } } }, "query.terms.a.1: must be a string, a number or a boolean"],
    [{ query: { match: { a: null } } }, "query.match.a: must be a string, a number or a boolean"],
    [{ query: { match: { a: {} } } }, "query.match.a.query: must be a string, a number or a boolean"],
    [{ query: { match_phrase: { a: null } } }, "query.match_phrase.a: must be a string, a number or a boolean"],
    [{ query: { match_phrase: { a: {} } } }, "query.match_phrase.a.query: must be a string, a number or a boolean"],
    [
      { query: { match_phrase: { a: { slop: 1 } } } },
      "query.match_phrase.a.slop: slop is not supported. Use one of: query",
    ],
    [{ query: { match: { "": "x" } } }, "query.match.: must name a field"],
    [
      { query: { match: { "a*": "x" } } },
      "query.match.a*: must be the name of a field or *. Patterns are not supported",
    ],
    [{ query: { multi_match: { query: "x", operator: 1 } } }, "query.multi_match.operator: must be one of: or, and"],
    [{ query: { multi_match: { query: "x", fields: "a" } } }, "query.multi_match.fields: must be an array"],
    [
      { query: { multi_match: { query: "x", fields: ["^2"] } } },
      "query.multi_match.fields.0: must be a non-empty string",
    ],
    ...["a^", "a^-1", "a^x1", "a^1x", "a^1.", "a^1.1234567", "a^1234567", "a^0", "^"].map((field): [Json, string] => [
      { query: { multi_match: { query: "x", fields: [field] } } },
      "query.multi_match.fields.0: must have a boost greater than 0 after ^, such as title^3",
    ]),
    [{ query: { prefix: { a: 5 } } }, "query.prefix.a: must be an object"],
    [{ query: { prefix: { a: {} } } }, "query.prefix.a.value: must be a non-empty string"],
    [{ query: { range: { a: { lt: 1, lte: 1 } } } }, "query.range.a: must have only one of lt and lte"],
    ...["now", "now-1d", "now+1d", "now/d", "now|", "2024||"].map((gte): [Json, string] => [
      { query: { range: { a: { gte } } } },
      "query.range.a.gte: must be a plain value. Date math is not supported",
    ]),
    [{ query: { exists: {} } }, "query.exists.field: must be a non-empty string"],
    [{ query: { exists: { name: "a" } } }, "query.exists.name: name is not supported. Use one of: field"],
    [{ query: { ids: {} } }, "query.ids.values: must be an array"],
    [{ query: { ids: { ids: [] } } }, "query.ids.ids: ids is not supported. Use one of: values"],
    [{ query: { match_all: { boost: 1 } } }, "query.match_all.boost: boost is not supported. Use one of: "],
    [{ query: { match_none: { boost: 1 } } }, "query.match_none.boost: boost is not supported. Use one of: "],
    [
      { query: { bool: { musst: [] } } },
      "query.bool.musst: musst is not supported. Use one of: filter, minimum_should_match, must, must_not, should. Did you mean must?",
    ],
  ])("rejects %j", (body, issue) => {
    expect(issueOf(body)).toBe(issue);
  });

  it("accepts texts, lists and depths up to their maximum", () => {
    const nested = (levels: number): Json =>
      levels === 0 ? { match_all: {} } : { bool: { must: nested(levels - 1) } };

    expect(() => parseSearch({ query: nested(20) })).not.toThrow();
    expect(issueOf({ query: nested(21) })).toMatch(/is more than 20 levels deep$/);
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
    missing: "last",
    ...more,
  });

  it.each<[sort: Json, keys: readonly SortKey[]]>([
    ["a", [byValues("a")]],
    [
      ["a", "b"],
      [byValues("a"), byValues("b")],
    ],
    [{ a: "desc", b: {} }, [byValues("a", { order: "desc" }), byValues("b")]],
    [{ a: { order: "DESC", missing: "_first" } }, [byValues("a", { order: "desc", missing: "first" })]],
    [[{ a: { missing: "_last" } }], [byValues("a")]],
    ["a.keyword", [byValues("a", { paths: ["a", "a.keyword"] })]],
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
    [{ a: { mode: "min" } }, "sort.a.mode: mode is not supported. Use one of: missing, order"],
    [[1], "sort.0: must be the name of a field or an object"],
  ])("rejects %j", (sort, issue) => {
    expect(issueOf({ sort })).toBe(issue);
  });
});

describe("parseSearch › aggs", () => {
  it.each(["aggs", "aggregations"])("parses %s", (name) => {
    const body = {
      [name]: { langs: { terms: { field: "lang.keyword", size: 10_000 } }, years: { terms: { field: "year" } } },
    };

    expect(parseSearch(body).aggregations).toEqual([
      { name: "langs", paths: ["lang", "lang.keyword"], size: 10_000 },
      { name: "years", paths: ["year"], size: 10 },
    ]);
  });

  const count = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, n) => [`a${n}`, { terms: { field: "n" } }]));

  it.each<[body: Json, issue: string]>([
    [{ aggs: count(17) }, "aggs: must have at most 16 aggregations"],
    [{ aggregations: count(17) }, "aggregations: must have at most 16 aggregations"],
    [{ aggs: {}, aggregations: {} }, "aggregations: is the same as aggs. Use only one of them"],
    [{ aggs: { a: {} } }, 'aggs.a: must have exactly one key: an aggregation such as {"terms": {"field": "lang"}}'],
    [{ aggs: { a: { terms: {} } } }, "aggs.a.terms.field: must be a non-empty string"],
    [
      { aggs: { a: { terms: { field: "n", order: 1 } } } },
      "aggs.a.terms.order: order is not supported. Use one of: field, size",
    ],
    [{ aggs: { a: { terms: { field: "n", size: 10_001 } } } }, "aggs.a.terms.size: must be from 1 to 10000"],
  ])("rejects %j", (body, issue) => {
    expect(issueOf(body)).toBe(issue);
  });

  it("accepts 16 aggregations", () => {
    expect(parseSearch({ aggs: count(16) }).aggregations).toHaveLength(16);
  });
});
