import { describe, expect, it } from "@jest/globals";
import { describeClause } from "../../../core/search/describe-clause.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { Json } from "../../../lib/json.ts";

describe("describeClause", () => {
  it.each<[query: Json, description: string]>([
    [{ match_all: {} }, "all records"],
    [{ ids: { values: ["a", "b", "c", "d", "e", "f"] } }, 'the ids "a", "b", "c", "d", "e" and 1 more'],
    [{ exists: { field: "year" } }, "a value in year"],
    [{ match: { title: "Sea" } }, 'the word "sea" in title'],
    [
      { match: { title: { query: "clouds", fuzziness: 2 } } },
      'the word "clouds" in title or a word with at most 2 differences from "clouds" in title',
    ],
    [{ match_phrase: { title: "the sea" } }, 'the phrase "the sea" in title'],
    [{ match_phrase_prefix: { title: "the se" } }, 'the phrase "the se", whose last word may go on, in title'],
    [{ term: { year: 1974 } }, 'the word "1974" in year or the value "1974" in year'],
    [{ range: { year: { gte: 1970, lt: 1980 } } }, "year >= 1970 and < 1980"],
    [{ bool: { should: [{ match_all: {} }] } }, "several conditions together"],
    [{ constant_score: { filter: { exists: { field: "a" } } } }, "a value in a"],
  ])("describes %j", (query, description) => {
    expect(describeClause(parseSearch({ query }).query)).toBe(description);
  });
});
