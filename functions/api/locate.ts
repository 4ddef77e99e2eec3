import type { UserId } from "../../core/permissions/principals.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import type { Detour, Endpoint, Located, Route } from "./call.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";

/** Finds the route of an endpoint that answers a request, also where a plugin leads it elsewhere. */
export const locate = async (api: Api, endpoint: Endpoint, request: HttpRequest, user: UserId): Promise<Located> => {
  const route = requireMethod(endpoint, request);
  return "detour" in route ? route.detour(api, request, user) : { request, route };
};

/** What answers the request's method. */
export const requireMethod = (endpoint: Endpoint, { method }: HttpRequest): Route | Detour => {
  const route = Object.hasOwn(endpoint, method) ? endpoint[method] : undefined;
  if (route === undefined) throw methodNotAllowed(Object.keys(endpoint));
  return route;
};
