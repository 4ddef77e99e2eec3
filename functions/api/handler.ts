import { Failure } from "../../core/errors.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { transact } from "../../core/store/transact.ts";
import { once } from "../../lib/util/once.ts";
import { type Answer, answer, cachedFor } from "../http/answer.ts";
import { failed } from "../http/failed.ts";
import { type HttpHandler, lambdaHandler } from "../http/lambda.ts";
import { requireAccepted } from "../http/media-types.ts";
import { PREFIX } from "../http/prefix.ts";
import { publicOrigin } from "../http/public-origin.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import type { Endpoint, Find } from "./call.ts";
import { isReading, preflight, requireOrigin } from "./cors.ts";
import { endOfService } from "./end-of-service.ts";
import { openFilters, type Pass } from "./filters.ts";
import { announced, framed } from "./frame.ts";
import type { Ask } from "./list-walk.ts";
import { locate, requireMethod } from "./locate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { openRenderers } from "./renderers.ts";
import { requireUtf8 } from "./require-utf8.ts";
import { openRoutes } from "./routes.ts";
import { withoutSlashes } from "./slashes.ts";

/** The lambda that answers the protocol. */
export const apiHandler = (api: Api): HttpHandler => {
  const pass = openFilters(api);
  const find = openRoutes(api, pass);
  const write = openRenderers(api);
  return lambdaHandler(async (request, requestId) => {
    const identify = once(() => api.identification.identify(request.headers.authorization));
    const attempt = async (answering: () => Promise<Answer>): Promise<Answer> => {
      try {
        return await answering();
      } catch (error) {
        return failed(error, api.telling, requestId);
      }
    };
    const ask: Ask = (asked, pageSize) =>
      attempt(() => respond({ api, find, pass, identify, attempt, pageSize }, asked));
    return api.inProvenance({ request_id: requestId }, async () =>
      announced(api, framed(api, request, await write(request, ask))),
    );
  });
};

/** What a request is answered with. */
interface Answering {
  readonly api: Api;
  readonly find: Find;
  readonly pass: Pass;
  /** Who asks; found out once, however many pages are asked for. */
  readonly identify: () => Promise<UserId>;
  /** Has a failure told as an answer. */
  readonly attempt: (answering: () => Promise<Answer>) => Promise<Answer>;
  /** Entries of a list's page, where nothing else is asked for. */
  readonly pageSize: number | undefined;
}

const respond = async (answering: Answering, request: HttpRequest): Promise<Answer> => {
  const { api, find } = answering;
  const { settings, transactions } = api;
  const { method, path } = request;
  if (endOfService(settings, transactions.now())?.hard) throw new Failure("SERVICE_DEPRECATED");
  if (settings.readonly && !isReading(method)) throw methodNotAllowed(["GET", "HEAD"]);
  requireUtf8(request);
  const endpoint = find(path);
  if (endpoint === undefined) return elsewhere(api, request);
  if (method === "OPTIONS") return preflight(api, request, endpoint);
  return run(answering, request, endpoint);
};

const run = async (answering: Answering, asked: HttpRequest, endpoint: Endpoint): Promise<Answer> => {
  const { api, pass, identify, attempt } = answering;
  requireMethod(endpoint, asked);
  requireAccepted(asked, api.types);
  requireOrigin(api, asked);
  const user = await identify();
  const { request, answered, back } = await pass(asked, user);
  return back(answered ?? (await attempt(() => carryOut(answering, request, endpoint, user))));
};

const carryOut = async (
  { api, pageSize }: Answering,
  passed: HttpRequest,
  endpoint: Endpoint,
  user: UserId,
): Promise<Answer> => {
  const { request: found, route } = await locate(api, endpoint, passed, user);
  const request = pageSize !== undefined && route.paged === true ? withLimit(found, pageSize) : found;
  if (route.alone !== undefined) return route.alone({ api, request, user });
  const plan = { objects: [], clocks: [], writes: [], ...route.plan?.(request), members: user === null ? [] : [user] };
  return transact(api.transactions, plan, (session) => route.run({ api, request, session, user }));
};

const withLimit = (request: HttpRequest, limit: number): HttpRequest => {
  if (new URLSearchParams(request.query).has("_limit")) return request;
  return { ...request, query: `${request.query}${request.query === "" ? "" : "&"}_limit=${limit}` };
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
