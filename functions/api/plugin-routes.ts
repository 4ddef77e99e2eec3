import type { Api, StartedRoute } from "../../app/api.ts";
import { answer } from "../../app/http/answer.ts";
import { decoded } from "../../app/http/decoded.ts";
import { PREFIX } from "../../app/http/prefix.ts";
import { routeCall } from "../../app/http/route-call.ts";
import { Failure, invalid } from "../../core/errors.ts";
import { ensureObject } from "../../core/objects/ensure-object.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { ObjectRef, Resources } from "../../core/resources.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import { around } from "../../core/store/view.ts";
import type { Detour, Endpoint, Find, Route } from "./call.ts";
import { locate } from "./locate.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { plans } from "./plans.ts";

type Params = Readonly<Record<string, string>>;

/** What a plugin's route has at a path. */
export const pluginEndpoint = (route: StartedRoute, params: Params, find: Find): Endpoint =>
  Object.fromEntries(
    route.methods.map((method) => [method, route.rewrite === undefined ? answering(route.run, params) : leading(route.rewrite, params, find)]),
  );

const answering = (run: StartedRoute["run"], params: Params): Route => ({
  run: async ({ request, user }) => {
    if (run === undefined) throw new Failure("MISSING_RESOURCE");
    const { status, body, headers } = await run(routeCall(request, user, params));
    return answer(status, body, headers);
  },
});

const leading = (rewrite: NonNullable<StartedRoute["rewrite"]>, params: Params, find: Find): Detour => ({
  detour: async (api, request, user) => {
    const { path, body, ensure = [] } = await rewrite(routeCall(request, user, params));
    const there = { ...request, path: `${PREFIX}${path}`, ...(body !== undefined && { json: () => body }) };
    const endpoint = find(there.path);
    if (endpoint === undefined) throw new Failure("MISSING_RESOURCE");
    // What is made for the asker would be written.
    if (api.settings.readonly && ensure.length > 0) throw methodNotAllowed([]);
    const located = await locate(api, endpoint, there, user);
    return {
      ...located,
      route: ensuring(
        ensure.map((uri) => refOf(api.world.resources, uri)),
        located.route,
      ),
    };
  },
});

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
