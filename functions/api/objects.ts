import { invalid } from "../../core/errors.ts";
import { readFields } from "../../core/lists/list-query.ts";
import type { ObjectAnswer } from "../../core/objects/answer.ts";
import { deleteObject } from "../../core/objects/delete-object.ts";
import { getObject } from "../../core/objects/get-object.ts";
import { patchObject } from "../../core/objects/patch-object.ts";
import { readDraft } from "../../core/objects/read-draft.ts";
import { replaceObject } from "../../core/objects/replace-object.ts";
import { ancestors, type ObjectRef } from "../../core/resources.ts";
import { around } from "../../core/store/view.ts";
import { type Answer, answer, timeHeaders } from "../http/answer.ts";
import { requireType } from "../http/media-types.ts";
import type { HttpRequest } from "../http/request.ts";
import { cacheHeaders } from "./cache-headers.ts";
import type { Call, Endpoint } from "./call.ts";
import { PATCH_TYPES, readPatch } from "./draft.ts";
import { objectOperation } from "./openapi/objects.ts";
import { readPreconditions } from "./preconditions.ts";
import { shownFields } from "./shown-fields.ts";

/** What can be done with an object, whether or not there is one. */
export const objectEndpoint = (ref: ObjectRef): Endpoint => {
  const write = () => ({ ...around(ref), writes: [ref.list] });
  const read = () => ({ objects: [ref, ...ancestors(ref)], clocks: [], writes: [] });
  const describe = (method: string) => objectOperation(method, ref.list.kind);
  const reader = { plan: read, run: (call: Call) => get(call, ref), describe };
  return {
    GET: reader,
    HEAD: reader,
    PUT: { plan: write, run: (call) => put(call, ref), describe },
    PATCH: { plan: write, run: (call) => patch(call, ref), describe },
    DELETE: {
      plan: () => ({ objects: [ref, ...ancestors(ref)], clocks: [ref.list], writes: [ref.list] }),
      run: (call) => remove(call, ref),
      describe,
    },
  };
};

const get = async (call: Call, ref: ObjectRef): Promise<Answer> => {
  const { api, session, request, user } = call;
  const result = await getObject(api.world, session, { ref, user, preconditions: () => readPreconditions(request) });
  const headers = cacheHeaders(call, ref.list);
  if ("notModified" in result) return answer(304, null, { ...timeHeaders(result.timestamp), ...headers });
  const fields = readFields(new URLSearchParams(request.query));
  if (fields === undefined) return told(200, result, headers);
  return answer(200, `{"data":${shownFields(fields)(result.object.json)}}`, {
    ...timeHeaders(result.object.last_modified),
    ...headers,
  });
};

const put = async ({ api, session, request, user }: Call, ref: ObjectRef): Promise<Answer> => {
  requireType(request);
  const result = await replaceObject(api.world, session, {
    ref,
    user,
    creates: request.headers["if-none-match"]?.trim() === "*",
    preconditions: () => readPreconditions(request),
    draft: () => readDraft(ref.list.kind, request.json()),
  });
  return told(result.created ? 201 : 200, result);
};

const patch = async ({ api, session, request, user }: Call, ref: ObjectRef): Promise<Answer> => {
  requireType(request, PATCH_TYPES);
  const result = await patchObject(api.world, session, {
    ref,
    user,
    preconditions: () => readPreconditions(request),
    behavior: () => readBehavior(request),
    patch: () => readPatch(ref.list.kind, request),
  });
  const { data, object } = result;
  return data === undefined
    ? told(200, result)
    : answer(200, JSON.stringify({ data }), timeHeaders(object.last_modified));
};

const remove = async ({ api, session, request, user }: Call, ref: ObjectRef): Promise<Answer> => {
  const tombstone = await deleteObject(api.world, session, {
    ref,
    user,
    preconditions: () => readPreconditions(request),
    time: () => readTime(request),
  });
  return answer(200, `{"data":${tombstone.json}}`, timeHeaders(tombstone.last_modified));
};

/** `{"permissions": …, "data": …}`; data goes out as it is stored, letter by letter. */
export const told = (
  status: number,
  { object, permissions }: ObjectAnswer,
  headers: Readonly<Record<string, string>> = {},
): Answer =>
  answer(status, `{"permissions":${JSON.stringify(permissions)},"data":${object.json}}`, {
    ...timeHeaders(object.last_modified),
    ...headers,
  });

export const BEHAVIORS = ["full", "light", "diff"] as const;

const readBehavior = ({ headers }: HttpRequest): (typeof BEHAVIORS)[number] => {
  const name = "Response-Behavior";
  const given = headers["response-behavior"] || "full";
  const known = BEHAVIORS.find((behavior) => behavior === given);
  if (known === undefined)
    throw invalid({
      location: "header",
      name,
      description: `${JSON.stringify(given)} is not one of ${BEHAVIORS.join(", ")}`,
    });
  return known;
};

/** `?last_modified=`: when the object is to have been deleted, in ms, bare or between double quotes. */
const readTime = ({ query }: HttpRequest): number | undefined => {
  const name = "last_modified";
  const given = new URLSearchParams(query).get(name);
  if (given === null || given === "" || given === '""') return undefined;
  const [, digits] = /^"?([+-]?\d+)"?$/.exec(given) ?? [];
  if (digits === undefined)
    throw invalid({ location: "querystring", name, description: `${JSON.stringify(given)} is not a number` });
  return Math.max(Number(digits), 0);
};
