import type { ObjectResult } from "../../core/objects/checks.ts";
import type { GetObjectInput } from "../../core/objects/get-object.ts";
import type { ListObjectsInput, ListResult } from "../../core/objects/list-objects.ts";
import type { NotModified } from "../../core/objects/preconditions.ts";
import { readAt } from "../../core/versions/access.ts";
import { getPastObject } from "../../core/versions/get-past-object.ts";
import { listPastObjects } from "../../core/versions/list-past-objects.ts";
import type { ApiCall } from "./routes.ts";

/** Reads an object as it was at the time in `_at`. */
export const getPast = (
  { api, session, request, budget }: ApiCall,
  input: GetObjectInput,
): Promise<ObjectResult | NotModified> =>
  getPastObject(api.storeContext, session, api.versions, { ...input, budget, at: () => readAt(request.query) });

/** Reads a list as it was at the time in `_at`. */
export const listPast = (
  { api, session, request }: ApiCall,
  input: ListObjectsInput,
): Promise<ListResult | NotModified> =>
  listPastObjects(api.storeContext, session, api.versions, { ...input, at: () => readAt(request.query) });
