import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/**
 * Compares values for filters and sorting: null < strings < numbers < booleans < arrays < objects < missing
 * (`undefined`). Strings are compared by code points, arrays by elements, objects by keys and values in the order of
 * the keys.
 */
export const compareValues = (a: Json | undefined, b: Json | undefined): number => {
  if (a === b) return 0;
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0) return byRank;
  if (Array.isArray(a)) return compareElements(a, b as Json[]);
  if (isObject(a)) return compareElements(sortedEntries(a), sortedEntries(b as JsonObject));
  if (typeof a === "string") return compareStrings(a, b as string);
  // A bigint and a number are compared by their exact values. Only 1e38 can be equal to a bigint, as it is rounded.
  const [x, y] = [a as number | bigint | boolean, b as number | bigint | boolean];
  return x < y || (x <= y && typeof x === "number") ? -1 : 1;
};

const RANKS = { string: 1, number: 2, bigint: 2, boolean: 3, undefined: 6 } as const;

const rankOf = (value: Json | undefined): number => {
  if (typeof value !== "object") return RANKS[typeof value as keyof typeof RANKS];
  if (value === null) return 0;
  return Array.isArray(value) ? 4 : 5;
};

/** A prefix comes before a longer array. */
const compareElements = (a: readonly Json[], b: readonly Json[]): number => {
  for (const [index, element] of a.entries()) {
    if (index >= b.length) return 1;
    const order = compareValues(element, b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
};

/** Returns an object's entries in the order of the keys. */
export const sortedEntries = (object: JsonObject): [string, Json][] =>
  Object.entries(object).sort(([a], [b]) => compareStrings(a, b));

/** Compares by code points, like UTF-8. JavaScript's own order is that of UTF-16. */
const compareStrings = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const [unitA, unitB] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (unitA !== unitB) return surrogatesLast(unitA) - surrogatesLast(unitB);
  }
  return a.length - b.length;
};

/** Moves surrogates, which encode code points above U+FFFF, behind all other UTF-16 code units. */
const surrogatesLast = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Returns JSON text that is equal for equal values: sorted keys, no whitespace. */
export const toCanonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${toCanonicalJson(value[key] as Json)}`).join(",")}}`;
};

/**
 * Returns the text that `like_` filters search: JSON in the format of PostgreSQL, as in Kinto. `undefined` for null.
 */
export const toComparableText = (value: Json): string | undefined => {
  if (value === null) return undefined;
  return typeof value === "string" ? value : toPostgresJson(value);
};

const toPostgresJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(toPostgresJson).join(", ")}]`;
  if (isObject(value))
    return `{${sortedByLength(value)
      .map((key) => `${JSON.stringify(key)}: ${toPostgresJson(value[key] as Json)}`)
      .join(", ")}}`;
  return typeof value === "number" ? toDecimal(value) : JSON.stringify(value);
};

/** PostgreSQL sorts keys by length, then by bytes. */
const sortedByLength = (object: JsonObject): string[] => {
  const bytes = new Map(Object.keys(object).map((key) => [key, Buffer.from(key)]));
  return [...bytes].sort(([, a], [, b]) => a.length - b.length || a.compare(b)).map(([key]) => key);
};

/** Formats a number without an exponent. */
const toDecimal = (number: number): string => {
  const [, sign = "", whole = "", fraction = "", exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number)) ?? [];
  if (exponent === undefined) return String(number);
  const shift = Number(exponent);
  return shift > 0
    ? `${sign}${(whole + fraction).padEnd(shift + 1, "0")}`
    : `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
};
