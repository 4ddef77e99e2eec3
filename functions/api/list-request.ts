import { Failure } from "../../core/errors.ts";
import { type ListQuery, readListQuery } from "../../core/lists/list-query.ts";
import { requireDeletionQuery, requireIntegers } from "../../core/lists/query-parameters.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";
import type { Selection } from "../../core/objects/select.ts";
import type { SharePlace } from "../../core/permissions/shared-objects.ts";
import type { ListEntry } from "../../core/ports/store.ts";
import type { ListRef } from "../../core/resources.ts";
import { once } from "../../lib/util/once.ts";
import type { HttpRequest } from "../http/request.ts";
import { invalidToken, type PageToken, verifyPageToken } from "./paging.ts";
import { readPreconditions } from "./preconditions.ts";
import type { ApiCall } from "./routes.ts";

export interface ListRequest {
  readonly query: () => ListQuery;
  readonly place: () => Promise<SharePlace | undefined>;
  readonly selection: (timestamp: number) => Promise<Selection>;
  readonly preconditions: () => Preconditions;
}

/** Reads a request's query and headers lazily, so that errors are reported in Kinto's order. */
export const listRequest = ({ api, request }: Pick<ApiCall, "api" | "request">, list: ListRef): ListRequest => {
  const { now } = api.transactions;
  const deletes = request.method === "DELETE";
  let newest = now();
  let read: ListQuery | undefined;
  const query = () => {
    read ??= readListQuery(new URLSearchParams(request.query), newest);
    return read;
  };
  const readToken = async ({ token, ...others }: ListQuery): Promise<PageToken | undefined> =>
    token === null || token === ""
      ? undefined
      : verifyPageToken(api.signer, scopeOf(request, list, others), token, now());
  // Called before the permission check, so that errors are left to the selection.
  const place = async () => {
    try {
      return (await readToken(query()))?.cursor.shares;
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  };
  const select = once(async (): Promise<Selection> => {
    const { token: _, ...others } = query();
    const token = await readToken(query());
    if (token === undefined) return others;
    const { cursor, id, expires } = token;
    // A token deletes one page. If it were used again, it would delete the objects of the next page.
    if (deletes && !(await consumeOnce(request, () => api.transactions.store.consumeToken(id, expires))))
      throw invalidToken("_token was already used or has expired.");
    return { ...others, after: cursor };
  });
  const selection = (timestamp: number): Promise<Selection> => {
    newest = Math.max(newest, timestamp);
    return select();
  };
  // As in Kinto, invalid numbers are reported before preconditions.
  const preconditions = () => {
    const params = new URLSearchParams(request.query);
    requireIntegers(params);
    if (deletes) requireDeletionQuery(params);
    return readPreconditions(request);
  };
  return { query, selection, place, preconditions };
};

/** Whether a request asks for an object or list as it was (`_at`). */
export const asksForPast = ({ query }: HttpRequest): boolean =>
  query.includes("_at") && new URLSearchParams(query).has("_at");

const CONSUMED = new WeakMap<HttpRequest, Promise<boolean>>();

/** Consumes a request's token once, because a part of a batch may run several times. */
const consumeOnce = (request: HttpRequest, consume: () => Promise<boolean>): Promise<boolean> => {
  const consumed = CONSUMED.get(request) ?? consume();
  CONSUMED.set(request, consumed);
  return consumed;
};

/** The scope of the page tokens of a list. */
export const scopeOf = (
  { method }: HttpRequest,
  { uri }: ListRef,
  { since, before, filters, sorts }: Omit<ListQuery, "token">,
): string =>
  JSON.stringify([method === "DELETE" ? "DELETE" : "GET", uri, since ?? null, before ?? null, filters, sorts]);

/** The alert that Kinto sends for `_to`. */
export const deprecationAlert = ({ deprecatedTo }: ListQuery): Readonly<Record<string, string>> =>
  deprecatedTo ? DEPRECATED_TO : {};

const DEPRECATED_TO = {
  Alert: JSON.stringify({
    code: "soft-eol",
    message: "_to is now deprecated, you should use _before instead",
    url: "https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters",
  }),
};

/** The body of a response that is a list. */
export const formatEntries = (
  entries: readonly Pick<ListEntry, "json">[],
  project: (json: string) => string = (json) => json,
): string => `{"data":[${entries.map(({ json }) => project(json)).join(",")}]}`;
