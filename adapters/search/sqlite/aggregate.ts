import {
  type Aggregation,
  type AggregationResult,
  MAX_BUCKETS,
  TooManyBucketsError,
  type TopHitsKind,
} from "../../../core/search/aggregation.ts";
import { type Bucket, formatBucket, formatFilters } from "../../../core/search/aggregation-results.ts";
import type { Clause } from "../../../core/search/clause.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { getOrCreate } from "../../../lib/util/get-or-create.ts";
import { aggregateComposite } from "./aggregate-composite.ts";
import { aggregateHistogram, aggregateRanges } from "./aggregate-intervals.ts";
import { aggregateMetric } from "./aggregate-metrics.ts";
import { aggregateTerms } from "./aggregate-terms.ts";
import { hasValue } from "./aggregate-values.ts";
import type { DocSet } from "./doc-set.ts";
import type { NestedSegment, Segment } from "./segment.ts";

/** Documents of one segment. */
export interface DocGroup {
  /** Position in the searched indexes. */
  readonly index: number;
  readonly segment: Segment;
  /** Each once, in any order. */
  readonly docs: ArrayLike<number>;
}

/** How the engine evaluates what aggregations share with queries. */
export interface AggregationEngine {
  readonly evaluate: (segment: Segment, clause: Clause) => DocSet;
  /** Returns `hits` in OpenSearch's shape: `total`, `max_score`, and hits of `index`, `id`, `score` and `sort`. */
  /** Throws when the search takes too long. */
  readonly checkTime: () => void;
  readonly findTopHits: (kind: TopHitsKind, groups: readonly DocGroup[]) => JsonObject;
}

export type AggregationResults = Readonly<Record<string, AggregationResult>>;

/**
 * Computes the aggregations of a search over the documents that match, exactly, also over several segments.
 * @throws TooManyBucketsError, and what `checkTime` throws
 */
export const aggregate = (
  aggregations: readonly Aggregation[],
  groups: readonly DocGroup[],
  engine: AggregationEngine,
): AggregationResults => new AggregationRun(engine).aggregate(aggregations, groups);

/** What the aggregations of one search share. */
export class AggregationRun {
  readonly #engine: AggregationEngine;
  readonly #filters = new Map<Clause, Map<Segment, DocSet>>();
  readonly #nested = new Map<Segment, Map<string, NestedSegment | undefined>>();
  #buckets = 0;

  constructor(engine: AggregationEngine) {
    this.#engine = engine;
  }

  aggregate(aggregations: readonly Aggregation[], groups: readonly DocGroup[]): AggregationResults {
    return Object.fromEntries(aggregations.map((one) => [one.name, this.#aggregateOne(one, groups)]));
  }

  /** Makes a bucket of documents, without a key. */
  bucketOf(aggs: readonly Aggregation[], groups: readonly DocGroup[]): Omit<Bucket<never>, "key"> {
    return { docCount: countDocs(groups), aggs: aggs.length === 0 ? {} : this.aggregate(aggs, groups) };
  }

  /** Throws when the search takes too long. To be called where an aggregation can take much longer than one pass. */
  checkTime(): void {
    this.#engine.checkTime();
  }

  /** Counts buckets of the answer. */
  chargeBuckets(count: number): void {
    this.#buckets += count;
    if (this.#buckets > MAX_BUCKETS) throw new TooManyBucketsError();
  }

  #aggregateOne({ of, aggs }: Aggregation, groups: readonly DocGroup[]): AggregationResult {
    this.checkTime();
    switch (of.is) {
      case "terms":
        return aggregateTerms(of, aggs, groups, this);
      case "range":
        return aggregateRanges(of, aggs, groups, this);
      case "histogram":
      case "dateHistogram":
        return aggregateHistogram(of, aggs, groups, this);
      case "composite":
        return aggregateComposite(of, aggs, groups, this);
      case "filter":
        return formatBucket(this.bucketOf(aggs, this.#filter(groups, [of.filter], true)));
      case "filters": {
        const clauses = of.filters.map(({ filter }) => filter);
        const parts = clauses.map((clause) => this.#filter(groups, [clause], true));
        if (of.otherKey !== undefined) parts.push(this.#filter(groups, clauses, false));
        this.chargeBuckets(parts.length);
        return formatFilters(
          of,
          parts.map((part) => this.bucketOf(aggs, part)),
        );
      }
      case "missing": {
        const lacksValue = (group: DocGroup) => (doc: number) => !hasValue(group.segment, of.paths, doc);
        return formatBucket(
          this.bucketOf(
            aggs,
            groups.map((group) => filterDocs(group, lacksValue(group))),
          ),
        );
      }
      case "nested":
        return formatBucket(
          this.bucketOf(
            aggs,
            groups.flatMap((group) => this.#openNested(group, of.path) ?? []),
          ),
        );
      case "topHits":
        this.chargeBuckets(Math.min(of.size, countDocs(groups)));
        return { hits: this.#engine.findTopHits(of, groups) };
      default:
        return aggregateMetric(of, groups);
    }
  }

  /** The documents that match any of the clauses, or none of them. */
  #filter(groups: readonly DocGroup[], clauses: readonly Clause[], isWanted: boolean): DocGroup[] {
    return groups.map((group) => {
      const sets = clauses.map((clause) => this.#evaluate(group.segment, clause));
      return filterDocs(group, (doc) => sets.some((set) => set.has(doc)) === isWanted);
    });
  }

  #evaluate(segment: Segment, clause: Clause): DocSet {
    const bySegment = getOrCreate(this.#filters, clause, () => new Map<Segment, DocSet>());
    return getOrCreate(bySegment, segment, () => this.#engine.evaluate(segment, clause));
  }

  #openNested({ index, segment, docs }: DocGroup, path: string): DocGroup | undefined {
    const byPath = getOrCreate(this.#nested, segment, () => new Map<string, NestedSegment | undefined>());
    const nested = getOrCreate(byPath, path, () => segment.nested(path));
    if (nested === undefined) return undefined;
    const parents = new Uint8Array(segment.size);
    for (let at = 0; at < docs.length; at++) parents[docs[at] as number] = 1;
    const items = toArray(nested.items.docs).filter((item) => parents[nested.parentOf(item)] === 1);
    return { index, segment: nested.items, docs: items };
  }
}

const countDocs = (groups: readonly DocGroup[]): number => groups.reduce((sum, { docs }) => sum + docs.length, 0);

/** The numbers of a set, as documents of a group. */
export const toArray = (docs: DocSet): Int32Array => {
  const array = new Int32Array(docs.count());
  let at = 0;
  docs.forEach((doc) => {
    array[at++] = doc;
  });
  return array;
};

const filterDocs = (group: DocGroup, isKept: (doc: number) => boolean): DocGroup => {
  const kept: number[] = [];
  for (let at = 0; at < group.docs.length; at++) {
    const doc = group.docs[at] as number;
    if (isKept(doc)) kept.push(doc);
  }
  return { ...group, docs: kept };
};
