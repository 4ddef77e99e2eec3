import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../core/errors.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { Json } from "../../../lib/json.ts";
import fc from "../../fast-check.ts";

const nested = (levels: number): Json => (levels === 0 ? { match_all: {} } : { bool: { must: nested(levels - 1) } });

const issueOf = (body: Json): string => {
  try {
    parseSearch(body);
    return "taken";
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "INVALID_PARAMETERS") throw error;
    const [issue] = error.details as readonly { location: string; name: string | null; description: string }[];
    return `${issue?.location} ${issue?.name}: ${issue?.description}`;
  }
};

describe("parseSearch", () => {
  it("matches everything by default", () => {
    const all = {
      query: { is: "all" },
      relaxed: [],
      postFilter: undefined,
      from: 0,
      size: 10,
      sort: [],
      searchAfter: undefined,
      collapse: undefined,
      minScore: undefined,
      aggregations: [],
      suggest: [],
      highlight: undefined,
      source: { includes: [], excludes: [] },
      explain: false,
      countTotal: true,
    };

    expect(parseSearch(undefined)).toEqual(all);
    expect(parseSearch({})).toEqual(all);
    expect(
      parseSearch({
        query: { match_all: {} },
        track_total_hits: true,
        from: 0,
        size: 10,
        sort: [],
        aggs: {},
        _source: true,
      }),
    ).toEqual(all);
  });

  it.each<[body: Json, message: string | RegExp]>([
    [[], "body null: must be an object"],
    [null, "body null: must be an object"],
    [{ quary: {} }, /^body quary: quary is not supported. Use one of: _source, .* Did you mean query\?$/],
    [{ script_fields: {} }, /^body script_fields: script_fields is not supported/],
    [{ query: {} }, /^body query: must have exactly one key/],
    [{ query: { match: { a: "x" }, term: { a: "x" } } }, /^body query: must have exactly one key/],
    [
      { query: { bool: { must: [{ function_score: {} }] } } },
      /^body query\.bool\.must\.0\.function_score: function_score is not supported\. Use one of: bool, boosting, /,
    ],
    [
      { query: { bool: { must: { matsh: { a: "x" } } } } },
      /^body query\.bool\.must\.matsh: matsh is not supported.* Did you mean match\?$/,
    ],
    [{ query: { script: { script: "1" } } }, /^body query\.script: script is not supported/],
    [{ query: { terms: { a: { index: "users", id: "1", path: "b" } } } }, "body query.terms.a: must be an array"],
    [{ query: { constructor: {} } }, /^body query\.constructor: constructor is not supported/],
    [JSON.parse('{"query": {"__proto__": {}}}') as Json, /^body query\.__proto__: __proto__ is not supported/],
    [{ query: { match: { a: null } } }, /^body query\.match\.a: must be a string, a number or a boolean$/],
    [
      { query: { match: { a: { query: "x", operator: "xor" } } } },
      "body query.match.a.operator: must be one of: or, and",
    ],
    [{ query: { match: { a: { query: "x", fuzziness: 3 } } } }, /^body query\.match\.a\.fuzziness: /],
    [{ query: { match: { "": "x" } } }, /^body query\.match.*: must name a field$/],
    [
      { query: { multi_match: { query: "x", fields: ["a^0"] } } },
      /^body query\.multi_match\.fields\.0: must have a boost greater than 0/,
    ],
    [{ query: { multi_match: { query: "x", fields: ["a*"] } } }, /Patterns are not supported$/],
    [{ query: { multi_match: { query: "x", fields: [] } } }, "body query.multi_match.fields: must name a field"],
    [{ query: { multi_match: { fields: ["a"] } } }, /^body query\.multi_match\.query: /],
    [{ query: { range: { a: {} } } }, "body query.range.a: must have gt, gte, lt or lte"],
    [{ query: { range: { a: { gte: 1, lt: "z" } } } }, "body query.range.a: must have bounds of one type"],
    [{ query: { range: { a: { gt: 1, gte: 1 } } } }, "body query.range.a: must have only one of gt and gte"],
    [{ query: { range: { a: { gte: null } } } }, "body query.range.a.gte: must be a number or a string"],
    [{ query: { prefix: { a: "" } } }, "body query.prefix.a: must be a non-empty string"],
    [{ query: { ids: { values: [1] } } }, "body query.ids.values.0: must be a non-empty string"],
    [
      { query: { bool: { minimum_should_match: "most" } } },
      /^body query\.bool\.minimum_should_match: must be a number such as 2 or -1/,
    ],
    [{ query: nested(30) }, /is more than 20 levels deep$/],
    [
      { query: { bool: { should: Array.from({ length: 1100 }, () => ({ match_all: {} })) } } },
      /exceeds the maximum of 1000/,
    ],
    [{ query: { match: { a: "x ".repeat(1100) } } }, /^body query\.match\.a: exceeds the maximum of 1000 conditions/],
    [{ query: { match: { a: "x".repeat(10_001) } } }, "body query.match.a: must have at most 10000 characters of text"],
    [
      { query: { terms: { a: Array.from({ length: 1100 }, (_, n) => n) } } },
      "body query.terms.a: must have at most 1024 items",
    ],
    [{ size: -1 }, "body size: must be an integer of 0 or more"],
    [{ size: 1.5 }, "body size: must be an integer of 0 or more"],
    [{ from: 9_995 }, "body size: from + size must be at most 10000"],
    [{ from: 1e9 }, "body from: from + size must be at most 10000"],
    [{ sort: 1 }, "body sort: must be the name of a field or an object"],
    [{ sort: [{ a: "up" }] }, "body sort.0.a: must be one of: asc, desc"],
    [{ sort: { a: { order: "asc", missing: 5 } } }, "body sort.a.missing: must be one of: _last, _first"],
    [{ sort: { _score: { missing: "_last" } } }, /^body sort\._score\.missing: /],
    [{ sort: { _script: { script: "1" } } }, /^body sort\._script\.script: /],
    [{ _source: 1 }, "body _source: must be true, false, a pattern, an array of patterns, or an object"],
    [{ _source: { include: [] } }, /Did you mean includes\?$/],
    [{ _source: "x".repeat(300) }, /at most 256 characters/],
    [{ aggs: { a: { scripted_metric: {} } } }, /^body aggs\.a\.scripted_metric: scripted_metric is not supported/],
    [{ aggs: { a: { terms: { field: "n", size: 0 } } } }, "body aggs.a.terms.size: must be from 1 to 10000"],
    [{ aggs: {}, aggregations: {} }, /Use only one of them/],
    [{ track_total_hits: "100" }, "body track_total_hits: must be true, false or an integer of 0 or more"],
  ])("rejects %j", (body, expected) => {
    if (typeof expected === "string") expect(issueOf(body)).toBe(expected);
    else expect(issueOf(body)).toMatch(expected);
  });

  it("truncates long names in messages", () => {
    expect(issueOf({ ["x".repeat(100_000)]: 1 }).length).toBeLessThan(400);
  });

  it("accepts or rejects any JSON with a 400", () => {
    const body = fc.letrec<{ json: Json; clause: Json }>((tie) => ({
      json: fc.oneof(fc.jsonValue() as fc.Arbitrary<Json>, tie("clause"), fc.array(tie("clause"), { maxLength: 3 })),
      clause: fc.dictionary(
        fc.constantFrom(
          "bool",
          "must",
          "should",
          "minimum_should_match",
          "match",
          "multi_match",
          "match_phrase_prefix",
          "query_string",
          "simple_query_string",
          "regexp",
          "wildcard",
          "fuzzy",
          "nested",
          "path",
          "dis_max",
          "queries",
          "geo_distance",
          "highlight",
          "fields",
          "suggest",
          "text",
          "term",
          "query",
          "terms",
          "range",
          "gte",
          "lt",
          "prefix",
          "exists",
          "field",
          "ids",
          "values",
          "a",
          "__proto__",
          "sort",
          "aggs",
          "from",
          "size",
          "_source",
        ),
        tie("json"),
        { maxKeys: 3 },
      ) as fc.Arbitrary<Json>,
    })).clause;
    fc.assert(
      // Errors other than a Failure of the body are thrown on.
      fc.property(body, (json) => expect(issueOf(json)).toMatch(/^(taken|body .+: .+)$/s)),
      { numRuns: 500 },
    );
  });
});

