import { MAX_LIST_VALUES } from "../../core/search/parse-term.ts";
import { MAX_CONDITIONS } from "../../core/search/query-context.ts";
import type { Json } from "../../lib/json.ts";
import fc, { codePoint } from "../fast-check.ts";

const field = fc.oneof(
  fc.constantFrom("title", "title.keyword", "mixed", "year", 'a"b', "x' or 1=1 --", "__proto__", "*"),
  fc.string({ unit: codePoint, minLength: 1 }),
);
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.constantFrom('sea" OR "a', "title:sea", "NEAR(a b)", "sea*", "-sea", "\0", "a\ud800", "x".repeat(40_000)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const onField = (spec: fc.Arbitrary<unknown>) =>
  fc.tuple(field, spec).map(([name, value]) => Object.fromEntries([[name, value]]));
const query = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.record({ match: onField(text) }),
    fc.record({ match_phrase: onField(text) }),
    fc.record({ multi_match: fc.record({ query: text }) }),
    fc.record({ term: onField(text) }),
    fc.record({ terms: onField(fc.array(text, { maxLength: 4 })) }),
    fc.record({ prefix: onField(text) }),
    fc.record({ range: onField(fc.record({ gte: text, lt: text }, { requiredKeys: [] })) }),
    fc.record({ exists: fc.record({ field }) }),
    fc.record({ ids: fc.record({ values: fc.array(fc.string({ unit: codePoint })) }) }),
    fc.record({ wildcard: onField(text) }),
    fc.record({ regexp: onField(text) }),
    fc.record({ fuzzy: onField(text) }),
    fc.record({ match_phrase_prefix: onField(text) }),
    fc.record({ query_string: fc.record({ query: text }) }),
    fc.record({ simple_query_string: fc.record({ query: text }) }),
    fc.record({ nested: fc.record({ path: field, query: tie("any") }) }),
    fc.record({ dis_max: fc.record({ queries: fc.array(tie("any"), { maxLength: 3 }) }) }),
    fc.record({
      bool: fc.record(
        {
          must: fc.array(tie("any"), { maxLength: 3 }),
          should: fc.array(tie("any"), { maxLength: 3 }),
          must_not: tie("any"),
          minimum_should_match: fc.nat(3),
        },
        { requiredKeys: [] },
      ),
    }),
  ),
})).any;

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -1, 1e-300, 1e300, 2 ** 53),
);
const aggregation = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    fc
      .tuple(fc.constantFrom("min", "max", "avg", "sum", "stats", "value_count", "cardinality", "percentiles"), field)
      .map(([kind, name]) => ({ [kind]: { field: name } })),
    fc.record({ missing: fc.record({ field }) }),
    fc.record({
      terms: fc.record(
        { field, include: text, exclude: fc.array(text, { maxLength: 3 }), missing: text },
        { requiredKeys: ["field"] },
      ),
    }),
    fc.record({
      histogram: fc.record({ field, interval: number, offset: number }, { requiredKeys: ["field", "interval"] }),
    }),
    fc.record({
      date_histogram: fc.record({
        field,
        calendar_interval: fc.constantFrom("minute", "day", "year"),
        time_zone: fc.constantFrom("UTC", "Asia/Kathmandu", "Pacific/Apia", "-18:00"),
      }),
    }),
    fc.record({
      range: fc.record({ field, ranges: fc.array(fc.record({ from: number, to: number }), { maxLength: 3 }) }),
    }),
    fc.record({ filter: query, aggs: fc.dictionary(fc.string(), tie("any"), { maxKeys: 2 }) }),
    fc.record({ terms: fc.record({ field }), aggs: fc.dictionary(fc.string(), tie("any"), { maxKeys: 2 }) }),
    fc.record({ nested: fc.record({ path: field }), aggs: fc.dictionary(fc.string(), tie("any"), { maxKeys: 2 }) }),
    fc.record({
      composite: fc.record(
        {
          sources: fc.array(fc.record({ a: fc.record({ terms: fc.record({ field }) }) }), {
            minLength: 1,
            maxLength: 1,
          }),
          after: fc.record({ a: text }),
        },
        { requiredKeys: ["sources"] },
      ),
    }),
  ),
})).any;

