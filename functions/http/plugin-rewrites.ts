import { withTimeLimit } from "../../app/plugins/time-limit.ts";
import { Failure, invalid } from "../../core/errors.ts";
import { ensureObject } from "../../core/objects/create-object.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { ObjectRef, Resources } from "../../core/resources.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import { readsForWrite } from "../../core/store/view.ts";
import type { RouteInstance } from "../../kit/parts/routes.ts";
import { toRouteRequest } from "./plugin-io.ts";
import { decodePathPart, type HttpRequest, PREFIX } from "./request.ts";
import { isServerError, pluginErrorResponse } from "./response.ts";
import {
  type EndpointRouter,
  type FindEndpoint,
  type HttpApp,
  type LocatedRoute,
  locateRoute,
  mergePlans,
  methodNotAllowed,
  type PathParams,
  type Rewrite,
  type Route,
} from "./routing.ts";

/** How often one request may be rewritten; rewrites could form a loop. */
const MAX_REWRITES = 5;

const REWRITES = new WeakMap<HttpRequest, number>();

/** Adds the plugins' rewriting routes, and no others. */
export const addRewrites = <App extends HttpApp>(app: App, router: EndpointRouter<App>): void => {
  for (const { name, routes } of app.plugins)
    for (const { rewrite, ...route } of routes) {
      if (rewrite === undefined) continue;
      const create = createRewrite<App>(routeLabel(name, route.name), { ...route, rewrite }, router.find);
      router.add(route.path, (params) => {
        const to = create(params);
        return Object.fromEntries(route.methods.map((method) => [method, to]));
      });
    }
};

/** Names a route in the log. */
export const routeLabel = (plugin: string, route: string): string => `The route '${route}' of the plugin '${plugin}'`;

/** A plugin's rewriting route. @param label for the log */
export const createRewrite =
  <App extends HttpApp>(
    label: string,
    { timeout, rewrite }: Pick<RouteInstance, "timeout"> & { rewrite: NonNullable<RouteInstance["rewrite"]> },
    find: FindEndpoint<App>,
  ) =>
  (params: PathParams): Rewrite<App> => ({
    rewrite: async (api, request, user) => {
      const count = REWRITES.get(request) ?? 0;
      let target: Awaited<ReturnType<typeof rewrite>>;
      try {
        if (count === MAX_REWRITES) throw new TypeError(`it rewrites to itself, more than ${MAX_REWRITES} times`);
        target = await withTimeLimit(label, timeout, (signal) =>
          rewrite(toRouteRequest(request, user, params, { signal, send: refuseRequests })),
        );
      } catch (error) {
        if (error instanceof Failure && !isServerError(error)) throw error;
        const failed = pluginErrorResponse(label, error, api.errors);
        return { request, route: { readsOnly: true, run: async () => failed, runAlone: async () => failed } };
      }
      const { path, body, ensure = [] } = target;
      const rewritten = { ...request, path: `${PREFIX}${path}`, ...(body !== undefined && { json: () => body }) };
      REWRITES.set(rewritten, count + 1);
      return locateRewritten(api, rewritten, ensure, user, find);
    },
  });

/** A rewrite has no effect of its own. */
const refuseRequests = async (): Promise<never> => {
  throw new TypeError("it sends a request; only routes with `run` can");
};

const locateRewritten = async <App extends HttpApp>(
  api: App,
  request: HttpRequest,
  ensure: readonly string[],
  user: UserId,
  find: FindEndpoint<App>,
): Promise<LocatedRoute<App>> => {
  const endpoint = find(request.path);
  if (endpoint === undefined) throw new Failure("MISSING_RESOURCE");
  const located = await locateRoute(api, endpoint, request, user);
  if (located.route.readsOnly === true) return located;
  // Creating objects for the user is writing.
  if (api.settings.readonly && ensure.length > 0) throw methodNotAllowed(api.settings, []);
  const refs = ensure.map((uri) => parseRef(api.storeContext.resources, uri));
  return { ...located, route: ensureObjects(refs, located.route) };
};

const parseRef = (resources: Resources, uri: string): ObjectRef => {
  const ref = resources.parseUri(decodePathPart(uri));
  if (ref === undefined) throw invalid({ location: "path", name: null, description: "Invalid collection id" });
  return ref;
};

/** Creates missing objects for the user before the route runs, in the same transaction. */
const ensureObjects = <App extends HttpApp>(refs: readonly ObjectRef[], route: Route<App>): Route<App> => {
  const { plan, run, runAlone } = route;
  const plans = refs.map((ref) => ({ ...readsForWrite(ref), writes: [] }));
  const ensure = async (api: App, session: Session, user: UserId) => {
    for (const ref of refs) await ensureObject(api.storeContext, session, ref, user);
  };
  return {
    ...route,
    plan: (request) => mergePlans([...plans, ...(plan === undefined ? [] : [plan(request)])]),
    run: async (call) => {
      await ensure(call.api, call.session, call.user);
      return run(call);
    },
    ...(runAlone && {
      runAlone: async (call) => {
        await transact(call.api.transactions, mergePlans(plans), (session) => ensure(call.api, session, call.user));
        return runAlone(call);
      },
    }),
  };
};
