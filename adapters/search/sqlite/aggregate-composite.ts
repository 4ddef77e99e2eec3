import type {
  Aggregation,
  AggregationResult,
  CompositeKind,
  CompositeSource,
} from "../../../core/search/aggregation.ts";
import { formatComposite } from "../../../core/search/aggregation-results.ts";
import { compareCompositeKeys } from "../../../core/search/composite-keys.ts";
import { encodeValue } from "../../../core/search/values.ts";
import { getOrCreate } from "../../../lib/util/get-or-create.ts";
import type { AggregationRun, DocGroup } from "./aggregate.ts";
import { createRound } from "./aggregate-intervals.ts";
import { BucketDocs, columnsOf, isDate } from "./aggregate-values.ts";

type Key = readonly (string | null)[];

interface Combination {
  readonly key: Key;
  readonly bucket: number;
}

/** Combinations that are kept beyond the size of the page, before those that come after the page are removed. */
const MAX_EXTRA_COMBINATIONS = 10_000;

/** Combinations between two looks at the time. */
const COMBINATIONS_PER_CHECK = 10_000;

/** Computes `composite`: the first combinations after `after`, in their order. */
export const aggregateComposite = (
  kind: CompositeKind,
  aggs: readonly Aggregation[],
  groups: readonly DocGroup[],
  run: AggregationRun,
): AggregationResult => {
  const { sources, size, after } = kind;
  const compare = (a: Combination, b: Combination) => compareCompositeKeys(sources, a.key, b.key);
  const docs = new BucketDocs(groups);
  let found = new Map<string, Combination>();
  let [bucketCount, visited] = [0, 0];
  let last: Key | undefined;
  for (const [index, group] of groups.entries()) {
    const readers = sources.map((source) => createKeyReader(source, group));
    for (let at = 0; at < group.docs.length; at++) {
      const doc = group.docs[at] as number;
      visitCombinations(
        readers.map((read) => read(doc)),
        (key) => {
          if (++visited % COMBINATIONS_PER_CHECK === 0) run.checkTime();
          if (after !== undefined && compareCompositeKeys(sources, key, after) <= 0) return;
          if (last !== undefined && compareCompositeKeys(sources, key, last) > 0) return;
          const text = key.map((value) => value ?? "").join("\0");
          const { bucket } = getOrCreate(found, text, () => ({ key, bucket: bucketCount++ }));
          docs.add(bucket, index, doc);
        },
      );
      if (found.size < size + MAX_EXTRA_COMBINATIONS) continue;
      const sorted = [...found].sort(([, a], [, b]) => compare(a, b));
      for (const [, { bucket }] of sorted.splice(size)) docs.clear(bucket);
      last = sorted.at(-1)?.[1].key;
      found = new Map(sorted);
    }
  }
  const page = [...found.values()].sort(compare).slice(0, size);
  run.chargeBuckets(page.length);
  return formatComposite(
    kind,
    page.map(({ key, bucket }) => ({ key, ...run.bucketOf(aggs, docs.groupsOf(bucket)) })),
  );
};

/** Calls `visit` with each combination of one value of each list. */
const visitCombinations = (lists: readonly (readonly (string | null)[])[], visit: (key: Key) => void): void => {
  const key: (string | null)[] = [];
  const visitFrom = (at: number): void => {
    const values = lists[at];
    if (values === undefined) {
      visit([...key]);
      return;
    }
    for (const value of values) {
      key[at] = value;
      visitFrom(at + 1);
    }
  };
  visitFrom(0);
};

/** Reads the keys of a document for a source, each once. */
const createKeyReader = (
  { paths, missingBucket, by }: CompositeSource,
  { segment }: DocGroup,
): ((doc: number) => (string | null)[]) => {
  const columns = columnsOf(segment, paths);
  const round = by.is === "terms" ? undefined : createRound(by.is === "histogram" ? { ...by, offset: 0 } : by);
  return (doc) => {
    const keys = new Set<string>();
    for (const column of columns) {
      const values = column.valuesOf(doc);
      for (let i = 0; i < values.length; i++) {
        const n = values[i] as number;
        if (round === undefined) {
          const text = column.value(n);
          if (!isDate(text)) keys.add(text);
        } else {
          const number = column.numbers()[n] as number;
          const key = Number.isNaN(number) ? undefined : round(number);
          if (key !== undefined) keys.add(encodeValue(key));
        }
      }
    }
    return keys.size === 0 && missingBucket ? [null] : [...keys];
  };
};
