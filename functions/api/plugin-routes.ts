import { limited } from "../../app/plugins/time-limit.ts";
import { Failure } from "../../core/errors.ts";
import { requirePermission } from "../../core/objects/require-permission.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { ancestors } from "../../core/resources.ts";
import type { Session } from "../../core/store/session.ts";
import { transact } from "../../core/store/transact.ts";
import type { Answer } from "../http/answer.ts";
import { pluginFailed } from "../http/failed.ts";
import { pluginAnswer } from "../http/plugin-answer.ts";
import type { HttpRequest } from "../http/request.ts";
import { requireUser, routeCall } from "../http/route-call.ts";
import { inputReader } from "../http/route-input.ts";
import { routePlace } from "../http/route-place.ts";
import type { Api, ApiPlugin, StartedRoute } from "./app.ts";
import type { Call, Endpoint, Find, Route } from "./call.ts";
import { leading } from "./plugin-detours.ts";

type Params = Readonly<Record<string, string>>;
type Asked = Omit<Call, "session">;

/** What a plugin's route has at the paths where it stands. */
export const pluginEndpoint = (
  api: Api,
  { name }: ApiPlugin,
  route: StartedRoute,
  find: Find,
): ((params: Params) => Endpoint) => {
  const what = `The route '${route.at}' of the plugin '${name}'`;
  const { run, rewrite } = route;
  const at =
    rewrite === undefined
      ? answering(api, what, { ...route, run: run ?? missing })
      : leading(what, { ...route, rewrite }, find);
  return (params) => {
    const made = at(params);
    return Object.fromEntries(route.methods.map((method) => [method, made]));
  };
};

const missing = async (): Promise<never> => {
  throw new Failure("MISSING_RESOURCE");
};

/** Asks the plugin, after all that must hold was looked at; whatever becomes of it costs this request alone. */
const answering = (
  api: Api,
  what: string,
  { input, timeout, run, ...route }: StartedRoute & { run: NonNullable<StartedRoute["run"]> },
) => {
  const read = input && inputReader(input);
  const require = requirement(api, route);
  // A batch that is carried out again, because somebody came between, does not ask the plugin again.
  const asked = new WeakMap<HttpRequest, Promise<Answer>>();

  return (params: Params): Route => {
    const ask = async ({ request, user }: Asked): Promise<Answer> => {
      try {
        return await limited(what, timeout, async (signal) =>
          pluginAnswer(await run(routeCall(request, user, params, { input: await read?.(request), signal }))),
        );
      } catch (error) {
        return pluginFailed(what, error, api.telling);
      }
    };
    const { objects, check } = require(params);
    const plan = { objects, clocks: [], writes: [] };
    return {
      plan: () => plan,
      run: async (call) => {
        await check(call.user, call.session);
        const answer = asked.get(call.request) ?? ask(call);
        asked.set(call.request, answer);
        return answer;
      },
      alone: async (call) => {
        const members = call.user === null ? [] : [call.user];
        if (objects.length > 0)
          await transact(api.transactions, { ...plan, members }, (session) => check(call.user, session));
        else await check(call.user);
        return ask(call);
      },
    };
  };
};

/** What must hold of whoever asks, and the objects that must be read to tell. */
const requirement = ({ world }: Api, { for: whom, permission }: Pick<StartedRoute, "for" | "permission">) => {
  const place = permission && routePlace(world.resources, permission.on);
  return (params: Params) => {
    const ref = place?.at(params);
    return {
      objects: ref === undefined ? [] : [ref, ...ancestors(ref)],
      check: async (user: UserId, session?: Session): Promise<void> => {
        if (whom === "user") requireUser(user);
        if (permission === undefined) return;
        if (ref === undefined || session === undefined)
          throw new TypeError(`There is no permission on ${permission.on}`);
        await requirePermission(world, session, { ref, user, permission: permission.permission });
      },
    };
  };
};
