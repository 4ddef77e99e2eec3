import { withTimeLimit } from "../../app/plugins/time-limit.ts";
import { Failure } from "../../core/errors.ts";
import { accessDenied, requirePermission, requireSavePermission } from "../../core/objects/checks.ts";
import { createAuthorizer } from "../../core/permissions/authorizer.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { currentScope } from "../../core/permissions/scope.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import { readsOf } from "../../core/store/view.ts";
import { type RouteInstance, type RouteRequest, readObjectPattern } from "../../kit/parts/routes.ts";
import { inputReader, pluginResponse, requireUser, toRouteRequest, withNextPageUrl } from "../http/plugin-io.ts";
import { createRewrite, routeLabel } from "../http/plugin-rewrites.ts";
import { type HttpRequest, publicOrigin } from "../http/request.ts";
import { type HttpResponse, pluginErrorResponse } from "../http/response.ts";
import type { EndpointRouter, FindEndpoint, PathParams } from "../http/routing.ts";
import type { ApiApp } from "./app.ts";
import { ownRequests, refuseOwnRequests } from "./own-requests.ts";
import type { ApiCall, ApiRoute } from "./routes.ts";

/** Adds all plugins' routes, in the config's order. */
export const addPluginRoutes = (api: ApiApp, router: EndpointRouter<ApiApp>): void => {
  for (const { name, routes } of api.plugins)
    for (const { run, rewrite, ...route } of routes) {
      const label = routeLabel(name, route.name);
      const create =
        rewrite === undefined
          ? createPluginRoute(api, router.find, label, { ...route, run: run ?? missing })
          : createRewrite<ApiApp>(label, { ...route, rewrite }, router.find);
      const createEndpoint = (params: PathParams) => {
        const created = create(params);
        return Object.fromEntries(route.methods.map((method) => [method, created]));
      };
      router.add(route.path, createEndpoint, { isPrivate: rewrite === undefined });
    }
};

const missing = async (): Promise<never> => {
  throw new Failure("MISSING_RESOURCE");
};

/** A route that a plugin handles, once the user's permission is checked. Its errors fail this request alone. */
const createPluginRoute = (
  api: ApiApp,
  find: FindEndpoint<ApiApp>,
  label: string,
  {
    input,
    timeout,
    run,
    ...route
  }: Omit<RouteInstance, "run" | "rewrite"> & { run: NonNullable<RouteInstance["run"]> },
) => {
  const read = input && inputReader(input);
  const require = requirement(api, route);
  // A batch that runs again after a conflict does not call the plugin again.
  const responses = new WeakMap<HttpRequest, Promise<HttpResponse>>();

  return (params: PathParams): ApiRoute => {
    const respond = async (
      { request, user }: Pick<ApiCall, "request" | "user">,
      send: RouteRequest["send"],
      seconds: number,
    ): Promise<HttpResponse> => {
      try {
        return await withTimeLimit(label, seconds, async (signal) =>
          withNextPageUrl(
            pluginResponse(
              await run(
                toRouteRequest(request, user, params, {
                  input: await read?.(request),
                  signal,
                  send,
                  isActive: async (since) => user !== null && api.authenticator.isActive({ user, since }),
                }),
              ),
            ),
            publicOrigin(request, api.settings),
          ),
        );
      } catch (error) {
        return pluginErrorResponse(label, error, api.errors);
      }
    };
    const { reads, check } = require(params);
    const plan = { ...(reads ?? NOTHING), writes: [] };
    return {
      plan: () => plan,
      run: async (call) => {
        await check(call.user, call.session);
        const response = responses.get(call.request) ?? respond(call, refuseOwnRequests, timeout);
        responses.set(call.request, response);
        return response;
      },
      runAlone: async (call) => {
        const members = call.user === null ? [] : [call.user];
        if (reads !== undefined)
          await transact(api.transactions, { ...plan, members }, (session) =>
            call.time.run(() => check(call.user, session)),
          );
        else await check(call.user);
        return respond(call, ownRequests(api, find, call), Math.min(timeout, call.time.restMs / 1000));
      },
    };
  };
};

const NOTHING = { objects: [], clocks: [] };

/** Throws a 403 for a request with a scope: what the route does is not limited by permissions on objects. */
const requireNoScope = (): void => {
  if (currentScope() !== undefined)
    throw new Failure("FORBIDDEN", {
      message:
        "The credentials are limited to permissions on objects, and this endpoint is none of an object. Use credentials without a scope.",
    });
};

/** The check of a route's `for` and `permission`, and the objects that it reads; `undefined` if it reads nothing. */
const requirement = (
  { storeContext }: ApiApp,
  { for: audience = "everyone", permission, scoped }: Pick<RouteInstance, "for" | "permission" | "scoped">,
) => {
  const pattern = permission && readObjectPattern(storeContext.resources, permission.on);
  return (params: PathParams) => {
    const ref = pattern?.toRef(params);
    return {
      reads: ref === undefined ? (typeof audience === "object" ? NOTHING : undefined) : readsOf(ref),
      check: async (user: UserId, session?: Session): Promise<void> => {
        if (audience === "user") requireUser(user);
        if ((permission === undefined && !scoped) || typeof audience === "object") requireNoScope();
        if (typeof audience === "object") await requirePrincipal(storeContext, requireSession(session), user, audience);
        if (permission === undefined) return;
        if (ref === undefined) throw new TypeError(`There is no permission on ${permission.on}`);
        if (permission.permission === "save")
          await requireSavePermission(storeContext, requireSession(session), { ref, user });
        else
          await requirePermission(storeContext, requireSession(session), {
            ref,
            user,
            permission: permission.permission,
          });
      },
    };
  };
};

const requireSession = (session: Session | undefined): Session => {
  if (session === undefined) throw new TypeError("The route was checked without a session");
  return session;
};

/** Throws a 401 or 403 unless the user has one of the principals. */
const requirePrincipal = async (
  { grants }: ApiApp["storeContext"],
  session: Session,
  user: UserId,
  { principals }: { readonly principals: readonly string[] },
): Promise<void> => {
  const authorizer = await createAuthorizer(session, grants, user, principals);
  if (!(await authorizer.hasAnyOnServer(principals))) throw accessDenied(authorizer);
};
