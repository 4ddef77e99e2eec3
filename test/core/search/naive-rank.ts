import type { SortKey } from "../../../core/search/request.ts";
import { decodeValue } from "../../../core/search/values.ts";
import type { Json } from "../../../lib/json.ts";
import { compareTexts } from "../../../lib/util/compare-texts.ts";
import type { Part } from "./naive-document.ts";

export interface RankedPart {
  readonly part: Part;
  readonly sort: readonly Json[];
}

/** Sorts documents. Ties are in the order of ids. */
export const rankParts = (parts: readonly Part[], sort: readonly SortKey[]): RankedPart[] => {
  const keyOf = (part: Part, key: SortKey): string | undefined => {
    if (key.by === "score") throw new TypeError("The reference has no scores.");
    return key.by === "id" ? part.id : bestValue(part, key.paths, key.mode);
  };
  const compare = (a: Part, b: Part): number => {
    for (const key of sort) {
      const [x, y] = [keyOf(a, key), keyOf(b, key)];
      if (x === y) continue;
      if (x === undefined || y === undefined) {
        const isFirst = key.by === "values" && key.missing === "first";
        return (x === undefined) === isFirst ? -1 : 1;
      }
      return (key.order === "asc" ? 1 : -1) * compareTexts(x, y);
    }
    return compareTexts(a.id, b.id);
  };
  return parts.toSorted(compare).map((part) => ({
    part,
    sort: sort.map((key) => {
      const value = keyOf(part, key);
      return value === undefined ? null : key.by === "id" ? value : (decodeValue(value) as Json);
    }),
  }));
};

/** The value that sorts compare. */
export const bestValue = (part: Part, paths: readonly string[], mode: "min" | "max"): string | undefined => {
  const values = paths.flatMap((path) => part.fields.get(path)?.sorted ?? []).sort(compareTexts);
  return mode === "min" ? values[0] : values.at(-1);
};
