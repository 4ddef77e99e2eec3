import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** What every token begins with, so that secret scanners find it. */
const TOKEN_PREFIX = "kintoun_pat_";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_BYTES = 32;
/** 62^43 is more than 2^256. */
const SECRET_DIGITS = 43;
/** 62^6 is more than 2^32. */
const CHECKSUM_DIGITS = 6;

const TOKEN = /^kintoun_pat_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** Creates a token: the prefix, 256 random bits and a checksum of them, which scanners can verify. */
export const createToken = (): string => {
  const secret = toDigits(BigInt(`0x${randomBytes(SECRET_BYTES).toString("hex")}`), SECRET_DIGITS);
  return `${TOKEN_PREFIX}${secret}${toChecksum(secret)}`;
};

/** Whether a text has the form of a token. Others need not be looked up. */
export const isToken = (text: string): boolean => {
  const [, secret, checksum] = TOKEN.exec(text) ?? [];
  return secret !== undefined && toChecksum(secret) === checksum;
};

/**
 * Returns what is stored of a token. One round of SHA-256 is enough: slow hashes protect passwords, which can be guessed,
 * but no one can try 2^256 tokens.
 */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("base64url");

const toChecksum = (secret: string): string => toDigits(BigInt(crc32(secret)), CHECKSUM_DIGITS);

/** Writes a number in base 62. */
const toDigits = (value: bigint, length: number): string => {
  let digits = "";
  for (let rest = value; digits.length < length; rest /= 62n) digits = `${DIGITS[Number(rest % 62n)]}${digits}`;
  return digits;
};
