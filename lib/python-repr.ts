import type { Json } from "./json.ts";
import { truncateText } from "./util/truncate-text.ts";

/** Characters of a quoted value. Longer values are cut. */
const MAX_CHARS = 1000;

/**
 * A JSON value as Python's `repr` writes it, for example `{'a': [True, None, 1.5]}`. Kinto's messages quote values
 * so.
 */
export const pythonRepr = (value: Json): string => {
  const parts: string[] = [];
  write(value, parts, { left: MAX_CHARS });
  const text = parts.join("");
  return truncateText(text, MAX_CHARS, "…");
};

/** A JSON value as Python's `str` writes it: like {@link pythonRepr}, but strings have no quotes. */
export const pythonStr = (value: Json): string =>
  typeof value === "string" ? truncateText(value, MAX_CHARS, "…") : pythonRepr(value);

/** Stops at the limit, so that a value of megabytes costs no more than the text that is kept of it. */
const write = (value: Json, parts: string[], chars: { left: number }): void => {
  if (chars.left < 0) return;
  const put = (text: string) => {
    parts.push(text);
    chars.left -= text.length;
  };
  if (typeof value === "string") {
    put(quoteString(truncateText(value, MAX_CHARS, "…")));
  } else if (Array.isArray(value)) {
    put("[");
    for (const [index, item] of value.entries()) {
      if (chars.left < 0) break;
      if (index > 0) put(", ");
      write(item, parts, chars);
    }
    put("]");
  } else if (typeof value === "object" && value !== null) {
    put("{");
    for (const [index, key] of Object.keys(value).entries()) {
      if (chars.left < 0) break;
      if (index > 0) put(", ");
      write(key, parts, chars);
      put(": ");
      write(value[key] as Json, parts, chars);
    }
    put("}");
  } else {
    put(formatScalar(value));
  }
};

const formatScalar = (value: null | boolean | number | bigint): string => {
  if (value === null) return "None";
  return typeof value === "boolean" ? (value ? "True" : "False") : formatNumber(value);
};

/** Python writes small numbers with an exponent earlier than JavaScript, and exponents with two digits. */
const formatNumber = (value: number | bigint): string => {
  if (typeof value === "bigint") return String(value);
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
};

const ESCAPES = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

const quoteString = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\p{C}\p{Z}\\]/gu, (char) =>
    char === " " ? char : (ESCAPES.get(char) ?? escapeCode(char)),
  );
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
};

const escapeCode = (char: string): string => {
  const code = (char.codePointAt(0) as number).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
};
