import { type SettingName, settingsSchema, settingType } from "../config/settings.ts";

/** A text as the value of a setting, read as Kinto reads it; `undefined` where it is none. @param tell takes what the operator should know about it */
export const settingValue = (name: SettingName, text: string, tell: (what: string) => void): unknown => {
  const read = READERS[name.endsWith("IdGenerator") ? "class" : settingType(name)] ?? String;
  const value = read(text);
  if (value === undefined) {
    tell("is empty and left out");
    return undefined;
  }
  const { error } = settingsSchema.shape[name].safeParse(value);
  if (error !== undefined) {
    tell(`is left out: ${error.issues.map(({ message }) => message).join("; ")}`);
    return undefined;
  }
  if (Array.isArray(value) && text.includes(",") && native(text) === text)
    tell("has commas, at which Kinto does not split a list; they were taken for separators");
  if (value === false && !/^(f|false|n|no|off|0)$/i.test(text)) tell("is none of Kinto's words for true, and so false");
  return value;
};

/** A list in Kinto's settings: parts with white space between, or a JSON list. */
export const words = (text = ""): string[] => {
  const value = native(text);
  if (value === null) return [];
  return Array.isArray(value)
    ? value.map(String)
    : (typeof value === "string" ? value : text).split(/\s+/).filter((word) => word !== "");
};

/** Kinto takes a text that is JSON for what it says. */
const native = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** How texts become values, by a setting's type; `undefined` for what Kinto takes for nothing. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  boolean: (text) => {
    const value = native(text);
    return /^(t|true|y|yes|on|1)$/i.test((typeof value === "string" ? value : text).trim());
  },
  integer: (text) => numberOf(native(text)),
  number: (text) => numberOf(native(text)),
  string: (text) => {
    const value = native(text);
    if (value === null || text === "") return undefined;
    // A number keeps its spelling: a version 1.0 is not 1.
    return typeof value === "string" ? value : text;
  },
  array: (text) => words(text).flatMap((word) => word.split(",").filter((part) => part !== "")),
  class: (text) => {
    const name = text.split(".").at(-1) ?? "";
    return Object.hasOwn(GENERATORS, name) ? GENERATORS[name] : text;
  },
};

/** Kinto's classes that make ids. */
const GENERATORS: Readonly<Record<string, string>> = { NameGenerator: "name", RelaxedUUID: "uuid", UUID4: "uuid" };

const numberOf = (value: unknown): unknown => {
  if (value === null || value === "") return undefined;
  return typeof value === "string" && /^[-+]?\d{1,15}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : value;
};
