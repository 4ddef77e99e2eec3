import type { ReadRoute } from "./read-plugin.ts";
import type { Method, RouteDefinition } from "./route.ts";
import { TIMEOUT } from "./timeouts.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const satisfies readonly Method[];

/** What a route states. @param at where it stands, such as `GET /hello/:name` @param all the plugin's routes */
export const readRoute = (
  at: string,
  route: RouteDefinition<string, unknown, never, never>,
  all: object = {},
): ReadRoute => {
  const [method = "", path = ""] = at.split(" ");
  const heads = method === "GET" && !Object.hasOwn(all, `HEAD ${path}`);
  return {
    at,
    path,
    methods: METHODS.filter((one) => method === "ANY" || method === one || (heads && one === "HEAD")),
    about: route.about,
    leads: route.rewrite !== undefined,
    timeout: route.timeout ?? TIMEOUT.route,
    ...(route.input && { input: route.input }),
    ...(route.for && { for: route.for }),
    ...(route.permission && { permission: route.permission }),
    ...(route.answers && { answers: route.answers }),
  };
};
