import type { SortKey, SortPosition } from "../../../core/search/parse-sort.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import type { Part } from "./naive-document.ts";

export interface RankedPart {
  readonly part: Part;
  readonly sort: readonly Json[];
}

type Key = string | undefined;

const keyOf = (part: Part, key: SortKey): Key => {
  if (key.by === "score") throw new TypeError("The reference has no scores.");
  return key.by === "id" ? part.id : bestValue(part, key.paths, key.mode);
};

const compareKeys = (sort: readonly SortKey[], a: readonly Key[], b: readonly Key[]): number => {
  for (const [n, key] of sort.entries()) {
    const [x, y] = [a[n], b[n]];
    if (x === y) continue;
    if (x === undefined || y === undefined) {
      const isFirst = key.by === "values" && key.missing === "first";
      return (x === undefined) === isFirst ? -1 : 1;
    }
    return (key.order === "asc" ? 1 : -1) * compareTexts(x, y);
  }
  return 0;
};

/** Sorts documents. Ties are in the order of ids. @param after only documents behind this position */
export const rankParts = (
  parts: readonly Part[],
  sort: readonly SortKey[],
  after?: readonly SortPosition[],
): RankedPart[] =>
  parts
    .map((part) => ({ part, keys: sort.map((key) => keyOf(part, key)) }))
    .filter(({ keys }) => after === undefined || compareKeys(sort, keys, after.map(toKey)) > 0)
    .toSorted((a, b) => compareKeys(sort, a.keys, b.keys) || compareTexts(a.part.id, b.part.id))
    .map(({ part, keys }) => ({
      part,
      sort: keys.map((key, n) => {
        if (key === undefined) return null;
        return sort[n]?.by === "id" ? key : (decodeValue(key) as Json);
      }),
    }));

const toKey = (position: SortPosition): Key => (position === null ? undefined : String(position));

/** The value that sorts compare. */
export const bestValue = (part: Part, paths: readonly string[], mode: "min" | "max"): string | undefined => {
  const values = paths.flatMap((path) => part.fields.get(path)?.sorted ?? []).sort(compareTexts);
  return mode === "min" ? values[0] : values.at(-1);
};
