import type { Json, JsonObject } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import type { Completion } from "./complete-texts.ts";
import type { Explanation } from "./explain-hits.ts";
import type { Highlighter } from "./highlight/highlighter.ts";
import type { HitDocument } from "./hit-documents.ts";
import type { SearchRequest } from "./request.ts";
import type { SearchTarget } from "./search-target.ts";
import { documentKey, type SearchOutcome } from "./search-targets.ts";
import { applySourceFilter, type SourceFilter } from "./source-filter.ts";
import type { Suggester } from "./suggest.ts";
import { replaceTopHits, type TopHit } from "./top-hits.ts";
import type { ShownHit } from "./visible-hits.ts";

/** Maximum size of the documents of an answer, in UTF-16 units of their JSON. A response of Lambda has at most 6 MB. */
const MAX_DOCUMENT_UNITS = 5_000_000;

export interface FormatOptions {
  readonly request: SearchRequest;
  readonly targets: readonly SearchTarget[];
  /** Milliseconds. */
  readonly took: number;
  /** Marks what was found in each hit, if asked for. */
  readonly highlight?: Highlighter | undefined;
  /** The texts of each `completion` suggester, by its name. */
  readonly completions?: ReadonlyMap<string, readonly Completion[]>;
  /** Why the hits have their scores, by id, if asked for. */
  readonly explanations?: ReadonlyMap<string, Explanation> | undefined;
  /** Adds what tells hits of several collections apart: their type, if any, and the URI of the record. */
  readonly typeOf?: ((target: SearchTarget) => string) | undefined;
}

/**
 * Formats an outcome as the response of OpenSearch's search API, with the list timestamps that it reflects.
 * @throws Failure REQUEST_TOO_LARGE
 */
export const formatOutcome = (outcome: SearchOutcome, options: FormatOptions): JsonObject => {
  const { request, targets, took } = options;
  const source = limitedSource();
  return {
    took,
    timed_out: false,
    _shards: { total: targets.length, successful: targets.length, skipped: 0, failed: 0 },
    hits: {
      ...(request.countTotal !== false && { total: formatTotal(outcome, request.countTotal) }),
      max_score: outcome.maxScore,
      hits: outcome.hits.map((hit) => ({
        ...formatHit(hit, hit, request.source, options, source),
        ...formatHighlight(hit, options),
        ...formatExplanation(hit, options),
      })),
    },
    ...(request.aggregations.length > 0 && {
      aggregations: replaceTopHits(request.aggregations, outcome.aggregations, (hit) => {
        const found = outcome.documents.get(documentKey(hit));
        return found && formatHit(hit, found, hit.of.source, options, source);
      }),
    }),
    ...(request.suggest.length > 0 && {
      suggest: Object.fromEntries(
        request.suggest.map((suggester) => [suggester.name, formatSuggestions(suggester, outcome, options, source)]),
      ),
    }),
    reflects: formatReflects(outcome, options),
  };
};

/** `null` for a hit that was changed while it was explained. */
const formatExplanation = ({ id }: ShownHit, { explanations }: FormatOptions): JsonObject =>
  explanations === undefined
    ? {}
    : { _explanation: (explanations.get(id) as unknown as JsonObject | undefined) ?? null };

/** Hits in which nothing is marked have no `highlight`, as in OpenSearch. */
const formatHighlight = ({ document }: ShownHit, { highlight }: FormatOptions): JsonObject => {
  const marked = highlight?.(document) ?? {};
  return Object.keys(marked).length === 0 ? {} : { highlight: marked };
};

const formatSuggestions = (
  suggester: Suggester,
  { suggest }: SearchOutcome,
  options: FormatOptions,
  source: FormatSource,
): Json => {
  if (suggester.is === "completion") {
    const completions = options.completions?.get(suggester.name) ?? [];
    const found = completions.map(({ text, hit: { sort: _, ...hit } }) => ({
      text,
      ...formatHit(hit, hit, options.request.source, options, source),
    }));
    return [{ text: suggester.prefix, offset: 0, length: suggester.prefix.length, options: found }];
  }
  const found = Object.hasOwn(suggest, suggester.name) ? (suggest[suggester.name] ?? []) : [];
  return suggester.words.map(({ start, end }, index) => ({
    text: suggester.texts[index] ?? "",
    offset: start,
    length: end - start,
    options: (found[index] ?? []).map((word) => ({ ...word })),
  }));
};

/** A total above `track_total_hits` is only known to be at least that number. */
const formatTotal = ({ total, totalRelation }: SearchOutcome, limit: true | number): JsonObject =>
  limit === true || total <= limit ? { value: total, relation: totalRelation } : { value: limit, relation: "gte" };

type FormatSource = (document: JsonObject, filter: Exclude<SourceFilter, false>) => JsonObject;

const limitedSource = (): FormatSource => {
  let units = 0;
  return (document, filter) => {
    const shown = applySourceFilter(document, filter);
    units += JSON.stringify(shown).length;
    if (units > MAX_DOCUMENT_UNITS)
      throw new Failure("REQUEST_TOO_LARGE", {
        message: `The documents of the hits have more than ${MAX_DOCUMENT_UNITS} characters. Ask for fewer hits by size, or for parts of them by _source.`,
      });
    return shown;
  };
};

const formatHit = (
  hit: Omit<ShownHit, keyof HitDocument> | TopHit,
  { target, document }: HitDocument,
  filter: SourceFilter,
  { typeOf, request: { collapse } }: FormatOptions,
  source: FormatSource,
): JsonObject => ({
  _index: indexName(target),
  ...(typeOf && { _type: typeOf(target), _uri: `${target.records.uri}/${hit.id}` }),
  _id: hit.id,
  _score: hit.score,
  ...(filter !== false && { _source: source(document, filter) }),
  ...(collapse !== undefined &&
    "collapsed" in hit &&
    hit.collapsed !== undefined && { fields: { [collapse.paths.at(-1) ?? ""]: [hit.collapsed] } }),
  ...(hit.sort && { sort: [...hit.sort] }),
});

/** The `_index` of hits: `<bucket>-<collection>`. */
const indexName = ({ collection }: SearchTarget): string => `${collection.list.parent?.id}-${collection.id}`;

/** The list timestamps that an answer reflects, and by how many milliseconds they are behind the lists. */
const formatReflects = (
  { reflects, timestamps, isOutdated }: SearchOutcome,
  { targets, typeOf }: FormatOptions,
): JsonObject => {
  const outdated = isOutdated === true ? { outdated: true } : {};
  const lags = timestamps.map((timestamp, index) => Math.max(0, timestamp - (reflects[index] ?? timestamp)));
  const lag = Math.max(0, ...lags);
  const [only] = reflects;
  if (typeOf === undefined && only !== undefined) return { timestamp: String(only), lag, ...outdated };
  const collections = targets.map(({ collection }, index): [string, Json] => [
    collection.uri,
    String(reflects[index] ?? timestamps[index] ?? 0),
  ]);
  return { lag, collections: Object.fromEntries(collections), ...outdated };
};
