import type { AggregationResult, CompositeKind, CompositeSource } from "../../../core/search/aggregation.ts";
import { type Bucket, formatComposite } from "../../../core/search/aggregation-results.ts";
import { createIntervals } from "../../../core/search/order-buckets.ts";
import { searchIssue } from "../../../core/search/read-body.ts";
import { decodeToNumber, encodeValue, LAST_CHARACTER } from "../../../core/search/values.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { splitIntoBatches } from "../../../lib/util/split-into-batches.ts";
import {
  type AggregationScope,
  bucketsOf,
  hasValue,
  onDocuments,
  partOf,
  readBucket,
  type Translations,
  toDateInterval,
} from "./aggregation-parts.ts";

type Key = string | null;
type Found = Bucket<readonly Key[]>;

/** Combinations of values of the first sources, whose buckets are wanted. */
interface Prefix {
  readonly keys: readonly Key[];
  /** The rest of the last combination of the previous page, if its first values are these. */
  readonly after: readonly Key[] | undefined;
}

/** Combinations of the first sources that one request looks at. */
const PREFIXES_PER_REQUEST = { maxItems: 16, maxBytes: Number.POSITIVE_INFINITY };
/** Values of a source that one request finds for the next one. */
const VALUES_PER_REQUEST = 16;
const MAX_REQUESTS = 200;

const TOO_SCATTERED =
  "A composite aggregation takes too many requests. Use a smaller size, or put a source with fewer values first in aggs.";

/**
 * Computes `composite`. The values of different fields are in different nested documents, which OpenSearch does not
 * combine. So it finds the values of the first source, then those of the next one among the documents that have them.
 * @param search computes aggregations over the documents that match the query
 * @throws Failure INVALID_PARAMETERS when it takes too many requests
 */
export const computeComposite = async (
  kind: CompositeKind,
  inner: Translations,
  scope: AggregationScope,
  search: (aggs: JsonObject) => Promise<JsonObject | undefined>,
): Promise<AggregationResult> => {
  const { sources, size } = kind;
  let requests = 0;

  /** The next buckets of each prefix by the values of its next source. */
  const findPages = async (prefixes: readonly Prefix[], limit: number): Promise<Found[][]> => {
    if (++requests > MAX_REQUESTS) throw searchIssue("aggs", TOO_SCATTERED);
    const source = sources[prefixes[0]?.keys.length ?? 0] as CompositeSource;
    const pages = prefixes.map(({ keys, after }) => ({
      keys,
      page: toPage(source, after?.[0], limit, scope, inner),
      filter: { bool: { filter: keys.map((key, n) => toKeyQuery(sources[n] as CompositeSource, key, scope)) } },
    }));
    const answers = await search(
      Object.fromEntries(pages.map(({ filter, page }, n) => [String(n), { filter, aggs: page.bodies }])),
    );
    return pages.map(({ keys, page }, n) =>
      page.read(partOf(answers, String(n))).map(({ key, ...bucket }) => ({ ...bucket, key: [...keys, key] })),
    );
  };

  const find = async (prefixes: readonly Prefix[], wanted: number): Promise<Found[]> => {
    const found: Found[] = [];
    const isLast = prefixes[0]?.keys.length === sources.length - 1;
    if (isLast) {
      for (const batch of splitIntoBatches(prefixes, () => 0, PREFIXES_PER_REQUEST)) {
        found.push(...(await findPages(batch, wanted)).flat());
        if (found.length >= wanted) break;
      }
      return found.slice(0, wanted);
    }
    for (const prefix of prefixes) {
      let { after } = prefix;
      // The first values of the previous page's last combination can have more combinations.
      if (after !== undefined) {
        const [first, ...rest] = after;
        found.push(...(await find([{ keys: [...prefix.keys, first ?? null], after: rest }], wanted - found.length)));
      }
      let isComplete = false;
      while (found.length < wanted && !isComplete) {
        const [page = []] = await findPages([{ keys: prefix.keys, after }], VALUES_PER_REQUEST);
        if (page.length > 0)
          found.push(
            ...(await find(
              page.map(({ key }) => ({ keys: key, after: undefined })),
              wanted - found.length,
            )),
          );
        isComplete = page.length < VALUES_PER_REQUEST;
        after = page.at(-1)?.key.slice(-1);
      }
      if (found.length >= wanted) break;
    }
    return found;
  };

  return formatComposite(kind, await find([{ keys: [], after: kind.after }], size));
};

