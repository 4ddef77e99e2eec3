import type { UserId } from "../../core/permissions/principals.ts";
import type { StartedPlugin, StartedRoute } from "../../kit/read-plugin.ts";
import { PREFIX } from "./prefix.ts";
import type { HttpRequest } from "./request.ts";
import { routeCall } from "./route-call.ts";
import { Router } from "./router.ts";

/** Leads a request to where a plugin's route rewrites its path; others stay where they are. */
export type Detours = (request: HttpRequest, user: UserId) => Promise<HttpRequest>;

export const openDetours = (plugins: readonly Pick<StartedPlugin, "routes">[]): Detours => {
  const router = new Router<NonNullable<StartedRoute["rewrite"]>>();
  for (const { path, rewrite } of plugins.flatMap(({ routes }) => routes))
    if (rewrite !== undefined) router.add(path, rewrite);
  return async (request, user) => {
    const at = router.find(request.path);
    if (at === undefined) return request;
    const { path } = await at.found(routeCall(request, user, at.params));
    return { ...request, path: `${PREFIX}${path}` };
  };
};
