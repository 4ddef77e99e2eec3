import { isObject, type Json, type JsonObject } from "../../lib/json.ts";

/** A value as the text that `like_` looks at, spelled as PostgreSQL spells JSON; null has none. */
export const textOf = (value: Json): string | undefined => {
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
