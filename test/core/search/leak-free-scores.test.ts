import { describe, expect, it } from "@jest/globals";
import { type Clause, innerClauses } from "../../../core/search/clause.ts";
import { withoutStatistics } from "../../../core/search/leak-free-scores.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { Json } from "../../../lib/json.ts";

/** Whether a score depends on how frequent words are in all records. */
const hasStatistics = (clause: Clause): boolean => {
  if (clause.is === "word") return clause.scored;
  if (clause.is === "phrase") return true;
  if (clause.is === "constant") return false;
  const scoring =
    clause.is === "bool"
      ? [...clause.must, ...clause.should]
      : clause.is === "demoting"
        ? [clause.positive]
        : innerClauses(clause);
  return scoring.some(hasStatistics);
};

describe("withoutStatistics", () => {
  it.each<[name: string, query: Json]>([
    ["match", { match: { title: "open sea" } }],
    ["match_phrase", { match_phrase: { title: "open sea" } }],
    ["multi_match", { multi_match: { query: "open sea", fields: ["title^3", "body"] } }],
    ["bool", { bool: { must: [{ match: { a: "b" } }], should: [{ match_phrase: { a: "b c" } }] } }],
    ["nested", { nested: { path: "a", query: { match: { "a.b": "c d" } } } }],
    ["dis_max", { dis_max: { queries: [{ match: { a: "b" } }, { match_phrase: { a: "b c" } }] } }],
    [
      "boosting",
      { boosting: { positive: { match: { a: "b" } }, negative: { match: { a: "c" } }, negative_boost: 0.5 } },
    ],
    ["query_string", { query_string: { query: 'title:sea AND "open sea"' } }],
  ])("scores %s by the matching record alone", (_, query) => {
    const clause = parseSearch({ query }).query;

    expect([hasStatistics(clause), hasStatistics(withoutStatistics(clause))]).toEqual([true, false]);
  });

  it("keeps what matches, and the boosts", () => {
    const query = { multi_match: { query: "sea", fields: ["title^3", "body"], operator: "and" } };

    expect(JSON.stringify(withoutStatistics(parseSearch({ query }).query))).toBe(
      JSON.stringify(parseSearch({ query }).query).replaceAll('"scored":true', '"scored":false'),
    );
  });
});
