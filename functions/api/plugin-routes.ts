import type { RouteAnswer, RouteCall, StartedRoute } from "../../app/api.ts";
import { type Answer, answer } from "../../app/http/answer.ts";
import type { HttpRequest } from "../../app/http/request.ts";
import { Failure } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { denied } from "../../core/objects/access.ts";
import { ensureObject } from "../../core/objects/ensure-object.ts";
import { parseUri } from "../../core/resources.ts";
import type { Call, Endpoint } from "./call.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { type Find, PREFIX } from "./routes.ts";

/** What a plugin's route has at a path. */
export const pluginEndpoint = ({ methods, run }: StartedRoute, params: Readonly<Record<string, string>>, find: Find): Endpoint =>
  Object.fromEntries(
    methods.map((method) => [
      method,
      {
        run: async (call: Call): Promise<Answer> => {
          const { status, body, headers } = await run(routeCall(call, params, find));
          return answer(status, body, headers);
        },
      },
    ]),
  );

const routeCall = (call: Call, params: Readonly<Record<string, string>>, find: Find): RouteCall => {
  const { request, session, user, api } = call;
  const { method, path, query, headers, json } = request;
  return {
    method,
    path: path.slice(PREFIX.length),
    params,
    query,
    headers,
    user,
    json,
    requireUser: () => {
      if (user === null) throw denied({ user });
      return user;
    },
    ensure: async (uri) => {
      const ref = parseUri(uri);
      if (ref === undefined) throw new TypeError(`'${uri}' can't be made: it is no object's URI`);
      await ensureObject(api.world, session, ref, user);
    },
    forward: (to, body) => forward(call, find, `${PREFIX}${to}`, body),
  };
};

const forward = async (call: Call, find: Find, path: string, body: Json | undefined): Promise<RouteAnswer> => {
  const { request } = call;
  const endpoint = find(path);
  if (endpoint === undefined) throw new Failure("MISSING_RESOURCE");
  const route = Object.hasOwn(endpoint, request.method) ? endpoint[request.method] : undefined;
  if (route === undefined) throw methodNotAllowed(endpoint);
  const forwarded: HttpRequest = { ...request, path, ...(body !== undefined && { json: () => body }) };
  return route.run({ ...call, request: forwarded });
};
