import { Failure } from "../../core/errors.ts";
import { listAt, objectRef } from "../../core/resources.ts";
import { searchCollection } from "../../core/search/search-collection.ts";
import { transact } from "../../core/store/transact.ts";
import { type Answer, answer } from "../http/answer.ts";
import { decoded } from "../http/decoded.ts";
import { failed } from "../http/failed.ts";
import { type HttpHandler, lambdaHandler } from "../http/lambda.ts";
import { requireAccepted, requireType } from "../http/media-types.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Search } from "./app.ts";

/** The lambda that answers `POST …/search`. */
export const searchHandler = (search: Search): HttpHandler =>
  lambdaHandler(async (request, requestId) => {
    try {
      return await search.inProvenance({ request_id: requestId }, () => respond(search, request));
    } catch (error) {
      return failed(error, search.telling, requestId);
    }
  });

const respond = async (
  { world, transactions, identification, detours, engine }: Search,
  asked: HttpRequest,
): Promise<Answer> => {
  const user = await identification.identify(asked.headers.authorization);
  const request = await detours(asked, user);
  const [, bucket, id] = /^\/v1\/buckets\/([^/]+)\/collections\/([^/]+)\/search$/.exec(request.path) ?? [];
  if (bucket === undefined || id === undefined || request.method !== "POST") throw new Failure("MISSING_RESOURCE");
  requireAccepted(request);
  requireType(request);
  const collection = objectRef(listAt(world.resources.core.collection, [decoded(bucket)]), decoded(id));
  const found = await transact(transactions, { objects: [], clocks: [], writes: [] }, (session) =>
    searchCollection({ ...world, engine }, session, { collection, user, body: request.json }),
  );
  return answer(200, JSON.stringify(found));
};
