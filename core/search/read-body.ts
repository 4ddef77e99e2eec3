import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findNearest } from "../../lib/util/nearest.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { type Failure, invalid } from "../errors.ts";
import type { Scalar } from "./values.ts";

const MAX_NAME_UNITS = 64;
const truncateName = (name: string): string => truncateText(name, MAX_NAME_UNITS, "…").toWellFormed();

/** Appends a key to a path: `query.bool.must.0`. */
export const joinPath = (path: string, key: string | number): string =>
  path === "" ? truncateName(String(key)) : `${path}.${truncateName(String(key))}`;

/** A 400 about the part of the body at `path`. */
export const searchIssue = (path: string, description: string): Failure =>
  invalid({ location: "body", name: path === "" ? null : path, description });

/** A 400 about an unsupported name, with the closest supported one. */
export const unsupportedName = (path: string, name: string, names: readonly string[]): Failure => {
  const guess = findNearest(name, names);
  return searchIssue(
    joinPath(path, name),
    `${truncateName(name)} is not supported. Use one of: ${names.toSorted().join(", ")}${guess === undefined ? "" : `. Did you mean ${guess}?`}`,
  );
};

export const readObject = (value: Json | undefined, path: string, names?: readonly string[]): JsonObject => {
  if (!isObject(value)) throw searchIssue(path, "must be an object");
  if (names === undefined) return value;
  for (const key of Object.keys(value)) if (!names.includes(key)) throw unsupportedName(path, key, names);
  return value;
};

/** An own property of an object; never one of its prototype. */
export const getOwn = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The only entry of an object, with its path. @param what describes the expected entry */
export const readSingleEntry = (
  value: Json | undefined,
  path: string,
  what: string,
): [key: string, value: Json, path: string] => {
  const entries = Object.entries(readObject(value, path));
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw searchIssue(path, `must have exactly one key: ${what}`);
  return [...entry, joinPath(path, entry[0])];
};

export const readString = (value: Json | undefined, path: string): string => {
  if (typeof value !== "string" || value === "") throw searchIssue(path, "must be a non-empty string");
  return value;
};

export const readScalar = (value: Json | undefined, path: string): Scalar => {
  if (value === undefined || value === null || typeof value === "object")
    throw searchIssue(path, "must be a string, a number or a boolean");
  return value;
};

export const readChoice = <T extends string>(
  value: Json | undefined,
  path: string,
  choices: readonly [T, ...T[]],
): T => {
  if (value === undefined) return choices[0];
  const found = typeof value === "string" ? choices.find((choice) => choice === value.toLowerCase()) : undefined;
  if (found === undefined) throw searchIssue(path, `must be one of: ${choices.join(", ")}`);
  return found;
};

export const readBoolean = (value: Json | undefined, path: string, defaultValue: boolean): boolean => {
  if (value === undefined) return defaultValue;
  if (typeof value !== "boolean") throw searchIssue(path, "must be true or false");
  return value;
};

/** An integer of 0 or more. */
export const readCount = (value: Json | undefined, path: string, defaultValue: number): number => {
  if (value === undefined) return defaultValue;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw searchIssue(path, "must be an integer of 0 or more");
  return value;
};

export const readList = (value: Json | undefined, path: string, max: number): Json[] => {
  if (!Array.isArray(value)) throw searchIssue(path, "must be an array");
  if (value.length > max) throw searchIssue(path, `must have at most ${max} items`);
  return value;
};

/** A number from `min` to `max`. */
export const readNumber = (
  value: Json | undefined,
  path: string,
  defaultValue: number,
  { min, max }: { readonly min: number; readonly max: number },
): number => {
  if (value === undefined) return defaultValue;
  if (typeof value !== "number" || value < min || value > max)
    throw searchIssue(path, `must be a number from ${min} to ${max}`);
  return value;
};

const MAX_BOOST = 1_000_000;

/** `boost` of a clause. */
export const readBoost = (options: JsonObject, path: string): number =>
  readNumber(getOwn(options, "boost"), joinPath(path, "boost"), 1, { min: 0, max: MAX_BOOST });

/** What `sort` and `_id` of a record mean in OpenSearch, and what to use for those that a record does not have. */
const METADATA_FIELDS: ReadonlyMap<string, string> = new Map([
  ["_all", "Use * in multi_match or query_string to search all fields"],
  ["_doc", "Use it in sort only"],
  ["_field_names", "Use the clause exists"],
  ["_id", "Use id"],
  ["_index", "Search the collection itself"],
  ["_routing", "Leave it out"],
  ["_score", "Use min_score, or sort by it"],
  ["_seq_no", "Use last_modified"],
  ["_source", "Name a field of the records"],
  ["_type", "Leave it out"],
  ["_version", "Use last_modified"],
]);

/** The name of a field. Refuses patterns, and the metadata fields of OpenSearch, which records do not have. */
export const checkField = (name: string, path: string): string => {
  if (name.includes("*")) throw searchIssue(path, "must be the name of a field. Patterns are not supported here");
  return checkFieldName(name, path);
};

/** The name of a field, or `*` for all. */
export const checkFieldOrAll = (name: string, path: string): string => {
  if (name !== "*" && name.includes("*"))
    throw searchIssue(path, "must be the name of a field or *. Patterns are not supported");
  return checkFieldName(name, path);
};

const checkFieldName = (name: string, path: string): string => {
  if (name === "") throw searchIssue(path, "must name a field");
  const advice = METADATA_FIELDS.get(name);
  if (advice !== undefined) throw searchIssue(path, `is not a field of records. ${advice}`);
  return name;
};

export const readField = (value: Json | undefined, path: string): string => checkField(readString(value, path), path);

/** The only entry of a clause on a field, with its path. */
export const readFieldEntry = (value: Json, path: string): [field: string, spec: Json, path: string] => {
  const [field, spec, fieldPath] = readSingleEntry(value, path, "the name of a field");
  return [checkField(field, field === "" ? path : fieldPath), spec, fieldPath];
};
