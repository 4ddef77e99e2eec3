import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { nearest } from "../../lib/util/nearest.ts";
import { type Failure, invalid } from "../errors.ts";
import type { Scalar } from "./values.ts";

const LONGEST_TOLD = 64;
const told = (name: string): string =>
  (name.length > LONGEST_TOLD ? `${name.slice(0, LONGEST_TOLD)}…` : name).toWellFormed();

/** The path of what stands at `key`: `query.bool.must.0`. */
export const at = (path: string, key: string | number): string =>
  path === "" ? told(String(key)) : `${path}.${told(String(key))}`;

/** A 400 about the part of the search at `path`. */
export const flaw = (path: string, description: string): Failure =>
  invalid({ location: "body", name: path === "" ? null : path, description });

/** A 400 about a name that isn't among those supported, with a guess at what was meant. */
export const unknown = (path: string, name: string, names: readonly string[]): Failure => {
  const guess = nearest(name, names);
  return flaw(
    at(path, name),
    `${told(name)} is not supported; there are: ${names.toSorted().join(", ")}${guess === undefined ? "" : `. Did you mean ${guess}?`}`,
  );
};

export const readObject = (value: Json | undefined, path: string, names?: readonly string[]): JsonObject => {
  if (!isObject(value)) throw flaw(path, "must be an object");
  if (names === undefined) return value;
  for (const key of Object.keys(value)) if (!names.includes(key)) throw unknown(path, key, names);
  return value;
};

/** The value under a key of the object itself, never of its prototype. */
export const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The only key of an object and what stands there. */
export const readOnly = (
  value: Json | undefined,
  path: string,
  what: string,
): [key: string, value: Json, path: string] => {
  const entries = Object.entries(readObject(value, path));
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw flaw(path, `must have exactly one key: ${what}`);
  return [...entry, at(path, entry[0])];
};

export const readString = (value: Json | undefined, path: string): string => {
  if (typeof value !== "string" || value === "") throw flaw(path, "must be a non-empty string");
  return value;
};

export const readScalar = (value: Json | undefined, path: string): Scalar => {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw flaw(path, "must be a string, a number or a boolean");
  return value;
};

export const readChoice = <T extends string>(
  value: Json | undefined,
  path: string,
  choices: readonly [T, ...T[]],
): T => {
  if (value === undefined) return choices[0];
  const found = typeof value === "string" ? choices.find((choice) => choice === value.toLowerCase()) : undefined;
  if (found === undefined) throw flaw(path, `must be one of: ${choices.join(", ")}`);
  return found;
};

export const readBoolean = (value: Json | undefined, path: string, otherwise: boolean): boolean => {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw flaw(path, "must be true or false");
  return value;
};

/** A whole number, 0 included. */
export const readCount = (value: Json | undefined, path: string, otherwise: number): number => {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw flaw(path, "must be an integer of 0 or more");
  return value;
};

export const readList = (value: Json | undefined, path: string, most: number): Json[] => {
  if (!Array.isArray(value)) throw flaw(path, "must be an array");
  if (value.length > most) throw flaw(path, `must have at most ${most} items`);
  return value;
};
