import type { Api } from "../../app/api.ts";
import { type Answer, answer, cachedFor } from "../../app/http/answer.ts";
import { failed } from "../../app/http/failed.ts";
import { type HttpHandler, lambdaHandler } from "../../app/http/lambda.ts";
import { requireJsonAccepted } from "../../app/http/media-types.ts";
import { PREFIX } from "../../app/http/prefix.ts";
import { publicOrigin } from "../../app/http/public-origin.ts";
import type { HttpRequest } from "../../app/http/request.ts";
import { Failure } from "../../core/errors.ts";
import { transact } from "../../core/store/transact.ts";
import type { Endpoint, Find } from "./call.ts";
import { isReading, preflight, requireOrigin } from "./cors.ts";
import { endOfService } from "./end-of-service.ts";
import { announced, framed } from "./frame.ts";
import { locate } from "./locate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { requireUtf8 } from "./require-utf8.ts";
import { openRoutes } from "./routes.ts";
import { withoutSlashes } from "./slashes.ts";

/** The lambda that answers the protocol. */
export const apiHandler = (api: Api): HttpHandler => {
  const find = openRoutes(api);
  return lambdaHandler(async (request, requestId) => {
    try {
      return announced(api, framed(api, request, await respond(api, find, request)));
    } catch (error) {
      return announced(api, framed(api, request, failed(error, api.telling, requestId)));
    }
  });
};

const respond = async (api: Api, find: Find, request: HttpRequest): Promise<Answer> => {
  const { settings, transactions } = api;
  const { method, path } = request;
  if (endOfService(settings, transactions.now())?.hard) throw new Failure("SERVICE_DEPRECATED");
  if (settings.readonly && !isReading(method)) throw methodNotAllowed(["GET", "HEAD"]);
  requireUtf8(request);
  const endpoint = find(path);
  if (endpoint === undefined) return elsewhere(api, request);
  if (method === "OPTIONS") return preflight(api, request, endpoint);
  return run(api, request, endpoint);
};

const run = async (api: Api, asked: HttpRequest, endpoint: Endpoint): Promise<Answer> => {
  if (!Object.hasOwn(endpoint, asked.method)) throw methodNotAllowed(Object.keys(endpoint));
  requireJsonAccepted(asked);
  requireOrigin(api, asked);
  const user = await api.identification.identify(asked.headers.authorization);
  const { request, route } = await locate(api, endpoint, asked, user);
  if (route.alone !== undefined) return route.alone({ api, request, user });
  const plan = { objects: [], clocks: [], writes: [], ...route.plan?.(request), members: user === null ? [] : [user] };
  return transact(api.transactions, plan, (session) => route.run({ api, request, session, user }));
};

/** Leads to where the request may have been meant for. */
const elsewhere = (api: Api, request: HttpRequest): Answer => {
  const { settings } = api;
  const { method, path, query } = request;
  const to = (place: string, ttl: number): Answer =>
    answer(307, null, {
      Location: `${publicOrigin(request, settings)}${place}${query === "" ? "" : `?${query}`}`,
      ...(ttl >= 0 && cachedFor(ttl, api.transactions.now())),
    });

  if (!/^\/v\d/.test(path)) {
    if (!settings.versionPrefixRedirectEnabled) throw new Failure("VERSION_NOT_AVAILABLE");
    return method === "OPTIONS" ? answer(200, null) : to(`${PREFIX}${path}`, settings.versionPrefixRedirectTtlSeconds);
  }
  if (!path.startsWith(PREFIX)) throw new Failure("VERSION_NOT_AVAILABLE");
  if (settings.trailingSlashRedirectEnabled) {
    if (path === PREFIX) return to(`${PREFIX}/`, settings.trailingSlashRedirectTtlSeconds);
    if (path.endsWith("/")) return to(withoutSlashes(path), settings.trailingSlashRedirectTtlSeconds);
  }
  throw new Failure("MISSING_RESOURCE");
};
