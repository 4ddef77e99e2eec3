import { describe, expect, it } from "@jest/globals";
import type { Clause } from "../../../core/search/clause.ts";
import { encodeValue, MAX_VALUE_UNITS } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { MAX_WORD_UNITS } from "../../../lib/text-segmentation/words.ts";
import {
  ALL,
  best,
  boost,
  issueOf,
  NONE,
  parseQuery,
  prefix,
  similar,
  values,
  valuesBy,
  word,
  wordBy,
} from "./parsed.ts";

const FIVE = encodeValue(5);

describe("parseSearch › term and terms", () => {
  it.each<[query: Json, clause: Clause]>([
    [{ term: { a: "fr" } }, word("fr")],
    [{ term: { a: { value: "fr", boost: 2 } } }, boost(word("fr"), 2)],
    [{ term: { a: "f\0r" } }, word("f\ufffdr")],
    [{ term: { a: "café" } }, word("cafe")],
    // Words of the index are in lower case.
    [{ term: { a: "FR" } }, NONE],
    [{ term: { a: { value: "FR", case_insensitive: true } } }, word("fr")],
    [{ term: { a: 5 } }, best(word("5"), values([FIVE]))],
    [{ term: { a: "5" } }, best(word("5"), values([FIVE]))],
    [{ term: { "a.keyword": "fr" } }, best(values(["sfr"]), word("fr", "a.keyword"))],
    [
      { term: { "a.keyword": { value: "F.r", case_insensitive: true } } },
      best(values(["sF.r"]), valuesBy({ how: "pattern", source: "F\\.r", ignoreCase: true }), word("f.r", "a.keyword")),
    ],
    [
      { terms: { a: ["fr", "ja", true, "FR"] } },
      best(wordBy({ how: "anyOf", words: ["fr", "ja", "true"] }), values(["b1"])),
    ],
    [{ terms: { a: ["fr"], boost: 2 } }, boost(word("fr"), 2)],
    [{ terms: { a: [] } }, NONE],
    [{ term: { a: "x".repeat(MAX_WORD_UNITS) } }, word("x".repeat(MAX_WORD_UNITS))],
    // Longer words are cut in the index.
    [{ term: { a: "x".repeat(MAX_WORD_UNITS + 1) } }, NONE],
    [{ term: { _id: "x" } }, { is: "ids", ids: ["x"] }],
    [{ terms: { _id: ["x", 5] } }, { is: "ids", ids: ["x", "5"] }],
    [{ exists: { field: "_id" } }, ALL],
    [{ ids: { values: ["x"], boost: 2 } }, boost({ is: "ids", ids: ["x"] }, 2)],
  ])("parses %j", (query, clause) => {
    expect(parseQuery(query)).toEqual(clause);
  });

  it("finds Unicode forms of the same characters", () => {
    const text = "Cafés";
    for (const kind of ["term", "prefix", "wildcard", "regexp", "fuzzy"])
      expect(parseQuery({ [kind]: { "a.keyword": text.normalize("NFD") } })).toEqual(
        parseQuery({ [kind]: { "a.keyword": text.normalize("NFC") } }),
      );
  });

  it("finds a number only where the text is exactly that number", () => {
    expect(parseQuery({ term: { a: "9007199254740993" } })).toEqual(
      best(word("9007199254740993"), values([encodeValue(9007199254740993n)])),
    );
    expect(parseQuery({ term: { a: "12345678901234567890.5" } })).toEqual(word("12345678901234567890.5"));
  });

  it.each(["_all", "_index", "_score", "_source", "_version"])("refuses the metadata field %s", (field) => {
    for (const query of [{ term: { [field]: "x" } }, { match: { [field]: "x" } }, { exists: { field } }])
      expect(issueOf({ query })).toMatch(/: is not a field of records\. \S/);
  });
});

