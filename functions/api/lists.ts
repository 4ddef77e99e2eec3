import type { Api } from "../../app/api.ts";
import { answer, NOT_CACHED, timeHeaders } from "../../app/http/answer.ts";
import { readJson } from "../../app/http/body.ts";
import { publicUrl } from "../../app/http/public-url.ts";
import { createObject } from "../../core/objects/create-object.ts";
import { deleteObjects } from "../../core/objects/delete-objects.ts";
import { listObjects } from "../../core/objects/list-objects.ts";
import type { ListRef } from "../../core/resources.ts";
import type { Entry, Place } from "../../core/store/store.ts";
import { postedId, readDraft } from "./draft.ts";
import { asker, told } from "./objects.ts";
import { readSelection } from "./selection.ts";
import { settled, unwrap } from "./settled.ts";
import { makeToken, readToken } from "./token.ts";

export const get = async ({ world, identification, seal }: Api, request: Request, list: ListRef): Promise<Response> => {
  const asked = await asker(identification, request);
  const { select, scope } = await readQuery(seal, request, list);
  const counted = request.method === "HEAD";
  const result = await listObjects(world, { list, ...asked, select, counted });
  const headers = { ...timeHeaders(result.timestamp), ...NOT_CACHED };
  if ("notModified" in result) return answer(304, null, headers);
  if ("total" in result) return answer(200, "{}", { ...headers, "Total-Objects": String(result.total), "Total-Records": String(result.total) });
  return answer(200, entries(result.entries), { ...headers, ...(await nextPage(seal, request, scope, result.next)) });
};

export const post = async ({ world, identification }: Api, request: Request, list: ListRef): Promise<Response> => {
  const body = await settled(readJson(request));
  const id = body.status === "fulfilled" ? postedId(body.value) : undefined;
  const result = await createObject(world, { list, id, ...(await asker(identification, request)), draft: () => readDraft(list.resource, unwrap(body)) });
  return told(result.created ? 201 : 200, result);
};

export const remove = async ({ world, identification, seal }: Api, request: Request, list: ListRef): Promise<Response> => {
  const asked = await asker(identification, request);
  const { select, scope } = await readQuery(seal, request, list);
  const result = await deleteObjects(world, { list, ...asked, select });
  return answer(200, entries(result.tombstones), { ...timeHeaders(result.timestamp), ...(await nextPage(seal, request, scope, result.next)) });
};

const entries = (stored: readonly Entry[]): string => `{"data":[${stored.map(({ json }) => json).join(",")}]}`;

/** What of the list is asked for, and what a token for its next page is good for. */
const readQuery = async (seal: Api["seal"], request: Request, list: ListRef) => {
  const query = new URL(request.url).searchParams;
  const bounds = readSelection(query, Date.now());
  const scope = `${request.method === "DELETE" ? "DELETE" : "GET"} ${list.uri} ${bounds.since ?? ""} ${bounds.before ?? ""}`;
  return { scope, select: { ...bounds, after: await readToken(seal, scope, query.get("_token")) } };
};

/** `Next-Page`: the same request, from where this page ended; absent on the last page. */
const nextPage = async (seal: Api["seal"], request: Request, scope: string, next: Place | undefined): Promise<Record<string, string>> => {
  if (next === undefined) return {};
  const url = publicUrl(request);
  url.searchParams.set("_token", await makeToken(seal, scope, next));
  return { "Next-Page": url.href };
};
