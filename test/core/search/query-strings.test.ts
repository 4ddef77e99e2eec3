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
  word,
  wordBy,
} from "./parsed.ts";

const [a, b, c] = [word("a"), word("b"), word("c")];
const present = (path: string): Clause => ({ is: "present", path });

describe("parseSearch › query_string", () => {
  const parse = (query: string, options: { readonly [key: string]: Json } = {}) =>
    parseQuery({ query_string: { query, fields: ["a"], ...options } });

  it.each<[query: string, clause: Clause]>([
    ["a", a],
    ["a b", any(a, b)],
    ["a AND b", bool({ must: [a, b] })],
    ["a && b", bool({ must: [a, b] })],
    ["a OR b", any(a, b)],
    ["a || b", any(a, b)],
    // As in Lucene, the operators have no precedence.
    ["a AND b OR c", bool({ must: [a, b], should: [c] })],
    ["a OR b AND c", bool({ must: [b, c], should: [a] })],
    ["+a b -c", bool({ must: [a], should: [b], mustNot: [c] })],
    ["a NOT b", bool({ should: [a], mustNot: [b], minimumShouldMatch: 1 })],
    ["a !b", bool({ should: [a], mustNot: [b], minimumShouldMatch: 1 })],
    ["-a", bool({ mustNot: [a] })],
    ["(a OR b) AND c", bool({ must: [any(a, b), c] })],
    ["(a b)^2", boost(any(a, b), 2)],
    ["a^0.5", boost(a, 0.5)],
    ["wi-fi", any(word("wi"), word("fi"))],
    ['"open sea"', phrase("open sea")],
    ['"open sea"~3', phrase("open sea", { slop: 3 })],
    ['"say \\"sea\\""', phrase("say sea")],
    ["ocaen~", similar("ocaen", 1)],
    ["oceanic~", similar("oceanic", 2)],
    ["a~2", best(a, boost(fuzzy("a", 2), 0.5))],
    ["oce*", prefix("oce")],
    ["OCE*", prefix("oce")],
    ["o?e*n", wordBy({ how: "pattern", source: "o.e.*n" })],
    ["/oce(an|na)/", wordBy({ how: "pattern", source: "oce(an|na)" })],
    ["a\\:b", word("a:b")],
    ["b:sea", word("sea", "b")],
    ["b : sea", word("sea", "b")],
    ["b:(sea OR c:sky)", any(word("sea", "b"), word("sky", "c"))],
    ["b.c:sea", word("sea", "b.c")],
    ["b\\ c:sea", word("sea", "b c")],
    ["*:*", ALL],
    ["*", ALL],
    ["b:*", present("b")],
    ["b:[* TO *]", present("b")],
    ["_exists_:b", present("b")],
    ["b:>=x", { is: "between", path: "b", from: { value: "sx", inclusive: true } }],
    ["b:<x", { is: "between", path: "b", to: { value: "sx", inclusive: false } }],
    [
      "b:{x TO y]",
      { is: "between", path: "b", from: { value: "sx", inclusive: false }, to: { value: "sy", inclusive: true } },
    ],
    ['b:["x y" TO *]', { is: "between", path: "b", from: { value: "sx y", inclusive: true } }],
  ])("parses %s", (query, clause) => {
    expect(parse(query)).toEqual(clause);
  });

  it.each<[query: string, options: { readonly [key: string]: Json }, clause: Clause]>([
    ["a b", { default_operator: "and" }, bool({ must: [a, b] })],
    ["a OR b c", { default_operator: "and" }, bool({ must: [c], should: [a, b] })],
    ["a", { fields: ["a", "b^2"] }, best(a, boost(word("a", "b"), 2))],
    ["a", { fields: ["*"] }, word("a", null)],
    ["a", { boost: 2 }, boost(a, 2)],
    ['"open sea"', { phrase_slop: 2 }, phrase("open sea", { slop: 2 })],
    ["ocaen~", { fuzzy_prefix_length: 2 }, similar("ocaen", 1, 2)],
    ["a", { lenient: true, analyze_wildcard: true, allow_leading_wildcard: false }, a],
  ])("parses %s with %j", (query, options, clause) => {
    expect(parse(query, options)).toEqual(clause);
  });

  it("searches all fields, or the default field", () => {
    expect(parseQuery({ query_string: { query: "a" } })).toEqual(word("a", null));
    expect(parseQuery({ query_string: { query: "a", default_field: "b" } })).toEqual(word("a", "b"));
  });

  it("compares dates in a time zone", () => {
    expect(parse("b:>=2024-01-31", { time_zone: "+01:00" })).toEqual(
      parseQuery({ range: { b: { gte: "2024-01-31", time_zone: "+01:00" } } }),
    );
  });

  it.each<[query: string, issue: string]>([
    ["(a", "has a ( without ) at character 1."],
    ["a)", "has a ) without ( at character 2."],
    ["a AND", "ends where a word is expected."],
    ["a]", "has an unexpected ] at character 2. Write \\] for the character."],
    ['"a', 'has an unexpected " at character 1.'],
    ["b:[1 TO", "has an unexpected [ at character 3."],
    ["a^", "has ^ without a number at character 2."],
    ["(".repeat(30), "has more than 20 parentheses in each other."],
    ["[1 TO 2]", "has a range without a field."],
    ["_index:a", "is not a field of records. Search the collection itself"],
    ["t*:a", "must be the name of a field or *."],
    ["/a~/", "has the operator ~, which is not supported."],
  ])("refuses %s", (query, issue) => {
    expect(issueOf({ query: { query_string: { query } } })).toContain(issue);
  });
});

