import { isDeepStrictEqual } from "node:util";
import { MAX_INTEGER_DIGITS, parseDecimal, toExactNumber } from "../../lib/json.ts";
import { detectDate } from "./dates/detect-date.ts";

/** A value that is compared as a whole. */
export type Scalar = string | number | bigint | boolean;

/**
 * Maximum length of a string value in UTF-16 units. Longer strings are found only by their words. OpenSearch's
 * `ignore_above` of dynamic keywords.
 */
export const MAX_VALUE_UNITS = 256;

/** Sorts after every other character in UTF-8, the order of both engines. */
export const LAST_CHARACTER = "\u{10FFFF}";

/** Replaces what engines treat differently: lone surrogates and NUL. */
export const sanitizeText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

/** A text as it is compared as a whole: Unicode forms of the same characters are equal. */
export const normalizeText = (text: string): string => sanitizeText(text).normalize("NFC");

/**
 * Encodes a value as text whose UTF-8 order is the sort order: booleans (`b`), then dates (`d`, see {@link encodeDate}),
 * then numbers (`n`), then strings (`s`). So one field can have values of all types.
 */
export const encodeValue = (value: Scalar): string => {
  if (typeof value === "boolean") return value ? "b1" : "b0";
  if (typeof value === "bigint") return `n${encodeBigint(value)}`;
  return typeof value === "number" ? `n${toHex(toSortableBits(value))}` : `s${normalizeText(value)}`;
};

/**
 * Encodes a date. A string that is one, see {@link encodedDate}, has this value besides its own: ranges, sorts and
 * histograms use the date, everything else the string.
 * @param time milliseconds since 1970
 */
export const encodeDate = (time: number): string => `d${toHex(toSortableBits(time))}`;

/** The date of an encoded string that is an ISO 8601 date or time, encoded; `undefined` for all other values. */
export const encodedDate = (encoded: string): string | undefined => {
  const time = encoded.startsWith("s") ? detectDate(encoded, 1) : undefined;
  return time === undefined ? undefined : encodeDate(time);
};

/** Milliseconds since 1970 of what {@link encodeDate} returned. */
export const decodeDate = (encoded: string): number => fromSortableBits(BigInt(`0x${encoded.slice(1)}`));

/** An encoded number, or an encoded date as milliseconds since 1970; NaN for other values. Rounds large integers. */
export const decodeToNumber = (encoded: string): number => {
  const kind = encoded.charAt(0);
  if (kind !== "n" && kind !== "d") return Number.NaN;
  const [high, low] = [Number.parseInt(encoded.slice(1, 9), 16), Number.parseInt(encoded.slice(9, 17), 16)];
  if (encoded.length > 1 + DOUBLE_DIGITS) return Number(decodeNumber(encoded.slice(1)));
  // The sign bit is set for positive numbers, and all bits of negative ones are inverted.
  scratch.setUint32(0, high >= SIGN_BIT_OF_HALF ? high - SIGN_BIT_OF_HALF : ~high);
  scratch.setUint32(4, high >= SIGN_BIT_OF_HALF ? low : ~low);
  return scratch.getFloat64(0);
};

/** Reverses {@link encodeValue}. Returns a date in ISO 8601. */
export const decodeValue = (encoded: string): Scalar => {
  if (encoded.startsWith("b")) return encoded === "b1";
  if (encoded.startsWith("d")) return new Date(decodeDate(encoded)).toISOString();
  return encoded.startsWith("n") ? decodeNumber(encoded.slice(1)) : encoded.slice(1);
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

/** Parses a decimal number. Returns `undefined` if the text is not one, or if a number would round it. */
export const parseNumber = (text: string): number | bigint | undefined => {
  if (text.length > MAX_INTEGER_DIGITS + 1 || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) return undefined;
  const exact = toExactNumber(number, text);
  return isDeepStrictEqual(parseDecimal(text), parseDecimal(String(exact))) ? exact : undefined;
};

const SIGN_BIT = 1n << 63n;
const ALL_BITS = (1n << 64n) - 1n;
const SIGN_BIT_OF_HALF = 2 ** 31;
const scratch = new DataView(new ArrayBuffer(8));

const DOUBLE_DIGITS = 16;
/** The distance of two doubles below 10^38 fits these hexadecimal digits. */
const DISTANCE_DIGITS = 20;

/**
 * Encodes a number as 64 bits that sort like numbers: sets the sign bit of positive numbers and inverts all bits of
 * negative ones.
 */
const toSortableBits = (value: number): bigint => {
  scratch.setFloat64(0, value === 0 ? 0 : value);
  const bits = scratch.getBigUint64(0);
  return bits & SIGN_BIT ? bits ^ ALL_BITS : bits ^ SIGN_BIT;
};

const fromSortableBits = (bits: bigint): number => {
  scratch.setBigUint64(0, bits & SIGN_BIT ? bits ^ SIGN_BIT : bits ^ ALL_BITS);
  return scratch.getFloat64(0);
};

const toHex = (bits: bigint): string => bits.toString(16).padStart(DOUBLE_DIGITS, "0");

/** The double 10^38 is less than 10^38, so that integers can be at a distance of 0 from it. */
const LIMIT = 10 ** MAX_INTEGER_DIGITS;

/** Encodes an integer as the greatest double that is not greater, and the distance from it where there is one. */
const encodeBigint = (value: bigint): string => {
  const nearest = Number(value);
  const bits = toSortableBits(nearest) - (BigInt(nearest) > value ? 1n : 0n);
  const double = fromSortableBits(bits);
  const distance = value - BigInt(double);
  return (
    toHex(bits) +
    (distance === 0n && Math.abs(double) < LIMIT ? "" : distance.toString(16).padStart(DISTANCE_DIGITS, "0"))
  );
};

const decodeNumber = (hex: string): number | bigint => {
  const number = fromSortableBits(BigInt(`0x${hex.slice(0, DOUBLE_DIGITS)}`));
  const distance = hex.slice(DOUBLE_DIGITS);
  if (distance !== "") return BigInt(number) + BigInt(`0x${distance}`);
  const isBigint = Number.isInteger(number) && !Number.isSafeInteger(number) && Math.abs(number) < LIMIT;
  return isBigint ? BigInt(number) : number;
};
