import type { Json, JsonObject } from "../../lib/json.ts";
import type { AggregationKind, CompositeSource } from "./aggregation.ts";
import { encodeAfterKey } from "./composite-keys.ts";
import type { AggregationContext } from "./parse-aggregations.ts";
import { readDateStyle } from "./parse-aggregations-dates.ts";
import { readDateInterval, readInterval, readOffset } from "./parse-aggregations-histogram.ts";
import { readFieldPaths } from "./parse-aggregations-options.ts";
import { readSize } from "./parse-aggregations-terms.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readChoice,
  readList,
  readObject,
  readScalar,
  readSingleEntry,
  searchIssue,
  unsupportedName,
} from "./read-body.ts";

const MAX_SOURCES = 16;
const KEYS = ["field", "order", "missing_bucket"];

/** `{"composite": {"sources": [{"lang": {"terms": {"field": "lang"}}}], "size": 100, "after": {"lang": "en"}}}` */
export const parseComposite = (spec: Json, path: string, _: AggregationContext): AggregationKind => {
  const options = readObject(spec, path, ["sources", "size", "after"]);
  const sourcesPath = joinPath(path, "sources");
  const sources = readList(getOwn(options, "sources"), sourcesPath, MAX_SOURCES).map((source, index) =>
    readSource(source, joinPath(sourcesPath, index)),
  );
  if (sources.length === 0) throw searchIssue(sourcesPath, "must have at least one source");
  if (new Set(sources.map(({ name }) => name)).size < sources.length)
    throw searchIssue(sourcesPath, "must have different names");
  return {
    is: "composite",
    sources,
    size: readSize(options, path),
    after: readAfter(getOwn(options, "after"), joinPath(path, "after"), sources),
  };
};

const readSource = (value: Json, path: string): CompositeSource => {
  const [name, source, namedPath] = readSingleEntry(
    value,
    path,
    `a name with a source such as {"terms": {"field": "lang"}}`,
  );
  const [kind, spec, kindPath] = readSingleEntry(source, namedPath, `a source such as {"terms": {"field": "lang"}}`);
  const read = SOURCES.get(kind);
  if (read === undefined) throw unsupportedName(namedPath, kind, [...SOURCES.keys()]);
  const { keys, readBy } = read;
  const options = readObject(spec, kindPath, [...KEYS, ...keys]);
  return {
    name,
    paths: readFieldPaths(options, kindPath),
    order: readChoice(getOwn(options, "order"), joinPath(kindPath, "order"), ["asc", "desc"]),
    missingBucket: readBoolean(getOwn(options, "missing_bucket"), joinPath(kindPath, "missing_bucket"), false),
    by: readBy(options, kindPath),
  };
};

interface SourceReader {
  readonly keys: readonly string[];
  readonly readBy: (options: JsonObject, path: string) => CompositeSource["by"];
}

const SOURCES: ReadonlyMap<string, SourceReader> = new Map<string, SourceReader>([
  ["terms", { keys: [], readBy: () => ({ is: "terms" }) }],
  [
    "histogram",
    {
      keys: ["interval"],
      readBy: (options, path) => ({
        is: "histogram",
        interval: readInterval(getOwn(options, "interval"), joinPath(path, "interval")),
      }),
    },
  ],
  [
    "date_histogram",
    {
      keys: ["calendar_interval", "fixed_interval", "time_zone", "format", "offset"],
      readBy: (options, path) => ({
        is: "dateHistogram",
        interval: readDateInterval(options, path),
        offsetMs: readOffset(options, path),
        dates: readDateStyle(options, path),
      }),
    },
  ],
]);

/** `after` is the `after_key` of the previous page. */
const readAfter = (
  value: Json | undefined,
  path: string,
  sources: readonly CompositeSource[],
): readonly (string | null)[] | undefined => {
  if (value === undefined) return undefined;
  const names = sources.map(({ name }) => name);
  const after = readObject(value, path, names);
  return sources.map((source) => {
    const keyPath = joinPath(path, source.name);
    const key = getOwn(after, source.name);
    if (key === undefined) throw searchIssue(keyPath, "is missing. Use the after_key of the previous page");
    if (key === null) {
      if (source.missingBucket) return null;
      throw searchIssue(keyPath, "must not be null without missing_bucket");
    }
    const encoded = encodeAfterKey(source, readScalar(key, keyPath));
    if (encoded === undefined) throw searchIssue(keyPath, "must be the value of an after_key");
    return encoded;
  });
};
