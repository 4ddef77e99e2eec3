import { describe, expect, it } from "@jest/globals";
import type { Clause } from "../../../core/search/clause.ts";
import { encodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import {
  ALL,
  any,
  best,
  bool,
  boost,
  fuzzy,
  issueOf,
  NONE,
  parseQuery,
  phrase,
  prefix,
  similar,
  values,
  word,
  wordBy,
} from "./parsed.ts";

const [FIVE, FIVE_TEXT] = [encodeValue(5), encodeValue("5")];
const stem = (text: string): Clause => wordBy({ how: "stem", stem: text, language: "en" }, "a", true);

describe("parseSearch › match", () => {
  it.each<[spec: Json, clause: Clause]>([
    ["sea", word("sea")],
    ["The SEA", any(word("the"), word("sea"))],
    ["Café d’Or", any(word("cafe"), word("d"), word("or"))],
    [" -!? ", NONE],
    [{ query: " -!? ", zero_terms_query: "all" }, ALL],
    [{ query: "sea" }, word("sea")],
    [{ query: "the sea", operator: "OR" }, any(word("the"), word("sea"))],
    [{ query: "the sea", operator: "and" }, bool({ must: [word("the"), word("sea")] })],
    [{ query: "sea", boost: 2 }, boost(word("sea"), 2)],
    ["5", best(word("5"), values([FIVE]))],
    [5, best(word("5"), values([FIVE]))],
    [true, best(word("true"), values(["b1"]))],
    ["false", best(word("false"), values(["b0"]))],
    // More digits than a number has.
    ["0.1000000000000000055511151231257827", word("0.1000000000000000055511151231257827")],
  ])("parses the text %j", (spec, clause) => {
    expect(parseQuery({ match: { a: spec } })).toEqual(clause);
  });

  it.each<[fuzziness: Json, words: string, clause: Clause]>([
    ["AUTO", "se", word("se")],
    ["AUTO", "sea", similar("sea", 1)],
    ["auto", "ocean", similar("ocean", 1)],
    ["AUTO", "oceans", similar("oceans", 2)],
    ["AUTO:4,8", "sea", word("sea")],
    ["AUTO:4,8", "oceanic", similar("oceanic", 1)],
    ["AUTO:4,8", "oceanics", similar("oceanics", 2)],
    ["AUTO", "日本", any(word("日"), word("本"))],
    [0, "ocean", word("ocean")],
    [2, "a", similar("a", 2)],
    ["1", "a", similar("a", 1)],
  ])("allows typing errors by fuzziness %j in %j", (fuzziness, query, clause) => {
    expect(parseQuery({ match: { a: { query, fuzziness } } })).toEqual(clause);
  });

  it("requires the first letters of words with typing errors", () => {
    const spec = { query: "ocean", fuzziness: 1, prefix_length: 2, max_expansions: 10, fuzzy_transpositions: true };

    expect(parseQuery({ match: { a: spec } })).toEqual(best(word("ocean"), boost(fuzzy("ocean", 1, 2), 0.5)));
  });

  it("finds other forms of words with the analyzer of a language", () => {
    expect(parseQuery({ match: { a: { query: "clouds", analyzer: "english" } } })).toEqual(
      best(word("clouds"), stem("cloud")),
    );
    expect(parseQuery({ match: { a: { query: "clouds", analyzer: "standard" } } })).toEqual(word("clouds"));
  });

  it.each<[minimum: Json, required: number]>([
    [2, 2],
    ["2", 2],
    [-1, 3],
    ["75%", 3],
    ["-25%", 3],
    ["70%", 2],
    ["-30%", 3],
    ["2<75%", 3],
    ["4<75%", 4],
    ["1<-1 3<50%", 2],
    [" 1 < -1  3 < 50% ", 2],
    ["-9", 1],
    [9, 9],
    ["0%", 1],
  ])("requires words by minimum_should_match %j of 4", (minimum, required) => {
    expect(parseQuery({ match: { a: { query: "a b c d", minimum_should_match: minimum } } })).toMatchObject({
      minimumShouldMatch: required,
    });
  });

  it.each<[name: string, clause: Clause]>([
    ["*", best(word("5", null), values([FIVE], null))],
    ["a.keyword", best(values([FIVE_TEXT, FIVE]), word("5", "a.keyword"), values([FIVE], "a.keyword"))],
    ["a.raw", best(values([FIVE_TEXT, FIVE]), word("5", "a.raw"), values([FIVE], "a.raw"))],
  ])("searches the field %s", (name, clause) => {
    expect(parseQuery({ match: { [name]: "5" } })).toEqual(clause);
  });

  it.each<[spec: Json, issue: unknown]>([
    [{ fuzziness: 3 }, 'query.match.a.fuzziness: must be 0, 1, 2, "AUTO", or "AUTO:3,6"'],
    [{ fuzziness: "AUTO:6,3" }, 'query.match.a.fuzziness: must be 0, 1, 2, "AUTO", or "AUTO:3,6"'],
    [{ prefix_length: -1 }, "query.match.a.prefix_length: must be an integer of 0 or more"],
    [
      { minimum_should_match: "most" },
      'query.match.a.minimum_should_match: must be a number such as 2 or -1, a share such as "75%", or conditions such as "2<75% 9<-3"',
    ],
    [{ analyzer: "klingon" }, expect.stringMatching(/^query.match.a.analyzer: must be standard or one of: danish,/)],
    [{ boost: -1 }, "query.match.a.boost: must be a number from 0 to 1000000"],
    [{ zero_terms_query: "some" }, "query.match.a.zero_terms_query: must be one of: none, all"],
    [{ slop: 1 }, expect.stringMatching(/^query.match.a.slop: slop is not supported/)],
  ])("refuses %j", (options, issue) => {
    expect(issueOf({ query: { match: { a: { query: "sea", ...(options as object) } } } })).toEqual(issue);
  });
});

describe("parseSearch › match_phrase, match_phrase_prefix, match_bool_prefix", () => {
  it.each<[query: Json, clause: Clause]>([
    [{ match_phrase: { a: "The open SEA" } }, phrase("the open sea")],
    [{ match_phrase: { a: { query: "open sea", slop: 2, boost: 3 } } }, boost(phrase("open sea", { slop: 2 }), 3)],
    [{ match_phrase: { a: "sea" } }, word("sea")],
    [{ match_phrase: { a: "5" } }, best(word("5"), values([FIVE]))],
    [{ match_phrase: { a: "" } }, NONE],
    [{ match_phrase_prefix: { a: "open se" } }, phrase("open se", { lastIsPrefix: true })],
    [{ match_phrase_prefix: { a: { query: "se", max_expansions: 10 } } }, prefix("se", "a", true)],
    [{ match_bool_prefix: { a: "open se" } }, any(word("open"), prefix("se"))],
    [
      { match_bool_prefix: { a: { query: "opne se", operator: "and", fuzziness: 1 } } },
      bool({ must: [similar("opne", 1), prefix("se")] }),
    ],
  ])("parses %j", (query, clause) => {
    expect(parseQuery(query)).toEqual(clause);
  });

  it("limits slop", () => {
    expect(issueOf({ query: { match_phrase: { a: { query: "a b", slop: 1001 } } } })).toBe(
      "query.match_phrase.a.slop: must be at most 1000",
    );
  });
});

describe("parseSearch › multi_match", () => {
  it.each<[spec: { [key: string]: Json }, clause: Clause]>([
    [{}, any(word("open", null), word("sea", null))],
    [{ fields: ["*"] }, any(word("open", null), word("sea", null))],
    [
      { fields: ["a^3", "b"] },
      best(boost(any(word("open"), word("sea")), 3), any(word("open", "b"), word("sea", "b"))),
    ],
    [{ fields: ["a^b^2"], query: "sea" }, boost(word("sea", "a^b"), 2)],
    [
      { fields: ["a", "b"], query: "sea", tie_breaker: 0.5 },
      { is: "best", of: [word("sea"), word("sea", "b")], tieBreaker: 0.5 },
    ],
    [
      { fields: ["a", "b"], query: "sea", type: "most_fields" },
      { is: "best", of: [word("sea"), word("sea", "b")], tieBreaker: 1 },
    ],
    [
      { fields: ["a", "b^2"], type: "cross_fields", operator: "and" },
      bool({
        must: [best(word("open"), boost(word("open", "b"), 2)), best(word("sea"), boost(word("sea", "b"), 2))],
      }),
    ],
    [{ fields: ["a"], type: "cross_fields", query: "!", zero_terms_query: "all" }, ALL],
    [
      { fields: ["a", "b"], type: "phrase", slop: 1 },
      best(phrase("open sea", { slop: 1 }), phrase("open sea", { slop: 1, path: "b" })),
    ],
    [{ fields: ["a"], type: "phrase_prefix" }, phrase("open sea", { lastIsPrefix: true })],
    [{ fields: ["a"], type: "bool_prefix" }, any(word("open"), prefix("sea"))],
    [{ fields: ["a"], query: "ocean", fuzziness: "AUTO", boost: 2 }, boost(similar("ocean", 1), 2)],
  ])("parses %j", (spec, clause) => {
    expect(parseQuery({ multi_match: { query: "open sea", ...spec } })).toEqual(clause);
  });

  it.each<[spec: Json, issue: string]>([
    [{ operator: 1 }, "query.multi_match.operator: must be one of: or, and"],
    [{ fields: "a" }, "query.multi_match.fields: must be an array"],
    [{ fields: [] }, "query.multi_match.fields: must name a field"],
    [{ fields: ["^2"] }, "query.multi_match.fields.0: must be a non-empty string"],
    [{ fields: Array(65).fill("a") }, "query.multi_match.fields: must have at most 64 items"],
    [{ fields: ["a*"] }, "query.multi_match.fields.0: must be the name of a field or *. Patterns are not supported"],
    [
      { fields: ["_all"] },
      "query.multi_match.fields.0: is not a field of records. Use * in multi_match or query_string to search all fields",
    ],
    [
      { type: "cross_fields", fuzziness: 1 },
      "query.multi_match.fuzziness: is not supported with the type cross_fields. Use best_fields",
    ],
    ...["a^", "a^-1", "a^x1", "a^1x", "a^1.", "a^1.1234567", "a^1234567", "a^0"].map((field): [Json, string] => [
      { fields: [field] },
      "query.multi_match.fields.0: must have a boost greater than 0 after ^, such as title^3",
    ]),
  ])("refuses %j", (spec, issue) => {
    expect(issueOf({ query: { multi_match: { query: "x", ...(spec as object) } } })).toBe(issue);
  });
});