describe("parseSearch › simple_query_string", () => {
  const parse = (query: string, options: { readonly [key: string]: Json } = {}) =>
    parseQuery({ simple_query_string: { query, fields: ["a"], ...options } });
  const not = (clause: Clause) => bool({ mustNot: [clause] });

  it.each<[query: string, clause: Clause]>([
    ["a", a],
    ["a b", any(a, b)],
    ["a + b", bool({ must: [a, b] })],
    ["a+b", bool({ must: [a, b] })],
    ["a | b", any(a, b)],
    ["a + b | c", any(bool({ must: [a, b] }), c)],
    ["a | b + c", bool({ must: [any(a, b), c] })],
    ["a -b", any(a, not(b))],
    ["-a", not(a)],
    ["a - b", any(a, b)],
    ["(a | b) + c", bool({ must: [any(a, b), c] })],
    ["((((a", a],
    ["a)) b", any(a, b)],
    ['"open sea"', phrase("open sea")],
    ['"open sea"~2', phrase("open sea", { slop: 2 })],
    ['"open sea', any(word("open"), word("sea"))],
    ["ocaen~1", similar("ocaen", 1)],
    ["oce*", prefix("oce")],
    ["oce\\*", word("oce")],
    ["!!! ???", NONE],
  ])("parses %s", (query, clause) => {
    expect(parse(query)).toEqual(clause);
  });

  it.each<[query: string, options: { readonly [key: string]: Json }, clause: Clause]>([
    ["a b", { default_operator: "and" }, bool({ must: [a, b] })],
    ["a | b", { flags: "NONE" }, any(a, b)],
    ["a + b", { flags: "OR|NOT" }, any(a, b)],
    ["a*", { flags: "NONE" }, a],
    ["a b c", { minimum_should_match: "67%" }, bool({ should: [a, b, c], minimumShouldMatch: 2 })],
    ["a", { boost: 2 }, boost(a, 2)],
    ["ocaen~1", { fuzzy_prefix_length: 2 }, similar("ocaen", 1, 2)],
  ])("parses %s with %j", (query, options, clause) => {
    expect(parse(query, options)).toEqual(clause);
  });

  it("finds numbers by their value", () => {
    expect(parse("5")).toEqual(
      best(word("5"), { is: "values", path: "a", match: { how: "anyOf", values: [encodeValue(5)] } }),
    );
  });

  it("refuses unknown flags", () => {
    expect(issueOf({ query: { simple_query_string: { query: "a", flags: "SOME" } } })).toMatch(
      /flags: must be ALL, NONE, or some of these, separated by \|: AND, ESCAPE/,
    );
  });
});
