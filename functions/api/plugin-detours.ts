import { limited } from "../../app/plugins/time-limit.ts";
import { Failure, invalid } from "../../core/errors.ts";
import { ensureObject } from "../../core/objects/ensure-object.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { ObjectRef, Resources } from "../../core/resources.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import { around } from "../../core/store/view.ts";
import { decoded } from "../http/decoded.ts";
import { isOurs, pluginFailed } from "../http/failed.ts";
import { PREFIX } from "../http/prefix.ts";
import type { HttpRequest } from "../http/request.ts";
import { routeCall } from "../http/route-call.ts";
import type { Api, StartedRoute } from "./app.ts";
import type { Detour, Find, Located, Route } from "./call.ts";
import { locate } from "./locate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { plans } from "./plans.ts";

/** How often a request may be led on: routes could lead to each other. */
const MOST_DETOURS = 5;

const TURNS = new WeakMap<HttpRequest, number>();

/** Asks the plugin where a request is to go. @param what the route, for the log */
export const leading =
  (
    what: string,
    { timeout, rewrite }: Pick<StartedRoute, "timeout"> & { rewrite: NonNullable<StartedRoute["rewrite"]> },
    find: Find,
  ) =>
  (params: Readonly<Record<string, string>>): Detour => ({
    detour: async (api, request, user) => {
      const turn = TURNS.get(request) ?? 0;
      let to: Awaited<ReturnType<typeof rewrite>>;
      try {
        if (turn === MOST_DETOURS) throw new TypeError("it leads back to itself");
        to = await limited(what, timeout, (signal) => rewrite(routeCall(request, user, params, { signal })));
      } catch (error) {
        if (error instanceof Failure && !isOurs(error)) throw error;
        const failed = pluginFailed(what, error, api.telling);
        return { request, route: { run: async () => failed, alone: async () => failed } };
      }
      const { path, body, ensure = [] } = to;
      const there = { ...request, path: `${PREFIX}${path}`, ...(body !== undefined && { json: () => body }) };
      TURNS.set(there, turn + 1);
      return ledTo(api, there, ensure, user, find);
    },
  });

const ledTo = async (
  api: Api,
  request: HttpRequest,
  ensure: readonly string[],
  user: UserId,
  find: Find,
): Promise<Located> => {
  const endpoint = find(request.path);
  if (endpoint === undefined) throw new Failure("MISSING_RESOURCE");
  // What is made for the asker would be written.
  if (api.settings.readonly && ensure.length > 0) throw methodNotAllowed([]);
  const located = await locate(api, endpoint, request, user);
  const refs = ensure.map((uri) => refOf(api.world.resources, uri));
  return { ...located, route: ensuring(refs, located.route) };
};

const refOf = (resources: Resources, uri: string): ObjectRef => {
  const ref = resources.parseUri(decoded(uri));
  if (ref === undefined) throw invalid({ location: "path", name: null, description: "Invalid collection id" });
  return ref;
};

/** A route before which some objects are made for the asker, unless they are there. */
const ensuring = (refs: readonly ObjectRef[], route: Route): Route => {
  const { plan, run, alone } = route;
  const before = refs.map((ref) => ({ ...around(ref), writes: [] }));
  const ensure = async (api: Api, session: Session, user: UserId) => {
    for (const ref of refs) await ensureObject(api.world, session, ref, user);
  };
  return {
    ...route,
    plan: (request) => plans([...before, ...(plan === undefined ? [] : [plan(request)])]),
    run: async (call) => {
      await ensure(call.api, call.session, call.user);
      return run(call);
    },
    ...(alone && {
      alone: async (call) => {
        await transact(call.api.transactions, plans(before), (session) => ensure(call.api, session, call.user));
        return alone(call);
      },
    }),
  };
};
