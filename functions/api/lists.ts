import { Failure } from "../../core/errors.ts";
import { type ListQuery, readListQuery } from "../../core/lists/list-query.ts";
import { requireDeletionQuery, requireIntegers } from "../../core/lists/query-parameters.ts";
import { createObject, createObjectPlan } from "../../core/objects/create-object.ts";
import {
  type DeleteObjectsInput,
  deleteObjectsPlan,
  deleteSelectedObjects,
  type ObjectsToDelete,
  selectObjectsToDelete,
} from "../../core/objects/delete-objects.ts";
import { readDraft } from "../../core/objects/draft.ts";
import { listObjects, listObjectsPlan } from "../../core/objects/list-objects.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";
import type { Selection } from "../../core/objects/select.ts";
import type { SharePlace } from "../../core/permissions/shared-objects.ts";
import type { ListEntry, StoredObject } from "../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../core/resources.ts";
import { transact } from "../../core/store/transact.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { once } from "../../lib/util/once.ts";
import { type HttpRequest, requireContentType } from "../http/request.ts";
import { type HttpResponse, httpResponse, timestampHeaders, totalCountHeaders } from "../http/response.ts";
import { fieldProjection, listCacheHeaders, objectResponse } from "./objects.ts";
import { listOperation } from "./openapi/lists.ts";
import { invalidToken, nextPageHeader, type PageToken, verifyPageToken } from "./paging.ts";
import { readPreconditions } from "./preconditions.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

/** The endpoint of a list. */
export const listEndpoint = (list: ListRef): ApiEndpoint => {
  const describe = (method: string) => listOperation(method, list.resource);
  const reader = { plan: () => listObjectsPlan(list), run: (call: ApiCall) => get(call, list), paged: true, describe };
  return {
    HEAD: reader,
    GET: reader,
    POST: {
      plan: (request) => createObjectPlan(list, request.isParsed ? postedId(request) : undefined),
      run: (call) => post(call, list),
      describe,
    },
    DELETE: {
      plan: () => deleteObjectsPlan(list),
      run: (call) => remove(call, list),
      runAlone: (call) => removeAlone(call, list),
      describe,
    },
  };
};

const get = async (call: ApiCall, list: ListRef): Promise<HttpResponse> => {
  const { api, session, request, user } = call;
  const counted = request.method === "HEAD";
  const { query, ...input } = listRequest(call, list);
  const result = await listObjects(api.storeContext, session, { list, user, ...input, counted });
  const headers = { ...timestampHeaders(result.timestamp), ...listCacheHeaders(call, list) };
  if ("notModified" in result) return httpResponse(304, null, headers);
  const alert = deprecationAlert(query());
  if ("total" in result) {
    return httpResponse(200, "{}", { ...headers, ...alert, ...totalCountHeaders(result.total) });
  }
  const page = await nextPageHeader(call, scopeOf(request, list, query()), query().limit, result.next);
  return httpResponse(200, formatEntries(result.entries, fieldProjection(query().fields)), {
    ...headers,
    ...alert,
    ...page,
  });
};

const post = async ({ api, session, request, user }: ApiCall, list: ListRef): Promise<HttpResponse> => {
  requireContentType(request);
  const preconditions = () => readPreconditions(request);
  const draft = () => readDraft(list.resource, request.json());
  const result = await createObject(api.storeContext, session, {
    list,
    id: () => postedId(request),
    user,
    preconditions,
    draft,
  });
  return objectResponse(result.created ? 201 : 200, result);
};

/** The id in the posted data. Errors of the body are reported later, when the draft is read. */
const postedId = (request: HttpRequest): string | undefined => {
  let body: Json | undefined;
  try {
    body = request.json();
  } catch {
    return undefined;
  }
  const id = isObject(body) && isObject(body.data) ? body.data.id : undefined;
  if (id === undefined) return undefined;
  // Like other invalid ids, the empty one is rejected where ids are checked.
  return typeof id === "string" ? id : "";
};

const remove = async (call: ApiCall, list: ListRef): Promise<HttpResponse> => {
  const { query, ...request } = listRequest(call, list);
  const input = { list, user: call.user, ...request };
  const selected = await selectObjectsToDelete(call.api.storeContext, call.session, input);
  const tombstones = await deleteSelectedObjects(call.api.storeContext, call.session, input, selected);
  return deletionResponse(call, list, query(), selected, tombstones);
};

/** A deletion writes the object's item and one index item for each principal that it is shared with. */
const MAX_OBJECTS_PER_TRANSACTION = 20;

