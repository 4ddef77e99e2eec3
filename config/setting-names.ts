import { CORE_RESOURCES } from "../core/resources.ts";

/** A setting's name in Kinto, without `kinto.`: `paginate_by`. */
export const kintoName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The variable that overrides a setting: `KINTOUN_PAGINATE_BY`; for one place, `KINTOUN_BLOG_RECORD_READ_PRINCIPALS`.
 */
export const settingVariable = (name: string, place?: string): string =>
  ["KINTOUN", ...(place === undefined ? [] : [place]), kintoName(name).toUpperCase()].join("_");

/** The settings that are lists of any texts, which need no check, by their variables. */
export const LIST_SETTINGS: ReadonlyMap<string, string> = new Map(
  [
    "corsOrigins",
    ...CORE_RESOURCES.flatMap((resource) =>
      ["Create", "Read", "Write"].map((permission) => `${resource}${permission}Principals`),
    ),
  ].map((name) => [settingVariable(name), name]),
);

/** Splits the text of a list by commas and whitespace. */
export const parseList = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");