describe("parseSearch › prefix, wildcard, regexp and fuzzy", () => {
  const pattern = (source: string, path = "a"): Clause => wordBy({ how: "pattern", source }, path);
  const wholePattern = (source: string, ignoreCase = false): Clause => valuesBy({ how: "pattern", source, ignoreCase });

  it.each<[query: Json, clause: Clause]>([
    [{ prefix: { a: "oce" } }, prefix("oce")],
    [{ prefix: { a: { value: "oce", boost: 2 } } }, boost(prefix("oce"), 2)],
    [{ prefix: { a: "Oce" } }, NONE],
    [{ prefix: { a: { value: "Océ", case_insensitive: true } } }, prefix("oce")],
    [{ prefix: { "a.keyword": "Oce" } }, valuesBy({ how: "prefix", text: "Oce", ignoreCase: false })],
    [{ prefix: { a: "x".repeat(MAX_WORD_UNITS + 1) } }, NONE],
    [{ prefix: { "a.keyword": "x".repeat(MAX_VALUE_UNITS + 1) } }, NONE],
    [{ wildcard: { a: "oc*n" } }, pattern("oc.*n")],
    [{ wildcard: { a: "oc**?n" } }, pattern("oc.*.n")],
    [{ wildcard: { a: { wildcard: "o.c\\*n?" } } }, pattern("o\\.c\\*n.")],
    [{ wildcard: { a: "oce*" } }, prefix("oce")],
    [{ wildcard: { a: { value: "OC*n", case_insensitive: true } } }, pattern("oc.*n")],
    [{ wildcard: { a: "Océ*n" } }, pattern("Océ.*n")],
    [
      { wildcard: { "a.keyword": { value: "The *", case_insensitive: true } } },
      best(valuesBy({ how: "prefix", text: "The ", ignoreCase: true }), prefix("the ", "a.keyword")),
    ],
    [{ regexp: { a: "s(ea|ky).*[a-c]{1,2}" } }, pattern("s(ea|ky).*[a-c]{1,2}")],
    [{ regexp: { a: 'a"*"@\\.\\d\\w' } }, pattern("a(\\*).*\\.[0-9][0-9A-Z_a-z]")],
    [{ regexp: { a: "[^a\\-z-]^$" } }, pattern("[^a\\-z\\-]\\^\\$")],
    [{ regexp: { a: "[]a]" } }, pattern("[\\]a]")],
    [
      { regexp: { "a.keyword": { value: "S.*", flags: "ALL", case_insensitive: true } } },
      best(wholePattern("S.*", true), pattern("s.*", "a.keyword")),
    ],
    [{ fuzzy: { a: "ocaen" } }, similar("ocaen", 1)],
    [{ fuzzy: { a: { value: "ocaen", fuzziness: 2, prefix_length: 1, boost: 2 } } }, boost(similar("ocaen", 2, 1), 2)],
    [{ fuzzy: { a: "to" } }, word("to")],
    [{ fuzzy: { "a.keyword": "Ocean" } }, valuesBy({ how: "fuzzy", text: "Ocean", edits: 1, prefixLength: 0 })],
  ])("parses %j", (query, clause) => {
    expect(parseQuery(query)).toEqual(clause);
  });

  it.each<[pattern: string, issue: RegExp]>([
    ["a~b", /has the operator ~, which is not supported\. Write \\~ for the character$/],
    ["a&b", /has the operator &/],
    ["<1-9>", /has the operator </],
    ["(a", /is not a regular expression/],
    ["a)", /has a \) without \(/],
    ["[a", /has a \[ without \]/],
    ['"a', /has a " without its end/],
    ["a\\", /ends with a \\$/],
    ["a**", /is not a regular expression/],
    ["(?=a)b", /is not a regular expression/],
    ["(?i)a", /is not a regular expression/],
    ["a{1,1001}", /has a \{ that is no repetition/],
    ["a{x}", /has a \{ that is no repetition/],
    ["((a{20}){20}){20}", /repeats something more than 1000 times/],
    ["(".repeat(21), /has more than 20 groups in one/],
    ["a".repeat(1001), /must have at most 1000 characters/],
  ])("refuses the regular expression %s", (regexp, issue) => {
    expect(issueOf({ query: { regexp: { a: regexp } } })).toMatch(issue);
  });

  it.each<[query: Json, issue: string]>([
    [{ prefix: { a: 5 } }, "query.prefix.a: must be an object"],
    [{ prefix: { a: {} } }, "query.prefix.a.value: must be a non-empty string"],
    [{ wildcard: { a: "*".repeat(1001) } }, "query.wildcard.a: must have at most 1000 characters"],
    [
      { regexp: { a: { value: "a", flags: "COMPLEMENT" } } },
      "query.regexp.a.flags: must be ALL or ANYSTRING. Escape characters with \\ instead",
    ],
    [
      { fuzzy: { a: { value: "a", transpositions: false } } },
      "query.fuzzy.a.transpositions: must be true: two letters that change places are one error",
    ],
    [{ term: { "a.*": "a" } }, "query.term.a.*: must be the name of a field. Patterns are not supported here"],
    [{ exists: { field: "*" } }, "query.exists.field: must be the name of a field. Patterns are not supported here"],
    [{ range: { "*": { gt: 1 } } }, "query.range.*: must be the name of a field. Patterns are not supported here"],
    [{ match: { "a*": "a" } }, "query.match.a*: must be the name of a field or *. Patterns are not supported"],
    [{ fuzzy: { _id: "a" } }, "query.fuzzy._id: is not a field of records. Use id"],
  ])("refuses %j", (query, issue) => {
    expect(issueOf({ query })).toBe(issue);
  });
});
