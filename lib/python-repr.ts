import type { Json } from "./json.ts";

/** Characters of a value that a message quotes; what is longer is cut. */
const LONGEST = 1000;

/** A JSON value as Python's `repr` writes it, which is how Kinto's messages quote: `{'a': [True, None, 1.5]}`. */
export const pythonRepr = (value: Json): string => {
  const parts: string[] = [];
  write(value, parts, { left: LONGEST });
  const text = parts.join("");
  return text.length > LONGEST ? `${cut(text, LONGEST)}…` : text;
};

/** A JSON value as Python's `str` writes it: as {@link pythonRepr}, but strings as they are. */
export const pythonStr = (value: Json): string =>
  typeof value === "string" ? (value.length > LONGEST ? `${cut(value, LONGEST)}…` : value) : pythonRepr(value);

/** Writes until there is no room left, so that a value of megabytes costs no more than what is shown of it. */
const write = (value: Json, parts: string[], room: { left: number }): void => {
  if (room.left < 0) return;
  const put = (text: string) => {
    parts.push(text);
    room.left -= text.length;
  };
  if (typeof value === "string") {
    put(quoted(value.length > LONGEST ? `${cut(value, LONGEST)}…` : value));
  } else if (Array.isArray(value)) {
    put("[");
    for (const [place, each] of value.entries()) {
      if (room.left < 0) break;
      if (place > 0) put(", ");
      write(each, parts, room);
    }
    put("]");
  } else if (typeof value === "object" && value !== null) {
    put("{");
    for (const [place, key] of Object.keys(value).entries()) {
      if (room.left < 0) break;
      if (place > 0) put(", ");
      write(key, parts, room);
      put(": ");
      write(value[key] as Json, parts, room);
    }
    put("}");
  } else {
    put(scalar(value));
  }
};

const scalar = (value: null | boolean | number): string => {
  if (value === null) return "None";
  return typeof value === "boolean" ? (value ? "True" : "False") : number(value);
};

/** Python writes small numbers with an exponent earlier than JavaScript, and exponents with two digits. */
const number = (value: number): string => {
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

const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\p{C}\p{Z}\\]/gu, (char) =>
    char === " " ? char : (ESCAPES.get(char) ?? hexadecimal(char)),
  );
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
};

const hexadecimal = (char: string): string => {
  const code = (char.codePointAt(0) as number).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
};

/** The first `length` UTF-16 units, without half a character at the end. */
const cut = (text: string, length: number): string =>
  text.slice(0, /[\ud800-\udbff]/.test(text[length - 1] as string) ? length - 1 : length);
