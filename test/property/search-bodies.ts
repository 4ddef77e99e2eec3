import type { Json, JsonObject } from "../../lib/json.ts";
import fc from "../fast-check.ts";

const text = fc
  .array(
    fc.constantFrom(
      "sea",
      "Sea",
      "seas",
      "open",
      "été",
      "日本",
      "5",
      "true",
      "don't",
      "x-y",
      "Ωμ",
      "2024-01-01",
      "😀",
      "ocean",
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(" "));
const dates = fc.constantFrom(
  "2024-01-01",
  "2024-03-31T00:30:00Z",
  "2024-10-27T03:15:00+02:00",
  "2023-12",
  "1969-07-20",
);
const scalar = fc.oneof(text, dates, fc.constantFrom(5, -1, 0.5, 2024, 2.5, 1e300, true, false));
const point = fc.constantFrom<Json>({ lat: 10, lon: 20 }, "10.5,20.5", [179, -10], { lat: 0, lon: -179.5 });
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.constant(null),
  point,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("b", "keyword", "a.b"), scalar, { maxKeys: 2 }),
);
const item = fc.record(
  { k: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), n: fc.constantFrom(1, 2, 3) },
  { requiredKeys: [] },
);

/** Records whose fields are of any type. `items` is a nested array. */
export const randomRecords = fc
  .array(
    fc
      .tuple(
        fc.dictionary(fc.constantFrom("a", "b", "a.b", "__proto__"), value, { maxKeys: 3 }),
        fc.option(fc.array(item, { maxLength: 3 }), { nil: undefined }),
      )
      .map(([record, items]) => (items === undefined ? record : { ...record, items })),
    { minLength: 1, maxLength: 20 },
  )
  .map((records) =>
    Object.fromEntries(records.map((record, n) => [`r${String(n).padStart(2, "0")}`, record as JsonObject])),
  );

/** The metadata of the collection of {@link randomRecords}. */
export const RANDOM_METADATA: JsonObject = { index: { nested: ["items"] } };

const fields = ["a", "b", "a.b", "a.keyword", "b.keyword", "__proto__", "items.k", "items.n"];
const field = fc.constantFrom(...fields);
const itemField = fc.constantFrom("items.k", "items.n", "items.k.keyword");
const named = (name: fc.Arbitrary<string>, spec: fc.Arbitrary<unknown>) =>
  fc.tuple(name, spec).map(([key, one]) => Object.fromEntries([[key, one]]));
const bounds = (bound: fc.Arbitrary<unknown>) => fc.record({ gte: bound, lt: bound }, { requiredKeys: ["gte"] });
const words = fc.constantFrom("sea", "see", "opne", "oepn", "日本", "5", "x");

const leaf = (on: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({
      match: named(
        on,
        fc.oneof(
          scalar,
          fc.record(
            {
              query: text,
              operator: fc.constantFrom("and", "or"),
              fuzziness: fc.constantFrom("AUTO", 1, 2),
              minimum_should_match: fc.constantFrom(1, 2, "50%", -1),
            },
            { requiredKeys: ["query"] },
          ),
        ),
      ),
    }),
    fc.record({ match_phrase: named(on, text) }),
    fc.record({ match_phrase_prefix: named(on, text) }),
    fc.record({ match_bool_prefix: named(on, text) }),
    fc.record({ term: named(on, scalar) }),
    fc.record({ terms: named(on, fc.array(scalar, { maxLength: 3 })) }),
    fc.record({ prefix: named(on, fc.constantFrom("s", "S", "日", "2024", "x", "sea o")) }),
    fc.record({ wildcard: named(on, fc.constantFrom("s*", "*a", "?pen", "日*", "2024-*", "*")) }),
    fc.record({ regexp: named(on, fc.constantFrom("s.a", "(sea|open).*", "[0-9]+", "[^s].*")) }),
    fc.record({ fuzzy: named(on, words) }),
    fc.record({
      range: named(
        on,
        fc.oneof(
          bounds(fc.constantFrom(-5, 0, 5, 3000)),
          bounds(fc.constantFrom("0", "sea", "日")),
          bounds(fc.constantFrom("2024", "2024-03-31||/d", "2023-01-01||+1y")),
        ),
      ),
    }),
    fc.record({ exists: fc.record({ field: on }) }),
  );

