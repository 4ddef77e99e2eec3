import { MOST_VALUES } from "../../core/search/parse-values.ts";
import { MOST_CLAUSES } from "../../core/search/weight.ts";
import type { Json } from "../../lib/json.ts";
import fc from "../fast-check.ts";

const field = fc.oneof(
  fc.constantFrom("title", "title.keyword", "mixed", "year", 'a"b', "x' or 1=1 --", "__proto__", "*"),
  fc.string({ unit: "binary", minLength: 1 }),
);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('sea" OR "a', "title:sea", "NEAR(a b)", "sea*", "-sea", "\0", "a\ud800", "x".repeat(40_000)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const about = (spec: fc.Arbitrary<unknown>) =>
  fc.tuple(field, spec).map(([name, value]) => Object.fromEntries([[name, value]]));
const query = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.record({ match: about(text) }),
    fc.record({ match_phrase: about(text) }),
    fc.record({ multi_match: fc.record({ query: text }) }),
    fc.record({ term: about(text) }),
    fc.record({ terms: about(fc.array(text, { maxLength: 4 })) }),
    fc.record({ prefix: about(text) }),
    fc.record({ range: about(fc.record({ gte: text, lt: text }, { requiredKeys: [] })) }),
    fc.record({ exists: fc.record({ field }) }),
    fc.record({ ids: fc.record({ values: fc.array(fc.string({ unit: "binary" })) }) }),
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

/** Bodies that look like searches and are full of what could upset an engine. */
export const hostileBodies = fc.record(
  {
    query,
    sort: fc.array(field, { maxLength: 2 }),
    aggs: fc.dictionary(fc.string(), fc.record({ terms: fc.record({ field }) }), { maxKeys: 2 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Json>;

const many = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
const deep = (levels: number): Json =>
  levels === 0
    ? { match: { title: "sea" } }
    : { bool: { must: [deep(levels - 1)], should: [{ term: { lang: "en" } }] } };

/** The largest searches that are taken. */
export const LARGEST: readonly (readonly [what: string, body: Json])[] = [
  ["words", { query: { match: { title: many(MOST_CLAUSES - 2, (n) => `w${n}`).join(" ") } } }],
  ["words in a row", { query: { match_phrase: { title: many(MOST_CLAUSES - 2, (n) => `w${n}`).join(" ") } } }],
  [
    "words in many fields",
    {
      query: {
        multi_match: {
          query: many(Math.floor(MOST_CLAUSES / 64) - 2, (n) => `w${n}`).join(" "),
          fields: many(64, (n) => `f${n}`),
        },
      },
    },
  ],
  ["terms", { query: { terms: { title: many(MOST_VALUES, (n) => n) } } }],
  ["whole strings", { query: { terms: { "title.keyword": many(MOST_VALUES, (n) => `${n}`) } } }],
  ["ids", { query: { ids: { values: many(MOST_VALUES, (n) => `r${n}`) } } }],
  [
    "clauses",
    { query: { bool: { should: many(Math.floor((MOST_CLAUSES - 1) / 3), (n) => ({ match: { title: `w${n}` } })) } } },
  ],
  [
    "clauses that mean much",
    {
      query: {
        bool: { must_not: many(Math.floor((MOST_CLAUSES - 1) / 9), (n) => ({ term: { "title.keyword": `${n}` } })) },
      },
    },
  ],
  [
    "ranges",
    {
      query: {
        bool: {
          filter: many(Math.floor((MOST_CLAUSES - 1) / 12), (n) => ({ range: { "n.keyword": { gte: `${n}` } } })),
        },
      },
    },
  ],
  ["levels", { query: deep(20) }],
  [
    "sort keys and aggregations",
    {
      from: 9_000,
      size: 1_000,
      sort: many(16, (n) => `f${n}`),
      aggs: Object.fromEntries(many(16, (n) => [`a${n}`, { terms: { field: `f${n}`, size: 10_000 } }])),
    },
  ],
];
