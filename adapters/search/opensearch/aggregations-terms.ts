import { RE2JS } from "re2js";
import type { Aggregation, BucketOrder, MetricPath, TermsFilter, TermsKind } from "../../../core/search/aggregation.ts";
import { type Bucket, formatTerms } from "../../../core/search/aggregation-results.ts";
import { orderBuckets } from "../../../core/search/order-buckets.ts";
import { escapePattern } from "../../../core/search/pattern-source.ts";
import { searchIssue } from "../../../core/search/read-body.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import {
  type AggregationScope,
  bucketsOf,
  hasValue,
  onDocuments,
  onValues,
  partOf,
  readBucket,
  type Translation,
  type Translations,
  VALUES_PATH,
} from "./aggregation-parts.ts";
import { toLuceneRegexp } from "./query.ts";

/** Maximum length of a regular expression (`index.max_regex_length`). */
const MAX_PATTERN_UNITS = 1000;

/** Buckets that shards return at least where counts depend on more than `size`. */
const MIN_SHARD_BUCKETS = 1000;

/**
 * Translates `terms`. Documents without a value are counted with those that have the value `missing`, beside the others.
 * @param inner the translations of `aggs`
 */
export const translateTerms = (
  kind: TermsKind,
  aggs: readonly Aggregation[],
  inner: Translations,
  scope: AggregationScope,
): Translation => {
  const { paths, size, missing, minDocCount } = kind;
  const terms = {
    field: `${scope.level}leaf.v`,
    size,
    // A shard counts rare values among the others, unless it returns them.
    ...((scope.isSpread || minDocCount > 1) && { shard_size: Math.max(size, MIN_SHARD_BUCKETS) }),
    min_doc_count: minDocCount,
    order: kind.order.map((order) => toOrder(order, aggs, kind.paths.length > 1)),
    ...toTermsFilters(kind),
  };
  const values = onValues(scope, paths, { values: { terms, aggs: onDocuments(scope, inner) } });
  const withMissing = missing !== undefined && isWanted(kind, missing);
  const absent = { bool: { must_not: [hasValue(scope, paths)] } };
  const filter: JsonObject = withMissing ? { bool: { should: [absent, hasValue(scope, paths, missing)] } } : {};
  return {
    body: withMissing
      ? { filter: { match_all: {} }, aggs: { values, missing: { filter, aggs: inner.bodies } } }
      : values,
    read: (answer) => {
      const found = partOf(withMissing ? partOf(answer, "values") : answer, "at", "values");
      let others = Number(found?.sum_other_doc_count ?? 0);
      let buckets: Bucket<string>[] = bucketsOf(found).map((bucket) => ({
        key: String(bucket.key),
        ...readBucket(partOf(bucket, "docs"), inner.read),
      }));
      const added = withMissing ? readBucket(partOf(answer, "missing"), inner.read) : undefined;
      if (added !== undefined && added.docCount >= minDocCount && missing !== undefined) {
        buckets = orderBuckets([...buckets, { key: missing, ...added }], kind.order, compareTexts);
        for (const { docCount } of buckets.splice(size)) others += docCount;
      }
      return {
        ...formatTerms(buckets, others),
        doc_count_error_upper_bound: Number(found?.doc_count_error_upper_bound ?? 0),
      };
    },
  };
};

/** @param isAmbiguous whether a value can be at several paths of a document, which counts once */
const toOrder = ({ by, order }: BucketOrder, aggs: readonly Aggregation[], isAmbiguous: boolean): JsonObject => {
  if (by === "count") return { [isAmbiguous ? "docs" : "_count"]: order };
  return { [by === "key" ? "_key" : toOrderPath(by, aggs)]: order };
};

const toOrderPath = ({ names, property }: MetricPath, aggs: readonly Aggregation[]): string => {
  const parts = ["docs"];
  let siblings = aggs;
  for (const name of names) {
    const index = siblings.findIndex((one) => one.name === name);
    const { of, aggs: children } = siblings[index] as Aggregation;
    parts.push(String(index));
    siblings = children;
    switch (of.is) {
      case "filter":
      case "missing":
        break;
      case "nested":
        parts.push("at");
        break;
      case "percentiles":
        parts.push(`${VALUES_PATH}[${property}]`);
        break;
      case "stats":
        parts.push(`${VALUES_PATH}.${property}`);
        break;
      case "valueCount":
      case "cardinality":
        parts.push(VALUES_PATH);
        break;
      default:
        parts.push(`${VALUES_PATH}.${of.is}`);
    }
  }
  return parts.join(">");
};

const isWanted = ({ include, exclude }: TermsKind, value: string): boolean =>
  (include === undefined || matches(include, value)) && (exclude === undefined || !matches(exclude, value));

const matches = (filter: TermsFilter, value: string): boolean =>
  "anyOf" in filter
    ? filter.anyOf.includes(value)
    : value.startsWith("s") && RE2JS.compile(filter.pattern, RE2JS.DOTALL).matches(value.slice(1));

/** OpenSearch refuses to include by a list and exclude by a pattern, or the reverse. */
const toTermsFilters = (kind: TermsKind): JsonObject => {
  const { include, missing } = kind;
  if (include !== undefined && "anyOf" in include)
    return { include: include.anyOf.filter((value) => value !== missing && isWanted(kind, value)) };
  const { exclude } = kind;
  if (include === undefined && (exclude === undefined || "anyOf" in exclude)) {
    const excluded = [...(exclude?.anyOf ?? []), ...(missing === undefined ? [] : [missing])];
    return excluded.length === 0 ? {} : { exclude: excluded };
  }
  const excluded = [
    ...(exclude === undefined ? [] : [toPattern(exclude)]),
    ...(missing === undefined ? [] : [escapePattern(missing)]),
  ];
  return {
    ...(include && { include: checkLength(toPattern(include)) }),
    ...(excluded.length > 0 && { exclude: checkLength(excluded.join("|")) }),
  };
};

const checkLength = (pattern: string): string => {
  if (pattern.length > MAX_PATTERN_UNITS)
    throw searchIssue(
      "aggs",
      `The include, exclude and missing of terms make a regular expression of more than ${MAX_PATTERN_UNITS} characters. Use shorter ones in aggs, or only lists.`,
    );
  return pattern;
};

const toPattern = (filter: TermsFilter): string =>
  "anyOf" in filter ? filter.anyOf.map(escapePattern).join("|") : `s(${toLuceneRegexp(filter.pattern)})`;
