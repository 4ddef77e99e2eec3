import { idsOn, isCore, type ListRef } from "../../core/resources.ts";
import { placeSetting } from "../../core/settings.ts";
import { dataOf } from "../../core/store/view.ts";
import { cachedFor, NOT_CACHED } from "../http/answer.ts";
import type { Call } from "./call.ts";

/**
 * How long an answer may be kept: only what anybody may read is, for as long as settings say, or a record's collection in its
 * `cache_expires`, whichever is longer. The list's parents must have been read.
 */
export const cacheHeaders = (
  { api: { settings }, session, user }: Call,
  list: ListRef,
): Readonly<Record<string, string>> => {
  if (user !== null || !isCore(list.kind.name)) return NOT_CACHED;
  const ids = idsOn(list.parent);
  const setting = placeSetting(settings, `${list.kind.name}CacheExpiresSeconds`, ids.bucket, ids.collection);
  const collection = list.kind.name === "record" && list.parent !== null ? session.view.object(list.parent) : undefined;
  const { cache_expires: own } = collection === undefined ? {} : dataOf(collection);
  const seconds = Math.max(setting ?? -1, typeof own === "number" ? own : -1);
  // Of records 0 is told as such, of others as nothing to keep (Kinto).
  return seconds < (list.kind.name === "record" ? 0 : 1) ? NOT_CACHED : cachedFor(seconds, session.now);
};
