import { UserError } from "../../../config/user-error.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { KintoClient } from "./kinto-client.ts";

/** Entries per response, of up to some hundred KB each. Kinto may have a lower limit. */
const PAGE_SIZE = 500;
/** Empty pages in a row, which have a next page. */
const MAX_EMPTY_PAGES = 100;

/** A response for a part of a list. */
export interface KintoPage {
  readonly status: number;
  readonly headers: Headers;
  /** `undefined` in an error. */
  readonly entries: readonly JsonObject[] | undefined;
}

/**
 * Reads a list page by page, the oldest entries first, up to its end or an error. Throws a {@link UserError} if the pages
 * do not go on.
 *
 * @param query further parameters: `_since=0`
 * @param headers of the first request
 */
export async function* readPages(
  client: KintoClient,
  list: string,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): AsyncGenerator<KintoPage> {
  let last: JsonObject | undefined;
  let emptyPages = 0;
  let next: string | null = `${list}?${query}_sort=last_modified&_limit=${PAGE_SIZE}`;
  for (let isFirst = true; next !== null; isFirst = false) {
    const { status, body, headers: answered } = await client.get(next, isFirst ? headers : {});
    if (status !== 200) return yield { status, headers: answered, entries: undefined };
    if (!Array.isArray(body.data))
      throw new UserError([`${list} answers 200 without a list. Is ${client.root} the URL of a Kinto server?`]);
    const entries = body.data.filter(isObject);
    if (entries.length < body.data.length || entries.some(({ id }) => typeof id !== "string"))
      throw new UserError([`${list} has entries without ids. Is ${client.root} the URL of a Kinto server?`]);
    const newest = entries.at(-1);
    emptyPages = newest === undefined ? emptyPages + 1 : 0;
    if (emptyPages > MAX_EMPTY_PAGES || (last !== undefined && newest !== undefined && !isAfter(newest, last)))
      throw new UserError([
        `The pages of ${list} do not end: ${next} has nothing after the page before. Check the server and what is between, such as a cache.`,
      ]);
    yield { status, headers: answered, entries };
    last = newest ?? last;
    next = answered.get("next-page");
  }
}

const isAfter = (entry: JsonObject, last: JsonObject): boolean => {
  const [time, before] = [Number(entry.last_modified), Number(last.last_modified)];
  return time > before || (time === before && entry.id !== last.id);
};
