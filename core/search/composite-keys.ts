import type { Json } from "../../lib/json.ts";
import { compareTexts } from "../../lib/util/compare-texts.ts";
import type { CompositeSource } from "./aggregation.ts";
import { formatDate } from "./dates/format-date.ts";
import { decodeValue, encodeValue, type Scalar } from "./values.ts";

/** A key of a composite source as its buckets show it. @param key encoded by `encodeValue`; `null` for no value */
export const formatCompositeKey = ({ by }: CompositeSource, key: string | null): Json => {
  if (key === null) return null;
  const value = decodeValue(key);
  return by.is === "dateHistogram" && by.dates.format !== undefined ? formatDate(Number(value), by.dates) : value;
};

/** A key as `after_key` shows it: dates in milliseconds, since not every format can be parsed. */
export const formatAfterKey = (key: string | null): Json => (key === null ? null : decodeValue(key));

/** Encodes a key of `after`. Returns `undefined` if the source has no such keys. */
export const encodeAfterKey = ({ by }: CompositeSource, key: Scalar): string | undefined =>
  by.is === "terms" || typeof key === "number" ? encodeValue(key) : undefined;

/** Compares the keys of two buckets. `null` comes before values, after them in descending order. */
export const compareCompositeKeys = (
  sources: readonly CompositeSource[],
  a: readonly (string | null)[],
  b: readonly (string | null)[],
): number => {
  for (const [n, { order }] of sources.entries()) {
    const [x, y] = [a[n] ?? null, b[n] ?? null];
    if (x === y) continue;
    const result = x === null ? -1 : y === null ? 1 : compareTexts(x, y);
    return order === "asc" ? result : -result;
  }
  return 0;
};