/** Like {@link remove}, in several transactions. */
const removeAlone = async (call: Omit<ApiCall, "session">, list: ListRef): Promise<HttpResponse> => {
  const { storeContext, transactions } = call.api;
  const { user } = call;
  const { query, ...request } = listRequest(call, list);
  const input: DeleteObjectsInput = { list, user, ...request };
  const plan = { ...deleteObjectsPlan(list), members: user === null ? [] : [user] };
  const selected = await transact(transactions, { ...plan, writes: [] }, (session) =>
    selectObjectsToDelete(storeContext, session, input),
  );

  /** Deletes a part in one transaction, or in several if it has too many principals or members. */
  const deletePart = async (
    entries: readonly ListEntry[],
    partInput: DeleteObjectsInput,
  ): Promise<readonly StoredObject[]> => {
    const refs = entries.map(({ id }) => objectRef(list, id));
    try {
      return await transact(transactions, { ...plan, objects: refs }, (session) =>
        deleteSelectedObjects(storeContext, session, partInput, { ...selected, entries }),
      );
    } catch (error) {
      if (!(error instanceof Failure && error.kind === "REQUEST_TOO_LARGE") || entries.length <= 1) throw error;
      const half = Math.ceil(entries.length / 2);
      const first = await deletePart(entries.slice(0, half), partInput);
      return [...first, ...(await deletePart(entries.slice(half), { ...partInput, preconditions: () => ({}) }))];
    }
  };

  const tombstones: StoredObject[] = [];
  const { length } = selected.entries;
  // An empty list may have been filled since the precondition was checked, so it is checked again.
  const end = request.preconditions().ifMatch === undefined ? length : Math.max(length, 1);
  for (let i = 0; i < end; i += MAX_OBJECTS_PER_TRANSACTION) {
    // The precondition is checked for the first part only, because that part changes the list.
    const partInput = i === 0 ? input : { ...input, preconditions: () => ({}) };
    tombstones.push(...(await deletePart(selected.entries.slice(i, i + MAX_OBJECTS_PER_TRANSACTION), partInput)));
  }
  return deletionResponse(call, list, query(), selected, tombstones);
};

const deletionResponse = async (
  call: Omit<ApiCall, "session">,
  list: ListRef,
  query: ListQuery,
  { timestamp, next }: ObjectsToDelete,
  tombstones: readonly StoredObject[],
): Promise<HttpResponse> => {
  const page = await nextPageHeader(call, scopeOf(call.request, list, query), query.limit, next);
  const last = tombstones.reduce((latest, { last_modified }) => Math.max(latest, last_modified), 0);
  return httpResponse(200, formatEntries(tombstones), {
    ...timestampHeaders(tombstones.length === 0 ? timestamp : last),
    ...deprecationAlert(query),
    ...page,
  });
};

const formatEntries = (
  entries: readonly Pick<ListEntry, "json">[],
  project: (json: string) => string = (json) => json,
): string => `{"data":[${entries.map(({ json }) => project(json)).join(",")}]}`;

interface ListRequest {
  readonly query: () => ListQuery;
  readonly place: () => Promise<SharePlace | undefined>;
  readonly selection: (timestamp: number) => Promise<Selection>;
  readonly preconditions: () => Preconditions;
}

/** Reads a request's query and headers lazily, so that errors are reported in Kinto's order. */
const listRequest = ({ api, request }: Pick<ApiCall, "api" | "request">, list: ListRef): ListRequest => {
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

const CONSUMED = new WeakMap<HttpRequest, Promise<boolean>>();

/** Consumes a request's token once, because a part of a batch may run several times. */
const consumeOnce = (request: HttpRequest, consume: () => Promise<boolean>): Promise<boolean> => {
  const consumed = CONSUMED.get(request) ?? consume();
  CONSUMED.set(request, consumed);
  return consumed;
};

const scopeOf = (
  { method }: HttpRequest,
  { uri }: ListRef,
  { since, before, filters, sorts }: Omit<ListQuery, "token">,
): string =>
  JSON.stringify([method === "DELETE" ? "DELETE" : "GET", uri, since ?? null, before ?? null, filters, sorts]);

/** The alert that Kinto sends for `_to`. */
const deprecationAlert = ({ deprecatedTo }: ListQuery): Readonly<Record<string, string>> =>
  deprecatedTo ? DEPRECATED_TO : {};

const DEPRECATED_TO = {
  Alert: JSON.stringify({
    code: "soft-eol",
    message: "_to is now deprecated, you should use _before instead",
    url: "https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters",
  }),
};
