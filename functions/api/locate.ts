import type { Api } from "../../app/api.ts";
import type { HttpRequest } from "../../app/http/request.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { Endpoint, Located } from "./call.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";

/** Finds the route of an endpoint that answers a request, also where a plugin leads it elsewhere. */
export const locate = async (api: Api, endpoint: Endpoint, request: HttpRequest, user: UserId): Promise<Located> => {
  const route = Object.hasOwn(endpoint, request.method) ? endpoint[request.method] : undefined;
  if (route === undefined) throw methodNotAllowed(Object.keys(endpoint));
  return "detour" in route ? route.detour(api, request, user) : { request, route };
};
