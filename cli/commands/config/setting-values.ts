import { type SettingName, settingsSchema, settingType } from "../../../config/settings.ts";
import type { Severity } from "./findings.ts";

/**
 * Converts a text to the value of a setting, as Kinto does.
 *
 * @param note receives what the operator should know about it
 * @returns `undefined` when the setting is left out
 */
export const parseSettingValue = (
  name: SettingName,
  text: string,
  note: (severity: Severity, text: string) => void,
): unknown => {
  const parse = PARSERS[name.endsWith("IdGenerator") ? "class" : settingType(name)] ?? String;
  const value = parse(text);
  if (value === undefined) {
    note("info", "is empty and left out");
    return undefined;
  }
  const { error } = settingsSchema.shape[name].safeParse(value);
  if (error !== undefined) {
    note("lost", `is left out: ${error.issues.map(({ message }) => message).join("; ")}`);
    return undefined;
  }
  if (Array.isArray(value) && text.includes(",") && parseNative(text) === text)
    note("info", "has commas, which Kinto does not treat as separators; they were converted to separators");
  if (value === false && !/^(f|false|n|no|off|0)$/i.test(text))
    note("info", "is not one of Kinto's words for true, so it is false");
  return value;
};

/** Whether a text is one of Kinto's words for true. */
export const isTrue = (text: string): boolean => {
  const value = parseNative(text);
  return /^(t|true|y|yes|on|1)$/i.test((typeof value === "string" ? value : text).trim());
};

/** Splits a list of Kinto's settings: words separated by white space, or a JSON list. */
export const splitList = (text = ""): string[] => {
  const value = parseNative(text);
  if (value === null) return [];
  return Array.isArray(value)
    ? value.map(String)
    : (typeof value === "string" ? value : text).split(/\s+/).filter((word) => word !== "");
};

/** Kinto parses values that are JSON. */
const parseNative = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** Parsers by the type of a setting. They return `undefined` for a value that Kinto ignores. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  boolean: (text) => isTrue(text),
  integer: (text) => toNumber(parseNative(text)),
  number: (text) => toNumber(parseNative(text)),
  string: (text) => {
    const value = parseNative(text);
    if (value === null || text === "") return undefined;
    // A version 1.0 must not become 1.
    return typeof value === "string" ? value : text;
  },
  array: (text) => splitList(text).flatMap((word) => word.split(",").filter((part) => part !== "")),
  class: (text) => {
    const name = text.split(".").at(-1) ?? "";
    return Object.hasOwn(GENERATORS, name) ? GENERATORS[name] : text;
  },
};

/** Kinto's id generator classes. */
const GENERATORS: Readonly<Record<string, string>> = { NameGenerator: "name", RelaxedUUID: "uuid", UUID4: "uuid" };

const toNumber = (value: unknown): unknown => {
  if (value === null || value === "") return undefined;
  return typeof value === "string" && /^[-+]?\d{1,15}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : value;
};
