import { type Flaw, invalid } from "../../core/errors.ts";
import type { Selection } from "../../core/objects/list-objects.ts";

/** How far ahead a bound may lie, in ms: clocks differ, but not by more than a day. */
const AHEAD = 24 * 3600 * 1000;

/** What Kinto gives a meaning to that is not read here: ignoring it would show, or delete, more than was asked for. */
const UNREAD = ["_sort", "_fields", "_to"];

/** Reads the query of a list; {@link readToken} reads `_token`. Kinto ignores other names that begin with `_`. */
export const readSelection = (query: URLSearchParams, now: number): Omit<Selection, "after"> => {
  for (const name of new Set(query.keys())) {
    if (name === "_sort" && query.get(name) === "-last_modified") continue;
    if (!name.startsWith("_") || UNREAD.includes(name)) {
      throw invalid(flaw(name, `Lists can't be filtered or sorted by ${name}`));
    }
    if (query.getAll(name).length > 1) throw invalid(flaw(name, `${name} is given more than once`));
  }
  // Kinto takes 0 and nothing for no limit.
  const limit = query.get("_limit") === "" ? undefined : readInteger(query, "_limit");
  return { since: readBound(query, "_since", now), before: readBound(query, "_before", now), limit: limit === 0 ? undefined : limit };
};

const readBound = (query: URLSearchParams, name: string, now: number): number | undefined => {
  const bound = readInteger(query, name);
  if (bound !== undefined && bound > now + AHEAD) throw invalid(flaw(name, `Invalid value for ${name}`));
  return bound;
};

/** A number, bare or between double quotes as in an ETag; `null` means none. */
const readInteger = (query: URLSearchParams, name: string): number | undefined => {
  const given = query.get(name);
  if (given === null || given === "null") return undefined;
  const value = /^"(.*)"$/.exec(given)?.[1] ?? given;
  if (!/^[+-]?\d+$/.test(value.trim())) throw invalid(flaw(name, `${JSON.stringify(value)} is not a number`));
  const number = Number(value);
  if (number < 0) throw invalid(flaw(name, `${value} is less than minimum value 0`));
  if (number > 2 ** 63) throw invalid(flaw(name, `${value} is greater than maximum value ${2n ** 63n}`));
  return number;
};

const flaw = (name: string, description: string): Flaw => ({ location: "querystring", name, description });