/** Finds the buckets after a value of a source, in its order. */
const toPage = (
  source: CompositeSource,
  after: Key | undefined,
  size: number,
  scope: AggregationScope,
  inner: Translations,
) => {
  const { order, missingBucket, paths } = source;
  const hasMissing = missingBucket && (order === "asc" ? after === undefined : after !== null);
  const isOver = order === "desc" && after === null;
  const pages = paths.map((path) => toPathPage(source, path, after, isOver ? 1 : size, scope, inner));
  const missing = { filter: { bool: { must_not: [toValueQuery(source, scope)] } }, aggs: inner.bodies };
  return {
    bodies: {
      ...Object.fromEntries(pages.map((page, n) => [`page${n}`, page])),
      ...(hasMissing && { missing }),
    } as JsonObject,
    read: (answer: JsonObject | undefined): Bucket<Key>[] => {
      const values = isOver
        ? []
        : paths.flatMap((path, n) => readPathPage(source, path, partOf(answer, `page${n}`), inner));
      const absent = readBucket(partOf(answer, "missing"), inner.read);
      const nothing = absent.docCount > 0 ? [{ key: null, ...absent }] : [];
      return (order === "asc" ? [...nothing, ...values] : [...values, ...nothing]).slice(0, size);
    },
  };
};

/** OpenSearch pages over the paths and values of all fields. The page starts at the path of the field. */
const toPathPage = (
  { by, order }: CompositeSource,
  path: string,
  after: Key | undefined,
  size: number,
  scope: AggregationScope,
  inner: Translations,
): JsonObject => {
  const leaf = `${scope.level}leaf`;
  // Dates are integers, and numbers may be any doubles.
  const greatest = by.is === "histogram" ? Number.MAX_VALUE : Number.MAX_SAFE_INTEGER;
  const start = order === "asc" ? -greatest : greatest;
  const value: JsonObject =
    by.is === "terms"
      ? { terms: { field: `${leaf}.v`, order } }
      : by.is === "histogram"
        ? { histogram: { field: `${leaf}.n`, interval: by.interval, order } }
        : { date_histogram: { field: `${leaf}.i`, ...toDateInterval(by), order } };
  const first = by.is === "terms" ? (order === "asc" ? "" : LAST_CHARACTER) : start;
  const afterValue = after === undefined || after === null ? first : by.is === "terms" ? after : decodeToNumber(after);
  return {
    nested: { path: leaf },
    aggs: {
      page: {
        composite: {
          size,
          sources: [{ p: { terms: { field: `${leaf}.p` } } }, { v: value }],
          after: { p: path, v: afterValue },
        },
        aggs: onDocuments(scope, inner),
      },
    },
  };
};

const readPathPage = (
  { by }: CompositeSource,
  path: string,
  answer: JsonObject | undefined,
  inner: Translations,
): Bucket<Key>[] =>
  bucketsOf(partOf(answer, "page")).flatMap((bucket) => {
    const key = partOf(bucket, "key");
    if (key?.p !== path) return [];
    const value = by.is === "terms" ? String(key.v) : encodeValue(Number(key.v));
    return [{ key: value, ...readBucket(partOf(bucket, "docs"), inner.read) }];
  });

/** The documents that have a value for a source. */
const toValueQuery = ({ by, paths }: CompositeSource, scope: AggregationScope): JsonObject =>
  by.is === "terms"
    ? hasValue(scope, paths)
    : hasNumber(scope, paths, { exists: { field: `${scope.level}leaf.${by.is === "histogram" ? "n" : "i"}` } });

/** The documents that have a key of a source. */
const toKeyQuery = (source: CompositeSource, key: Key, scope: AggregationScope): JsonObject => {
  const { by, paths } = source;
  if (key === null) return { bool: { must_not: [toValueQuery(source, scope)] } };
  if (by.is === "terms") return hasValue(scope, paths, key);
  const start = decodeToNumber(key);
  const next = createIntervals(by.is === "histogram" ? { ...by, offset: 0 } : by).next(start);
  // Beyond 2^53 an interval may be less than the distance of two doubles.
  const end = next > start ? { lt: next } : { lte: start };
  return hasNumber(scope, paths, { range: { [`${scope.level}leaf.n`]: { gte: start, ...end } } });
};

const hasNumber = ({ level }: AggregationScope, paths: readonly string[], query: JsonObject): JsonObject => ({
  nested: { path: `${level}leaf`, query: { bool: { filter: [{ terms: { [`${level}leaf.p`]: [...paths] } }, query] } } },
});
