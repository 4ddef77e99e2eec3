import { createObject, createObjectPlan } from "../../core/objects/create-object.ts";
import { deleteObjectsPlan } from "../../core/objects/delete-objects.ts";
import { readDraft } from "../../core/objects/draft.ts";
import { listObjects, listObjectsPlan } from "../../core/objects/list-objects.ts";
import type { ListRef } from "../../core/resources.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { type HttpRequest, requireContentType } from "../http/request.ts";
import { type HttpResponse, httpResponse, timestampHeaders, totalCountHeaders } from "../http/response.ts";
import { deleteList, deleteListInBatch } from "./delete-list.ts";
import { asksForPast, deprecationAlert, formatEntries, listRequest, scopeOf } from "./list-request.ts";
import { fieldProjection, listCacheHeaders, objectResponse } from "./objects.ts";
import { listOperation } from "./openapi/lists.ts";
import { nextPageHeader } from "./paging.ts";
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
      run: (call) => deleteListInBatch(call, list),
      runAlone: (call) => deleteList(call, list),
      describe,
    },
  };
};

const get = async (call: ApiCall, list: ListRef): Promise<HttpResponse> => {
  const { api, session, request, user, budget } = call;
  const counted = request.method === "HEAD";
  const { query, ...input } = listRequest(call, list);
  const options = { list, user, ...input, counted, budget };
  const result = asksForPast(request)
    ? await (await import("./past.ts")).listPast(call, options)
    : await listObjects(api.storeContext, session, options);
  const headers = { ...timestampHeaders(result.timestamp), ...listCacheHeaders(call, list) };
  if ("notModified" in result) return httpResponse(304, null, headers);
  const alert = deprecationAlert(query());
  if ("total" in result) return httpResponse(200, "{}", { ...headers, ...alert, ...totalCountHeaders(result.total) });
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
