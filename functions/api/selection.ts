import { type Flaw, invalid } from "../../core/errors.ts";
import type { Selection } from "../../core/objects/list-objects.ts";

/** How far ahead a bound may lie, in ms: clocks differ, but not by more than a day. */
const AHEAD = 24 * 3600 * 1000;

/** Reads the query of a list; {@link readToken} reads `_token`. Kinto ignores other names that begin with `_`. */
export const readSelection = (query: URLSearchParams, now: number): Omit<Selection, "after"> => {
  for (const name of new Set(query.keys())) {
    if (name === "_sort" && query.get(name) === "-last_modified") continue;
    if (!name.startsWith("_") || name === "_sort" || name === "_fields") {
      throw invalid(flaw(name, `Lists can't be filtered or sorted by ${name}`));
    }
  }
  const limit = readInteger(query, "_limit");
  return { since: readBound(query, "_since", now), before: readBound(query, "_before", now), limit: limit === 0 ? undefined : limit };
};

/** A timestamp, bare or between double quotes as in an ETag; `null` means none. */
const readBound = (query: URLSearchParams, name: string, now: number): number | undefined => {
  if (query.get(name) === "null") return undefined;
  const bound = readInteger(query, name, /^"(.*)"$/.exec(query.get(name) ?? "")?.[1]);
  if (bound !== undefined && bound > now + AHEAD) throw invalid(flaw(name, `Invalid value for ${name}`));
  return bound;
};

const readInteger = (query: URLSearchParams, name: string, value = query.get(name) ?? undefined): number | undefined => {
  if (value === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(value.trim())) throw invalid(flaw(name, `${JSON.stringify(value)} is not a number`));
  const number = Number(value);
  if (number < 0) throw invalid(flaw(name, `${value} is less than minimum value 0`));
  if (number > 2 ** 63) throw invalid(flaw(name, `${value} is greater than maximum value ${2n ** 63n}`));
  return number;
};

const flaw = (name: string, description: string): Flaw => ({ location: "querystring", name, description });
