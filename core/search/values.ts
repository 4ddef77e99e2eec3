/** A value that is compared as a whole. */
export type Scalar = string | number | boolean;

/**
 * Maximum length of a string value in UTF-16 units. Longer strings are found only by their words. The limit of a
 * Lucene term is 32,766 bytes.
 */
export const MAX_VALUE_UNITS = 1024;

/** Sorts after every other character in UTF-8, the order of both engines. */
export const LAST_CHARACTER = "\u{10FFFF}";

/** Replaces what engines treat differently: lone surrogates and NUL. */
export const sanitizeText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

/**
 * Encodes a value as text whose UTF-8 order is the sort order: booleans, then numbers, then strings. So one field can
 * have values of all three types.
 */
export const encodeValue = (value: Scalar): string => {
  if (typeof value === "boolean") return value ? "b1" : "b0";
  return typeof value === "number" ? `n${toSortableHex(value)}` : `s${sanitizeText(value)}`;
};

/** Reverses {@link encodeValue}. */
export const decodeValue = (encoded: string): Scalar => {
  if (encoded.startsWith("b")) return encoded === "b1";
  return encoded.startsWith("n") ? fromSortableHex(encoded.slice(1)) : encoded.slice(1);
};

/**
 * A value and its equivalent of another type. In OpenSearch a query for `"5"` finds `5`, and one for `5` finds `"5"`.
 */
export const equivalentValues = (value: Scalar): Scalar[] => {
  if (typeof value !== "string") return [value, String(value)];
  if (value === "true" || value === "false") return [value, value === "true"];
  const number = parseNumber(value);
  return number === undefined ? [value] : [value, number];
};

/** Parses a decimal number. Returns `undefined` if the text is not one. */
export const parseNumber = (text: string): number | undefined => {
  if (text.length > 32 || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
};

const SIGN_BIT = 1n << 63n;
const ALL_BITS = (1n << 64n) - 1n;
const scratch = new DataView(new ArrayBuffer(8));

/**
 * Encodes a number as 16 hexadecimal digits that sort like numbers: sets the sign bit of positive numbers and inverts
 * all bits of negative ones.
 */
const toSortableHex = (value: number): string => {
  scratch.setFloat64(0, value === 0 ? 0 : value);
  const bits = scratch.getBigUint64(0);
  return (bits & SIGN_BIT ? bits ^ ALL_BITS : bits ^ SIGN_BIT).toString(16).padStart(16, "0");
};

const fromSortableHex = (hex: string): number => {
  const bits = BigInt(`0x${hex}`);
  scratch.setBigUint64(0, bits & SIGN_BIT ? bits ^ SIGN_BIT : bits ^ ALL_BITS);
  return scratch.getFloat64(0);
};
