/** A value that OpenSearch compares as a whole. */
export type Scalar = string | number | boolean;

/** UTF-16 units; a longer string is found by its words alone. A Lucene term has room for 32766 bytes. */
export const LONGEST_VALUE = 1024;

/** Sorts after every text that has the same beginning (in UTF-8, as both engines compare). */
export const AFTER_ALL = "\u{10FFFF}";

/** A text without what engines disagree on: lone surrogates and NUL. */
export const clean = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

/**
 * A value as text whose UTF-8 order is the order to sort by: booleans, then numbers, then strings.
 * One field may so hold all three, in one record or in many.
 */
export const encodeValue = (value: Scalar): string => {
  if (typeof value === "boolean") return value ? "b1" : "b0";
  return typeof value === "number" ? `n${sortable(value)}` : `s${clean(value)}`;
};

/** The value that {@link encodeValue} was given. */
export const decodeValue = (encoded: string): Scalar => {
  if (encoded.startsWith("b")) return encoded === "b1";
  return encoded.startsWith("n") ? fromSortable(encoded.slice(1)) : encoded.slice(1);
};

/** A string's number or boolean, and a number's or boolean's text: OpenSearch lets a query's `"5"` meet a record's `5`. */
export const alikeValues = (value: Scalar): Scalar[] => {
  if (typeof value !== "string") return [value, String(value)];
  if (value === "true" || value === "false") return [value, value === "true"];
  const number = numberIn(value);
  return number === undefined ? [value] : [value, number];
};

/** The number that a text spells, if it does. */
export const numberIn = (text: string): number | undefined => {
  if (text.length > 32 || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
};

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;
const scratch = new DataView(new ArrayBuffer(8));

/** 16 hexadecimal digits in the order of the numbers: positive ones get the sign bit, negative ones are inverted. */
const sortable = (value: number): string => {
  scratch.setFloat64(0, value === 0 ? 0 : value);
  const bits = scratch.getBigUint64(0);
  return (bits & SIGN ? bits ^ ALL : bits ^ SIGN).toString(16).padStart(16, "0");
};

const fromSortable = (hex: string): number => {
  const bits = BigInt(`0x${hex}`);
  scratch.setBigUint64(0, bits & SIGN ? bits ^ SIGN : bits ^ ALL);
  return scratch.getFloat64(0);
};
