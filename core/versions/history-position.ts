import { isObject, type Json, parseJson } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import type { SortKey } from "../lists/sort.ts";
import type { VersionKey } from "../ports/versions.ts";

/** The end of a page of history: in the order of versions, or in a sorted one. */
export type HistoryPosition = { readonly key: VersionKey } | { readonly sort: SortKey };

const MAX_TOKEN_CHARS = 20_000;

/** Writes a position as `_token`. It is not signed: it shows nothing that its user has not seen, and allows nothing. */
export const formatPosition = (position: HistoryPosition): string =>
  Buffer.from(JSON.stringify(position)).toString("base64url");

/** Reads `_token`. @param criteria the number of sort criteria; 0 in the order of versions. @throws Failure 400 */
export const parsePosition = (token: string, criteria: number): HistoryPosition => {
  const value = readJson(token.slice(0, MAX_TOKEN_CHARS));
  const { key, sort } = isObject(value) ? value : {};
  if (criteria === 0 && isObject(key) && Number.isSafeInteger(key.revision) && typeof key.uri === "string")
    return { key: { revision: Number(key.revision), uri: key.uri } };
  if (criteria > 0 && Array.isArray(sort) && sort.length === criteria && sort.every(isSortValue)) return { sort };
  throw invalid({ location: "querystring", name: null, description: "_token has invalid content" });
};

const isSortValue = (value: Json): value is [Json] | [] => Array.isArray(value) && value.length <= 1;

const readJson = (token: string): Json | undefined => {
  try {
    return parseJson(Buffer.from(token, "base64url").toString()) as Json;
  } catch {
    return undefined;
  }
};