describe("parseSearch with hostile texts", () => {
  /** Exponential or quadratic time would be much longer, also on a busy machine. */
  const MAX_MS = 5000;
  const long = (part: string) => part.repeat(Math.floor(10_000 / part.length));

  it.each<[what: string, query: (text: string) => Json]>([
    ["query_string", (query) => ({ query_string: { query } })],
    ["simple_query_string", (query) => ({ simple_query_string: { query } })],
    ["match", (query) => ({ match: { a: { query, fuzziness: "AUTO" } } })],
    ["regexp", (regexp) => ({ regexp: { a: regexp } })],
    ["wildcard", (wildcard) => ({ wildcard: { a: wildcard } })],
    ["range", (gte) => ({ range: { a: { gte } } })],
    ["term", (term) => ({ term: { "a.keyword": term } })],
  ])("%s ends soon, with a clause or a 400", (_, query) => {
    for (const part of [
      "(",
      ")",
      '"',
      "[",
      "[a TO ",
      "/",
      "\\",
      "~",
      "^",
      "a:",
      "+",
      "-",
      "a ",
      "(a OR ",
      "*",
      "?",
      "{1}",
      "||",
      "now+1d",
      "\ud800",
      "’",
      "é",
      "日",
    ])
      for (const text of [long(part), `${long(part)}!`, part.repeat(5), `a${part}`]) {
        const started = performance.now();
        const issue = issueOf({ query: query(text) });

        expect(issue).toMatch(/^(taken|body .+: .+)$/s);
        expect(performance.now() - started).toBeLessThan(MAX_MS);
      }
  });

  it("query strings of any characters are parsed or refused", () => {
    const parts = fc.constantFrom(
      "a",
      "AND",
      "OR",
      "NOT",
      "(",
      ")",
      '"',
      "[",
      "]",
      "{",
      "}",
      "TO",
      ":",
      "~",
      "^",
      "2",
      "*",
      "?",
      "/",
      "\\",
      "+",
      "-",
      "!",
      "|",
      "&",
      ">",
      "<",
      "=",
      " ",
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (list) => {
        expect(issueOf({ query: { query_string: { query: list.join("") || "a" } } })).toMatch(/^(taken|body .+: .+)$/s);
        expect(issueOf({ query: { simple_query_string: { query: list.join("") || "a" } } })).toBe("taken");
        expect(issueOf({ query: { regexp: { a: list.join("") || "a" } } })).toMatch(/^(taken|body .+: .+)$/s);
      }),
      { numRuns: 1000 },
    );
  });
});
