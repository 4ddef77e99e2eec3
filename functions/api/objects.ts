import type { Api } from "../../app/api.ts";
import { answer, NOT_CACHED, timeHeaders } from "../../app/http/answer.ts";
import { readJson } from "../../app/http/body.ts";
import type { ObjectAnswer } from "../../core/objects/answer.ts";
import { deleteObject } from "../../core/objects/delete-object.ts";
import { getObject } from "../../core/objects/get-object.ts";
import { patchObject } from "../../core/objects/patch-object.ts";
import { replaceObject } from "../../core/objects/replace-object.ts";
import type { ObjectRef } from "../../core/resources.ts";
import { readChanges, readDraft } from "./draft.ts";
import { readPreconditions } from "./preconditions.ts";
import { settled, unwrap } from "./settled.ts";

export const get = async ({ world, identification }: Api, request: Request, ref: ObjectRef): Promise<Response> => {
  const result = await getObject(world, { ref, ...(await asker(identification, request)) });
  if ("notModified" in result) return answer(304, null, { ...timeHeaders(result.timestamp), ...NOT_CACHED });
  return told(200, result, NOT_CACHED);
};

export const put = async ({ world, identification }: Api, request: Request, ref: ObjectRef): Promise<Response> => {
  const body = await settled(readJson(request));
  const result = await replaceObject(world, { ref, ...(await asker(identification, request)), draft: () => readDraft(ref.resource, unwrap(body)) });
  return told(result.created ? 201 : 200, result);
};

export const patch = async ({ world, identification }: Api, request: Request, ref: ObjectRef): Promise<Response> => {
  const body = await settled(readJson(request));
  return told(200, await patchObject(world, { ref, ...(await asker(identification, request)), draft: () => readChanges(ref.resource, unwrap(body)) }));
};

export const remove = async ({ world, identification }: Api, request: Request, ref: ObjectRef): Promise<Response> => {
  const tombstone = await deleteObject(world, { ref, ...(await asker(identification, request)) });
  return answer(200, `{"data":${tombstone.json}}`, timeHeaders(tombstone.last_modified));
};

/** Who asks, and of which state. */
export const asker = async (identification: Api["identification"], request: Request) => ({
  user: await identification.identify(request.headers.get("authorization") ?? undefined),
  preconditions: readPreconditions(request.headers),
});

/** `{"permissions": …, "data": …}`; data goes out as it is stored, letter by letter. */
export const told = (status: number, { object, permissions }: ObjectAnswer, headers: Readonly<Record<string, string>> = {}): Response =>
  answer(status, `{"permissions":${JSON.stringify(permissions)},"data":${object.json}}`, { ...timeHeaders(object.last_modified), ...headers });
