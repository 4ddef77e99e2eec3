import { hash } from "node:crypto";
import { isObject, type Json, parseJson } from "../../lib/json.ts";
import { type Failure, invalid } from "../errors.ts";
import type { SortKey } from "../lists/sort.ts";
import type { VersionKey } from "../ports/versions.ts";

/** The end of a page of history: in the order of versions, or in a sorted one. */
export type HistoryPosition = { readonly key: VersionKey } | { readonly sort: SortKey };

const MAX_TOKEN_CHARS = 20_000;
const DIGEST_CHARS = 16;

/**
 * Returns what the pages of a query have in common, for {@link formatPosition}: the query without the size and place of the
 * page.
 */
export const digestQuery = (bucket: string, query: string): string => {
  const parameters = [...new URLSearchParams(query)].filter(([name]) => name !== "_token" && name !== "_limit");
  return hash("sha256", JSON.stringify([bucket, parameters]), "base64url").slice(0, DIGEST_CHARS);
};

/**
 * Writes a position as `_token`, with the digest of its query. It is not signed: it shows nothing that its user has not
 * seen, and allows nothing.
 */
export const formatPosition = (position: HistoryPosition, of: string): string =>
  Buffer.from(JSON.stringify({ ...position, of })).toString("base64url");

/**
 * Reads `_token`. @param criteria the number of sort criteria; 0 in the order of versions. @throws Failure 400, also for the
 * token of another query
 */
export const parsePosition = (token: string, criteria: number, digest: string): HistoryPosition => {
  const value = readJson(token.slice(0, MAX_TOKEN_CHARS));
  const { key, sort, of } = isObject(value) ? value : {};
  if (isObject(value) && of !== digest) throw invalidToken("_token is that of another query");
  if (criteria === 0 && isObject(key) && Number.isSafeInteger(key.revision) && typeof key.uri === "string")
    return { key: { revision: Number(key.revision), uri: key.uri } };
  if (criteria > 0 && Array.isArray(sort) && sort.length === criteria && sort.every(isSortValue)) return { sort };
  throw invalidToken("_token has invalid content");
};

const invalidToken = (description: string): Failure => invalid({ location: "querystring", name: null, description });

const isSortValue = (value: Json): value is [Json] | [] => Array.isArray(value) && value.length <= 1;

const readJson = (token: string): Json | undefined => {
  try {
    return parseJson(Buffer.from(token, "base64url").toString()) as Json;
  } catch {
    return undefined;
  }
};
