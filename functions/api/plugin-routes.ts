import { withTimeLimit } from "../../app/plugins/time-limit.ts";
import { Failure } from "../../core/errors.ts";
import { requirePermission } from "../../core/objects/checks.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import { readsOf } from "../../core/store/view.ts";
import { type RouteInstance, readObjectPattern } from "../../kit/parts/routes.ts";
import { inputReader, pluginResponse, requireUser, toRouteRequest } from "../http/plugin-io.ts";
import { createRewrite, routeLabel } from "../http/plugin-rewrites.ts";
import type { HttpRequest } from "../http/request.ts";
import { type HttpResponse, pluginErrorResponse } from "../http/response.ts";
import type { EndpointRouter, PathParams } from "../http/routing.ts";
import type { ApiApp } from "./app.ts";
import type { ApiCall, ApiRoute } from "./routes.ts";

/** Adds all plugins' routes, in the config's order. */
export const addPluginRoutes = (api: ApiApp, router: EndpointRouter<ApiApp>): void => {
  for (const { name, routes } of api.plugins)
    for (const { run, rewrite, ...route } of routes) {
      const label = routeLabel(name, route.name);
      const create =
        rewrite === undefined
          ? createPluginRoute(api, label, { ...route, run: run ?? missing })
          : createRewrite<ApiApp>(label, { ...route, rewrite }, router.find);
      router.add(route.path, (params) => {
        const created = create(params);
        return Object.fromEntries(route.methods.map((method) => [method, created]));
      });
    }
};

const missing = async (): Promise<never> => {
  throw new Failure("MISSING_RESOURCE");
};

/** A route that a plugin handles, once the user's permission is checked. Its errors fail this request alone. */
const createPluginRoute = (
  api: ApiApp,
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
      seconds: number,
    ): Promise<HttpResponse> => {
      try {
        return await withTimeLimit(label, seconds, async (signal) =>
          pluginResponse(await run(toRouteRequest(request, user, params, { input: await read?.(request), signal }))),
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
        const response = responses.get(call.request) ?? respond(call, timeout);
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
        return respond(call, Math.min(timeout, call.time.restMs / 1000));
      },
    };
  };
};

const NOTHING = { objects: [], clocks: [] };

/** The check of a route's `for` and `permission`, and the objects that it reads. */
const requirement = (
  { storeContext }: ApiApp,
  { for: audience, permission }: Pick<RouteInstance, "for" | "permission">,
) => {
  const pattern = permission && readObjectPattern(storeContext.resources, permission.on);
  return (params: PathParams) => {
    const ref = pattern?.toRef(params);
    return {
      reads: ref && readsOf(ref),
      check: async (user: UserId, session?: Session): Promise<void> => {
        if (audience === "user") requireUser(user);
        if (permission === undefined) return;
        if (ref === undefined || session === undefined)
          throw new TypeError(`There is no permission on ${permission.on}`);
        await requirePermission(storeContext, session, { ref, user, permission: permission.permission });
      },
    };
  };
};
