import { Failure } from "../../core/errors.ts";
import { invalidBody, parseJsonBody } from "../../core/objects/draft.ts";
import type { OwnRequest, OwnResponse, RouteRequest } from "../../kit/parts/routes.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../lib/json.ts";
import { runRoute } from "../http/pipeline.ts";
import { type HttpRequest, JSON_TYPE, PREFIX } from "../http/request.ts";
import { errorResponse, type HttpResponse, isJson } from "../http/response.ts";
import type { FindEndpoint } from "../http/routing.ts";
import type { ApiApp } from "./app.ts";
import type { ApiCall } from "./routes.ts";

/** How deep routes may call each other by requests of their own. */
const MAX_DEPTH = 5;

const DEPTHS = new WeakMap<HttpRequest, number>();

/** Sends requests of a plugin's route, as the user of the route's request. */
export const ownRequests =
  (api: ApiApp, find: FindEndpoint<ApiApp>, call: Omit<ApiCall, "session">): RouteRequest["send"] =>
  async ({ method, path, query = "", headers = {}, body }) => {
    const depth = DEPTHS.get(call.request) ?? 0;
    if (depth === MAX_DEPTH) throw new TypeError(`it sends requests to itself, more than ${MAX_DEPTH} times`);
    const { authorization, host, "x-forwarded-proto": scheme } = call.request.headers;
    const request: HttpRequest = {
      ...call.request,
      method,
      path: `${PREFIX}${path}`,
      query,
      headers: {
        authorization,
        host,
        "x-forwarded-proto": scheme,
        ...(body !== undefined && { "content-type": JSON_TYPE }),
        ...headers,
      },
      json: () => body && checkBody(body),
      isParsed: true,
    };
    DEPTHS.set(request, depth + 1);
    return toOwnResponse(await respond(api, { ...call, request, endpoint: find(request.path) }));
  };

/** Checks a body as that of any request: a plugin may have parsed it less strictly. @throws Failure 400 */
const checkBody = (body: JsonObject): Json => {
  try {
    return parseJsonBody(JSON.stringify(body));
  } catch (error) {
    // The call stack is too small for very many levels.
    throw error instanceof RangeError ? invalidBody("", "Invalid JSON: too many levels") : error;
  }
};

const respond = async (
  api: ApiApp,
  routed: Parameters<ReturnType<typeof runRoute<ApiApp>>>[0],
): Promise<HttpResponse> => {
  try {
    if (routed.endpoint === undefined) throw new Failure("MISSING_RESOURCE");
    return await runRoute(api)(routed);
  } catch (error) {
    return errorResponse(error, api.errors, undefined);
  }
};

const toOwnResponse = (response: HttpResponse): OwnResponse => {
  const { status, headers, body } = response;
  const parsed = body === null || !isJson(response) ? undefined : parseJson(body);
  return { status, headers, body: isObject(parsed) ? parsed : undefined };
};

/** In a batch, the route's request shares a transaction that other requests may wait for. */
export const refuseOwnRequests = async (_: OwnRequest): Promise<never> => {
  throw new Failure("INVALID_PARAMETERS", { message: "This request cannot be part of a batch. Send it alone." });
};