const query = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: leaf(field) },
    fc.record({
      multi_match: fc.record(
        {
          query: scalar,
          fields: fc.constantFrom(["*"], ["a", "b^2"]),
          type: fc.constantFrom("best_fields", "most_fields", "cross_fields", "phrase", "bool_prefix"),
        },
        { requiredKeys: ["query"] },
      ),
    }),
    fc.record({
      query_string: fc.record({
        query: fc.constantFrom("sea", "a:sea OR b:5", "+open -sea", "a:[0 TO 9]", '"open sea"~2'),
      }),
    }),
    fc.record({ nested: fc.record({ path: fc.constant("items"), query: leaf(itemField) }) }),
    fc.record({
      geo_distance: fc.record({
        distance: fc.constantFrom("100km", "1km"),
        a: fc.constantFrom<Json>([20, 10], "0,-180"),
      }),
    }),
    fc.record({ constant_score: fc.record({ filter: tie("any") }) }),
    fc.record({ dis_max: fc.record({ queries: fc.array(tie("any"), { minLength: 1, maxLength: 2 }) }) }),
    fc.record({
      bool: fc.record(
        {
          must: fc.array(tie("any"), { maxLength: 2 }),
          should: fc.array(tie("any"), { maxLength: 3 }),
          filter: tie("any"),
          must_not: tie("any"),
          minimum_should_match: fc.nat(3),
        },
        { requiredKeys: [] },
      ),
    }),
  ),
})).any;

const order = fc.constantFrom("asc", "desc");
const sort = fc.array(
  named(field, fc.record({ order, missing: fc.constantFrom("_first", "_last"), mode: fc.constantFrom("min", "max") })),
  { minLength: 1, maxLength: 2 },
);

const source = fc
  .tuple(
    fc.constantFrom("one", "two"),
    fc.oneof(
      fc.record({
        terms: fc.record({ field: fc.constantFrom("a", "b", "items.n"), order, missing_bucket: fc.boolean() }),
      }),
      fc.record({
        histogram: fc.record({ field: fc.constantFrom("a", "items.n"), interval: fc.constantFrom(2, 0.5), order }),
      }),
    ),
  )
  .map(([name, spec]) => ({ [name]: spec }));

const metric = (on: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom("min", "max", "avg", "sum", "stats", "value_count", "cardinality", "percentiles"), on)
    .map(([kind, name]) => ({ [kind]: { field: name } }));
const zone = fc.constantFrom("UTC", "Europe/Rome", "America/Sao_Paulo", "+05:30");

const buckets = (on: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({
      terms: fc.record(
        {
          field: on,
          size: fc.constantFrom(1, 3, 100),
          missing: fc.constantFrom<Json>("none", "sea", 5),
          order: fc.constantFrom({ _key: "asc" }, { _key: "desc" }, { _count: "asc" }),
          exclude: fc.constantFrom<Json>("s.*", ["sea", 5]),
          min_doc_count: fc.constantFrom(1, 2),
        },
        { requiredKeys: ["field", "size"] },
      ),
    }),
    fc.record({
      range: fc.record({ field: on, ranges: fc.constant([{ to: 1 }, { from: 1, to: 6 }, { from: 5, key: "five" }]) }),
    }),
    fc.record({
      histogram: fc.record({
        field: on,
        interval: fc.constantFrom(2, 0.5),
        min_doc_count: fc.constant(1),
        offset: fc.constantFrom(0, 0.25),
      }),
    }),
    fc.record({
      date_histogram: fc.oneof(
        fc.record({
          field: on,
          calendar_interval: fc.constantFrom("hour", "day", "week", "month", "quarter", "year"),
          time_zone: zone,
          min_doc_count: fc.constant(1),
        }),
        fc.record({
          field: on,
          fixed_interval: fc.constantFrom("12h", "7d"),
          offset: fc.constantFrom("+1h", "-30m"),
          time_zone: zone,
          min_doc_count: fc.constant(1),
        }),
      ),
    }),
    fc.record({ filter: leaf(on) }),
    fc.record({ missing: fc.record({ field: on }) }),
  );

const inItems = fc.record({
  nested: fc.constant({ path: "items" }),
  aggs: fc.record({ in: buckets(itemField), sum: metric(itemField) }),
});
const aggregation: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: metric(field) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(buckets(field), metric(field), fc.oneof(buckets(field), inItems))
      .map(([outer, below, inner]) => ({ ...outer, aggs: { below, inner } })),
  },
  inItems,
  fc.record({
    composite: fc.record({
      size: fc.constantFrom(2, 50),
      sources: fc.uniqueArray(source, { minLength: 1, maxLength: 2, selector: (one) => Object.keys(one)[0] }),
    }),
  }),
  fc.record({ top_hits: fc.record({ size: fc.constantFrom(1, 3), sort }) }),
);

/** Searches of {@link randomRecords} that do not depend on scores. */
export const randomBodies = fc.record(
  {
    query,
    post_filter: leaf(field),
    sort,
    size: fc.constant(100),
    collapse: fc.record({ field: fc.constantFrom("a", "b.keyword") }),
    aggs: fc.dictionary(fc.constantFrom("x", "y"), aggregation, { maxKeys: 2 }),
  },
  { requiredKeys: ["query", "sort", "size"] },
) as fc.Arbitrary<Json>;
