import { isObject, type Json } from "../../lib/json.ts";

/** An answer to aggregations without what engines may leave out: the revisions of the hits in it. */
export const withoutRevisions = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutRevisions);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "revision");
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutRevisions(one)]));
};
