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
  if (isObject(a)) return compareElements(sortedEntries(a), sortedEntries(b as JsonObject));
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
export const sortedEntries = (object: JsonObject): [string, Json][] =>
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

/** JSON text that is the same for equal values: keys in order, no white space. */
export const toCanonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${toCanonicalJson(value[key] as Json)}`).join(",")}}`;
};

/** A value as the text that `like_` looks at, spelled as PostgreSQL spells JSON; null has none. */
export const toComparableText = (value: Json): string | undefined => {
  if (value === null) return undefined;
  return typeof value === "string" ? value : spell(value);
};

const spell = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(spell).join(", ")}]`;
  if (isObject(value))
    return `{${keysOf(value)
      .map((key) => `${JSON.stringify(key)}: ${spell(value[key] as Json)}`)
      .join(", ")}}`;
  return typeof value === "number" ? digits(value) : JSON.stringify(value);
};

/** Shorter keys first. */
const keysOf = (object: JsonObject): string[] => {
  const bytes = new Map(Object.keys(object).map((key) => [key, Buffer.from(key)]));
  return [...bytes].sort(([, a], [, b]) => a.length - b.length || a.compare(b)).map(([key]) => key);
};

/** A number without an exponent. */
const digits = (number: number): string => {
  const [, sign = "", whole = "", fraction = "", exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number)) ?? [];
  if (exponent === undefined) return String(number);
  const shift = Number(exponent);
  return shift > 0
    ? `${sign}${(whole + fraction).padEnd(shift + 1, "0")}`
    : `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
};
