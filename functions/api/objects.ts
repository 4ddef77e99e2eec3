import { invalid } from "../../core/errors.ts";
import { createProjection } from "../../core/lists/fields.ts";
import { readFields } from "../../core/lists/list-query.ts";
import type { ObjectResult } from "../../core/objects/checks.ts";
import { deleteObject, deleteObjectPlan } from "../../core/objects/delete-objects.ts";
import { readDraft } from "../../core/objects/draft.ts";
import { getObject, getObjectPlan } from "../../core/objects/get-object.ts";
import { patchObject } from "../../core/objects/patch-object.ts";
import { replaceObject, replaceObjectPlan } from "../../core/objects/replace-object.ts";
import { idsByResource, isCore, type ListRef, type ObjectRef } from "../../core/resources.ts";
import { scopedSetting } from "../../core/settings.ts";
import { parseData } from "../../core/store/view.ts";
import { type HttpRequest, requireContentType } from "../http/request.ts";
import { cacheHeaders, type HttpResponse, httpResponse, NO_CACHE_HEADERS, timestampHeaders } from "../http/response.ts";
import { asksForPast } from "./list-request.ts";
import { objectOperation } from "./openapi/objects.ts";
import { PATCH_TYPES, readBehavior, readPatch } from "./patch.ts";
import { isCreateOnly, readPreconditions } from "./preconditions.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

/** The endpoint of an object, which may not exist. */
export const objectEndpoint = (ref: ObjectRef): ApiEndpoint => {
  const write = () => replaceObjectPlan(ref);
  const describe = (method: string) => objectOperation(method, ref.list.resource);
  const reader = { plan: () => getObjectPlan(ref), run: (call: ApiCall) => get(call, ref), describe };
  return {
    GET: reader,
    HEAD: reader,
    PUT: { plan: write, run: (call) => put(call, ref), describe },
    PATCH: { plan: write, run: (call) => patch(call, ref), describe },
    DELETE: {
      plan: () => deleteObjectPlan(ref),
      run: (call) => remove(call, ref),
      describe,
    },
  };
};

const get = async (call: ApiCall, ref: ObjectRef): Promise<HttpResponse> => {
  const { api, session, request, user } = call;
  const input = { ref, user, preconditions: () => readPreconditions(request) };
  const result = asksForPast(request)
    ? await (await import("./past.ts")).getPast(call, input)
    : await getObject(api.storeContext, session, input);
  const headers = listCacheHeaders(call, ref.list);
  if ("notModified" in result) return httpResponse(304, null, { ...timestampHeaders(result.timestamp), ...headers });
  const fields = request.query === "" ? undefined : readFields(new URLSearchParams(request.query));
  if (fields === undefined) return objectResponse(200, result, headers);
  return httpResponse(200, `{"data":${fieldProjection(fields)(result.object.json)}}`, {
    ...timestampHeaders(result.object.last_modified),
    ...headers,
  });
};

const put = async ({ api, session, request, user }: ApiCall, ref: ObjectRef): Promise<HttpResponse> => {
  requireContentType(request);
  const result = await replaceObject(api.storeContext, session, {
    ref,
    user,
    createOnly: isCreateOnly(request),
    preconditions: () => readPreconditions(request),
    draft: () => readDraft(ref.list.resource, request.json()),
  });
  return objectResponse(result.created ? 201 : 200, result);
};

const patch = async ({ api, session, request, user }: ApiCall, ref: ObjectRef): Promise<HttpResponse> => {
  requireContentType(request, PATCH_TYPES);
  const result = await patchObject(api.storeContext, session, {
    ref,
    user,
    preconditions: () => readPreconditions(request),
    behavior: () => readBehavior(request),
    patch: () => readPatch(ref.list.resource, request),
  });
  const { data, object } = result;
  return data === undefined
    ? objectResponse(200, result)
    : httpResponse(200, JSON.stringify({ data }), timestampHeaders(object.last_modified));
};

const remove = async ({ api, session, request, user }: ApiCall, ref: ObjectRef): Promise<HttpResponse> => {
  const tombstone = await deleteObject(api.storeContext, session, {
    ref,
    user,
    preconditions: () => readPreconditions(request),
    time: () => readTime(request),
  });
  return httpResponse(200, `{"data":${tombstone.json}}`, timestampHeaders(tombstone.last_modified));
};

/** `{"permissions": …, "data": …}`. `data` is sent as it is stored, without parsing it. */
export const objectResponse = (
  status: number,
  { object, permissions }: ObjectResult,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse =>
  httpResponse(status, `{"permissions":${JSON.stringify(permissions)},"data":${object.json}}`, {
    ...timestampHeaders(object.last_modified),
    ...headers,
  });

/** `?last_modified=`: the timestamp of the tombstone, in ms, with or without double quotes. */
const readTime = ({ query }: HttpRequest): number | undefined => {
  const name = "last_modified";
  const [value, ...others] = new URLSearchParams(query).getAll(name);
  if (others.length > 0)
    throw invalid({ location: "querystring", name, description: `${name} is given more than once` });
  if (value === undefined || value === "" || value === '""') return undefined;
  const [, digits] = /^"?([+-]?\d+)"?$/.exec(value) ?? [];
  if (digits === undefined)
    throw invalid({ location: "querystring", name, description: `${JSON.stringify(value)} is not a number` });
  return Math.max(Number(digits), 0);
};

/**
 * The cache headers of a list or one of its objects. Only what anonymous users can read is cached, for the time in the
 * settings or in the `cache_expires` of a record's collection, whichever is longer. The session must have read the
 * list's parents.
 */
export const listCacheHeaders = (
  { api: { settings, storeContext }, session, user }: ApiCall,
  list: ListRef,
): Readonly<Record<string, string>> => {
  if (user !== null || !isCore(list.resource.name)) return NO_CACHE_HEADERS;
  // What a hook shows may change without the object.
  if (storeContext.readHooks?.concern(list)) return NO_CACHE_HEADERS;
  const ids = idsByResource(list.parent);
  const setting = scopedSetting(settings, `${list.resource.name}CacheExpiresSeconds`, ids.bucket, ids.collection);
  const collection =
    list.resource.name === "record" && list.parent !== null ? session.view.object(list.parent) : undefined;
  const { cache_expires: own } = collection === undefined ? {} : parseData(collection);
  const seconds = Math.max(setting ?? -1, typeof own === "number" ? own : -1);
  // As in Kinto, 0 is sent as the time for records; for other objects it means that they are not cached.
  return seconds < (list.resource.name === "record" ? 0 : 1) ? NO_CACHE_HEADERS : cacheHeaders(seconds, session.now);
};

/**
 * Returns a function that reduces stored JSON to some fields (`_fields`); to all of them if `fields` is `undefined`.
 */
export const fieldProjection = (fields: readonly string[] | undefined): ((json: string) => string) => {
  if (fields === undefined) return (json) => json;
  const project = createProjection(fields);
  return (json) => JSON.stringify(project(parseData({ json })));
};
