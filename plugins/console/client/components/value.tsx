import { printExactJson } from "../lib/exact-json.ts";

/** Longer texts are cut in tables. */
const MAX_CHARS = 160;

const cut = (text: string): string => (text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text);
const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;

/** Returns a value as one line of text. */
export const summarizeValue = (value: unknown): string => {
  if (value === undefined) return "";
  if (typeof value === "string") return cut(value);
  if (isScalar(value)) return String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return value.every(isScalar)
      ? cut(
          value
            .slice(0, 20)
            .map((part) => cut(String(part)))
            .join(", "),
        )
      : `${value.length} items`;
  }
  const names = Object.keys(value as object);
  if (names.length === 0) return "{}";
  return names.length <= 3 && Object.values(value as object).every(isScalar)
    ? cut(printExactJson(value))
    : `{${cut(names.slice(0, 6).join(", "))}${names.length > 6 ? ", …" : ""}}`;
};

/** A value in a cell of a table. Its text is never read as HTML. */
export const Value = ({ value }: { readonly value: unknown }) => {
  const isText = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  return <span class={isText ? undefined : "value-type"}>{summarizeValue(value)}</span>;
};
