import { quoteValue } from "../../core/objects/draft.ts";
import type { JsonObject } from "../../lib/json.ts";
import { isNestedDeeper, MAX_NESTING } from "../../lib/nesting.ts";

/** Returns what is wrong with the fields that the store sets in data; `undefined` if nothing is. */
export const findDataIssue = (id: string, data: JsonObject): string | undefined => {
  if (data.id !== undefined && data.id !== id)
    return `data.id is ${quoteValue(data.id)}. It must be the id in the URI, or absent`;
  if (isNestedDeeper(data)) return `data has more than ${MAX_NESTING} levels of arrays and objects`;
  const { last_modified } = data;
  if (last_modified === undefined || typeof last_modified === "number" || typeof last_modified === "bigint")
    return undefined;
  return `last_modified is ${quoteValue(last_modified)}. It must be a whole number: ms since 1970`;
};

/** Entries of a list that are remembered. */
const MAX_REMEMBERED = 100_000;

/**
 * Finds entries that a file has twice with the same time, of which none is newer. Remembers the present list, as far as it is
 * not too long.
 */
export const createRepetitionFinder = () => {
  let [list, times] = ["", new Map<string, number | undefined>()];
  return (listUri: string, id: string, lastModified: number | undefined): boolean => {
    if (listUri !== list || times.size >= MAX_REMEMBERED) [list, times] = [listUri, new Map()];
    const isRepeated = times.has(id) && times.get(id) === lastModified;
    times.set(id, lastModified);
    return isRepeated;
  };
};
