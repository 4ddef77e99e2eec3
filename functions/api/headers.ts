import { invalid } from "../../core/errors.ts";
import { createProjection } from "../../core/lists/fields.ts";
import type { Preconditions } from "../../core/objects/checks.ts";
import { idsByResource, isCore, type ListRef } from "../../core/resources.ts";
import { scopedSetting } from "../../core/settings.ts";
import { parseData } from "../../core/store/view.ts";
import type { HttpRequest } from "../http/request.ts";
import { cacheHeaders, NO_CACHE_HEADERS } from "../http/response.ts";
import type { ApiCall } from "./routes.ts";

/** Reads `If-Match` and `If-None-Match`. */
export const readPreconditions = ({ headers }: HttpRequest): Preconditions => ({
  ifMatch: readEtag(headers["if-match"], "If-Match"),
  ifNoneMatch: readEtag(headers["if-none-match"], "If-None-Match"),
});

const readEtag = (header: string | undefined, name: string): number | "*" | undefined => {
  const value = header?.trim();
  if (value === undefined) return undefined;
  if (value === "*") return "*";
  const [, digits] = /^"(\d+)"$/.exec(value) ?? [];
  if (digits === undefined)
    throw invalid({ location: "header", name, description: "The value should be integer between double quotes." });
  return Number(digits);
};

/**
 * The cache headers of a list or one of its objects. Only what anonymous users can read is cached, for the time in the
 * settings or in the `cache_expires` of a record's collection, whichever is longer. The session must have read the
 * list's parents.
 */
export const listCacheHeaders = (
  { api: { settings }, session, user }: ApiCall,
  list: ListRef,
): Readonly<Record<string, string>> => {
  if (user !== null || !isCore(list.resource.name)) return NO_CACHE_HEADERS;
  const ids = idsByResource(list.parent);
  const setting = scopedSetting(settings, `${list.resource.name}CacheExpiresSeconds`, ids.bucket, ids.collection);
  const collection =
    list.resource.name === "record" && list.parent !== null ? session.view.object(list.parent) : undefined;
  const { cache_expires: own } = collection === undefined ? {} : parseData(collection);
  const seconds = Math.max(setting ?? -1, typeof own === "number" ? own : -1);
  // As in Kinto, 0 has headers of its own for records, and means no caching for others.
  return seconds < (list.resource.name === "record" ? 0 : 1) ? NO_CACHE_HEADERS : cacheHeaders(seconds, session.now);
};

/** Returns a function that reduces stored JSON to some fields (`_fields`); to all of them if `fields` is `undefined`. */
export const fieldProjection = (fields: readonly string[] | undefined): ((json: string) => string) => {
  if (fields === undefined) return (json) => json;
  const project = createProjection(fields);
  return (json) => JSON.stringify(project(parseData({ json })));
};
