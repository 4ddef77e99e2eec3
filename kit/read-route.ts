import type { RouteManifest } from "./read-plugin.ts";
import type { Method, RouteDefinition } from "./route.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "./timeouts.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const satisfies readonly Method[];

/** What a route states. @param at where it stands, such as `GET /hello/:name` @param all the plugin's routes */
export const readRoute = (
  at: string,
  route: RouteDefinition<string, unknown, never, never>,
  all: object = {},
): RouteManifest => {
  const [method = "", path = ""] = at.split(" ");
  const heads = method === "GET" && !Object.hasOwn(all, `HEAD ${path}`);
  return {
    name: at,
    path,
    methods: METHODS.filter((one) => method === "ANY" || method === one || (heads && one === "HEAD")),
    about: route.about,
    isRewrite: route.rewrite !== undefined,
    timeout: route.timeout ?? DEFAULT_TIMEOUT_SECONDS.route,
    ...(route.input && { input: route.input }),
    ...(route.for && { for: route.for }),
    ...(route.permission && { permission: route.permission }),
    ...(route.responses && { responses: route.responses }),
  };
};
