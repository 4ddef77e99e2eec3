import { type JsonObject, jsonResponse, type OwnResponse, type RouteRequest, type RouteResponse } from "@kintoun/kit";
import type { Attachment } from "./registry.ts";

/** How often a record is tried to be changed or created, if others do the opposite. */
const MAX_TRIES = 3;

/** Changes the record, or creates it, as the user and with the preconditions of the request. */
export const saveRecord = async (
  { send, headers }: Pick<RouteRequest, "send" | "headers">,
  path: string,
  body: JsonObject,
): Promise<OwnResponse> => {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  if (ifNoneMatch !== undefined) return send({ method: "PUT", path, body, headers: { "if-none-match": ifNoneMatch } });
  const conditions = ifMatch === undefined ? {} : { "if-match": ifMatch };
  for (let attempt = 1; ; attempt++) {
    const changed = await send({ method: "PATCH", path, body, headers: conditions });
    // Users who may only create records are refused to change also those that do not exist.
    const isRefused = [401, 403].includes(changed.status);
    if (changed.status !== 404 && !isRefused) return changed;
    const created = await send({ method: "PUT", path, body, headers: { "if-none-match": "*", ...conditions } });
    if (isRefused) return created.status === 412 ? changed : created;
    if (created.status !== 412 || ifMatch !== undefined || attempt === MAX_TRIES) return created;
  }
};

/** Passes on a response of the store, with the version of the record. */
export const passOn = ({ status, headers, body = {} }: OwnResponse): RouteResponse =>
  jsonResponse(body, { status, headers: pickHeaders(headers, ["etag", "last-modified", "retry-after"]) });

/** The response to an upload: as in kinto-attachment the attachment, with the record as its location. */
export const formatSaved = (saved: OwnResponse, uri: string, attachment: Attachment): RouteResponse =>
  saved.status >= 400
    ? passOn(saved)
    : jsonResponse(attachment, {
        status: saved.status,
        headers: { ...pickHeaders(saved.headers, ["etag", "last-modified"]), Location: `/v1${uri}` },
      });

const pickHeaders = (headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name.toLowerCase())));
