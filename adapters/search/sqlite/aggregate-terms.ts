import { RE2JS } from "re2js";
import type { Aggregation, AggregationResult, TermsFilter, TermsKind } from "../../../core/search/aggregation.ts";
import { formatTerms } from "../../../core/search/aggregation-results.ts";
import { orderBuckets } from "../../../core/search/order-buckets.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import type { AggregationRun, DocGroup } from "./aggregate.ts";
import { BucketDocs, isDate } from "./aggregate-values.ts";
import { selectTop } from "./select-top.ts";
import { TermNumbers } from "./term-numbers.ts";

/** Computes `terms`. First counts all values, then collects the documents of those that are needed. */
export const aggregateTerms = (
  kind: TermsKind,
  aggs: readonly Aggregation[],
  groups: readonly DocGroup[],
  run: AggregationRun,
): AggregationResult => {
  const terms = new TermNumbers(groups, kind.paths, kind.missing);
  const isWanted = createTermsFilter(kind);
  const found: Term[] = [];
  let all = 0;
  countTerms(terms, groups, (n, count) => {
    if (count < kind.minDocCount || !isWanted(terms.text(n))) return;
    found.push({ n, count });
    all += count;
  });

  const byMetric = kind.order.some(({ by }) => typeof by !== "string");
  const selected = byMetric ? found : selectTerms(found, kind, terms);
  if (!byMetric) run.chargeBuckets(selected.length);
  const docs = aggs.length === 0 ? undefined : collectTerms(terms, groups, selected);
  const buckets = selected.map(({ n, count }, bucket) => ({
    key: terms.text(n),
    docCount: count,
    aggs: docs === undefined ? {} : run.aggregate(aggs, docs.groupsOf(bucket)),
  }));
  const ordered = byMetric ? orderBuckets(buckets, kind.order, compareTexts).slice(0, kind.size) : buckets;
  if (byMetric) run.chargeBuckets(ordered.length);
  return formatTerms(ordered, all - ordered.reduce((sum, { docCount }) => sum + docCount, 0));
};

interface Term {
  readonly n: number;
  /** Number of documents. */
  readonly count: number;
}

/** Calls `visit` with each value that a document has. */
const countTerms = (
  terms: TermNumbers,
  groups: readonly DocGroup[],
  visit: (n: number, count: number) => void,
): void => {
  const docCount = groups.reduce((sum, { docs }) => sum + docs.length, 0);
  // An array is quicker, unless most of it stays empty.
  if (docCount * 4 < terms.limit) {
    const counts = new Map<number, number>();
    terms.visit(groups, (n) => counts.set(n, (counts.get(n) ?? 0) + 1));
    for (const [n, count] of counts) visit(n, count);
    return;
  }
  const counts = new Int32Array(terms.limit);
  terms.visit(groups, (n) => {
    counts[n] = (counts[n] as number) + 1;
  });
  for (let n = 0; n < counts.length; n++) if (counts[n] !== 0) visit(n, counts[n] as number);
};

/** The values of the answer, in its order. */
const selectTerms = (found: readonly Term[], { order, size }: TermsKind, terms: TermNumbers): Term[] => {
  const [{ by, order: direction } = { by: "count", order: "desc" }, second] = order;
  const sign = direction === "asc" ? 1 : -1;
  const keySign = (by === "key" ? direction : second?.order) === "desc" ? -1 : 1;
  const compare = (a: Term, b: Term): number =>
    (by === "count" ? sign * (a.count - b.count) : 0) || keySign * compareTexts(terms.text(a.n), terms.text(b.n));
  return selectTop(found.length, size, (a, b) => compare(found[a] as Term, found[b] as Term)).map(
    (at) => found[at] as Term,
  );
};

const collectTerms = (terms: TermNumbers, groups: readonly DocGroup[], selected: readonly Term[]): BucketDocs => {
  const docs = new BucketDocs(groups);
  const buckets = new Map(selected.map(({ n }, bucket) => [n, bucket]));
  terms.visit(groups, (n, group, doc) => {
    const bucket = buckets.get(n);
    if (bucket !== undefined) docs.add(bucket, group, doc);
  });
  return docs;
};

const createTermsFilter = ({ include, exclude }: TermsKind): ((text: string) => boolean) => {
  const [isIncluded, isExcluded] = [include && createMatcher(include), exclude && createMatcher(exclude)];
  return (text) => !isDate(text) && (isIncluded?.(text) ?? true) && !(isExcluded?.(text) ?? false);
};

const createMatcher = (filter: TermsFilter): ((text: string) => boolean) => {
  if ("anyOf" in filter) {
    const values = new Set(filter.anyOf);
    return (text) => values.has(text);
  }
  const pattern = RE2JS.compile(filter.pattern, RE2JS.DOTALL);
  return (text) => text.startsWith("s") && pattern.matches(text.slice(1));
};