/** Search bodies with values that could break an engine. */
export const hostileBodies = fc.record(
  {
    query,
    sort: fc.array(field, { maxLength: 2 }),
    aggs: fc.dictionary(fc.string(), aggregation, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Json>;

const many = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
const deep = (levels: number): Json =>
  levels === 0
    ? { match: { title: "sea" } }
    : { bool: { must: [deep(levels - 1)], should: [{ term: { lang: "en" } }] } };

/** The largest searches that are accepted, with the number of records that they find. */
export const LARGEST_BODIES: readonly (readonly [what: string, body: Json, total: number])[] = [
  ["words", { query: { match: { title: many(Math.floor(MAX_CONDITIONS / 3), (n) => `w${n}`).join(" ") } } }, 0],
  ["words in a phrase", { query: { match_phrase: { title: many(MAX_CONDITIONS - 2, (n) => `w${n}`).join(" ") } } }, 0],
  [
    "words in many fields",
    {
      query: {
        multi_match: {
          query: many(Math.floor(MAX_CONDITIONS / 3 / 64), (n) => `w${n}`).join(" "),
          fields: many(64, (n) => `f${n}`),
        },
      },
    },
    0,
  ],
  ["terms", { query: { terms: { title: many(MAX_LIST_VALUES, (n) => n) } } }, 0],
  ["whole strings", { query: { terms: { "title.keyword": many(MAX_LIST_VALUES, (n) => `${n}`) } } }, 0],
  ["ids", { query: { ids: { values: many(MAX_LIST_VALUES, (n) => `r${n}`) } } }, 0],
  [
    "clauses",
    { query: { bool: { should: many(Math.floor((MAX_CONDITIONS - 1) / 3), (n) => ({ match: { title: `w${n}` } })) } } },
    0,
  ],
  [
    "clauses with several conditions",
    {
      query: {
        bool: { must_not: many(Math.floor((MAX_CONDITIONS - 1) / 9), (n) => ({ term: { "title.keyword": `${n}` } })) },
      },
    },
    6,
  ],
  [
    "ranges",
    {
      query: {
        bool: {
          filter: many(Math.floor((MAX_CONDITIONS - 1) / 12), (n) => ({ range: { "n.keyword": { gte: `${n}` } } })),
        },
      },
    },
    0,
  ],
  ["levels", { query: deep(20) }, 2],
  [
    "sort keys and aggregations",
    {
      from: 9_000,
      size: 1_000,
      sort: many(16, (n) => `f${n}`),
      aggs: Object.fromEntries(many(16, (n) => [`a${n}`, { terms: { field: `f${n}`, size: 10_000 } }])),
    },
    6,
  ],
  ["aggregations in each other", { aggs: deepAggregations(8) }, 6],
  [
    "aggregations beside each other",
    {
      aggs: {
        ...Object.fromEntries(
          many(61, (n) => [`a${n}`, { percentiles: { field: "year", percents: many(100, (p) => p) } }]),
        ),
        ranges: { range: { field: "year", ranges: many(1000, (n) => ({ from: n, to: n + 2000 })) } },
        filters: { filters: { filters: many(100, (n) => ({ ids: { values: [`r${n}`] } })) } },
        included: {
          terms: { field: "lang", include: many(1024, (n) => `l${n}`), exclude: many(1024, (n) => `x${n}`) },
        },
      },
    },
    6,
  ],
  [
    "sources of composite",
    {
      aggs: {
        a: {
          composite: {
            size: 10_000,
            sources: many(16, (n) => ({ [`s${n}`]: { terms: { field: `f${n}`, missing_bucket: true } } })),
          },
        },
      },
    },
    6,
  ],
];

function deepAggregations(levels: number): Json {
  return {
    a: {
      terms: { field: "lang", size: 10 },
      ...(levels > 1 && { aggs: deepAggregations(levels - 1) }),
    },
  };
}
