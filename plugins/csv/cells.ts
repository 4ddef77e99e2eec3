import type { Json, JsonObject } from "@kintoun/kit";

/** A row's cells by column. */
export type Row = ReadonlyMap<string, Json>;

/**
 * The fields of an object, those of objects in it with their path: `{ a: { b: 1 } }` has `a.b`. Lists, and objects without fields, stay whole.
 * @param whole paths of what else does
 */
export const rowOf = (object: JsonObject, whole: readonly string[] = []): Row => {
  const row = new Map<string, Json>();
  const add = (path: string, value: Json): void => {
    const inner =
      typeof value === "object" && value !== null && !Array.isArray(value) && !whole.includes(path)
        ? Object.entries(value)
        : [];
    for (const [key, field] of inner) add(`${path}.${key}`, field);
    if (inner.length === 0 && !row.has(path)) row.set(path, value);
  };
  for (const [key, value] of Object.entries(object)) add(key, value);
  return row;
};

/** Texts as they are, what is absent or `null` as nothing, everything else as JSON. */
export const cell = (value: Json | undefined): string => {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value === "" ? '""' : quoted(harmless(value));
  return quoted(JSON.stringify(value));
};

/** A row as RFC 4180 has it. */
export const line = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

/** A quote leads what a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const harmless = (text: string): string =>
  /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(text) ? `'${text}` : text;

/** Also what parts cells in some countries. */
const quoted = (text: string): string => (/[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
