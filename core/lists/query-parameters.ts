import { didYouMean } from "../../lib/util/nearest.ts";
import { invalid, type RequestIssue } from "../errors.ts";

/** Parameters that bound `last_modified`. */
const BOUND_NAMES = ["_since", "_to", "_before"] as const;

/** An issue of the query. @param name of the parameter */
export const queryIssue = (name: string | null, description: string): RequestIssue => ({
  location: "querystring",
  name,
  description,
});

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Removes the quotes of a JSON string. */
export const unquote = (text: string): string => (text.startsWith('"') && isJson(text) ? JSON.parse(text) : text);

/** Parses an integer, which may be in double quotes as in an ETag. Returns `undefined` for other text. */
export const parseInteger = (text: string): number | undefined =>
  /^\s*[+-]?\d+\s*$/.test(unquote(text)) ? Number(unquote(text)) : undefined;

/** Throws 400 with all invalid integer parameters. Kinto checks these before all others. */
export const requireIntegers = (query: URLSearchParams): void => {
  const issues = ["_limit", ...BOUND_NAMES, "last_modified"].flatMap((name) => {
    const [value = "", ...others] = query.getAll(name);
    if (others.length > 0) return [queryIssue(name, `${name} is given more than once`)];
    const description = value === "null" || unquote(value) === "" ? undefined : findIntegerIssue(unquote(value));
    return description === undefined ? [] : [queryIssue(name, description)];
  });
  const [first, ...others] = issues;
  if (first !== undefined) throw invalid(first, ...others);
};

/** The parameters of a DELETE of a list that are not filters. */
const DELETION_PARAMETERS = [...BOUND_NAMES, "_limit", "_token", "_sort", "_fields"];

/**
 * Throws 400 unless every parameter of a DELETE of a list that begins with `_` is known and has a value: a misspelt
 * name or an empty variable in a script must not delete more than is meant.
 */
export const requireDeletionQuery = (query: URLSearchParams): void => {
  const issues = [...query].flatMap(([key, text]) => {
    const name = key.trim();
    if (!name.startsWith("_")) return [];
    if (!DELETION_PARAMETERS.includes(name))
      return [queryIssue(key, `${key} is not a parameter of DELETE. ${didYouMean(name, DELETION_PARAMETERS)}`)];
    const value = unquote(text).trim();
    const isEmpty = value === "" || value === "null" || (name === "_limit" && parseInteger(value) === 0);
    return isEmpty ? [queryIssue(key, `${key} has no value. Give it one, or leave it out to delete all objects.`)] : [];
  });
  const [first, ...others] = issues;
  if (first !== undefined) throw invalid(first, ...others);
};

const findIntegerIssue = (text: string): string | undefined => {
  const number = parseInteger(text);
  if (number === undefined) return `"${text}" is not a number`;
  if (number < 0) return `${text} is less than minimum value 0`;
  return number > 2 ** 63 ? `${text} is greater than maximum value ${2n ** 63n}` : undefined;
};
