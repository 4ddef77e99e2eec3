import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/**
 * The order of values that filters and sorting share, as a comparator: null < strings < numbers < booleans < arrays < objects < missing
 * (`undefined`). Strings go by code points, arrays by their elements, objects by their keys and values in the order of the keys.
 */
export const compareValues = (a: Json | undefined, b: Json | undefined): number => {
  if (a === b) return 0;
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0) return byRank;
  if (Array.isArray(a)) return compareElements(a, b as Json[]);
  if (isObject(a)) return compareElements(entries(a), entries(b as JsonObject));
  if (typeof a === "string") return compareTexts(a, b as string);
  return (a as number | boolean) < (b as number | boolean) ? -1 : 1;
};

const RANKS = { string: 1, number: 2, boolean: 3, undefined: 6 } as const;

const rankOf = (value: Json | undefined): number => {
  if (typeof value !== "object") return RANKS[typeof value as keyof typeof RANKS];
  if (value === null) return 0;
  return Array.isArray(value) ? 4 : 5;
};

/** Where one begins with the other, the shorter one comes first. */
const compareElements = (a: readonly Json[], b: readonly Json[]): number => {
  for (const [index, element] of a.entries()) {
    if (index >= b.length) return 1;
    const order = compareValues(element, b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
};

/** An object's keys and values, in the order of the keys. */
export const entries = (object: JsonObject): [string, Json][] =>
  Object.entries(object).sort(([a], [b]) => compareTexts(a, b));

/** By code points, as UTF-8 sorts; JavaScript's own order is that of UTF-16. */
const compareTexts = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return afterSurrogates(one) - afterSurrogates(other);
  }
  return a.length - b.length;
};

/** A UTF-16 unit's place: the halves of what lies above U+FFFF come last. */
const afterSurrogates = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
