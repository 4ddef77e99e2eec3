import { SEARCH_ROUTE } from "../../../config/functions.ts";
import type { Resources } from "../../../core/resources.ts";
import { PREFIX } from "../../http/prefix.ts";
import type { Api, StartedRoute } from "../app.ts";
import type { Endpoint } from "../call.ts";
import type { Operation } from "./operation.ts";
import { SEARCH } from "./pages.ts";
import { pluginOperation } from "./plugin-operation.ts";

export interface PlacedOperation {
  /** As OpenAPI writes it: `/buckets/{id}`. */
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** All that is answered with these settings and plugins. @param endpoints by path, such as `/buckets/:id` */
export const operationsOf = (
  api: Pick<Api, "settings" | "plugins" | "world">,
  endpoints: ReadonlyMap<string, Endpoint>,
): PlacedOperation[] => {
  const { settings, plugins } = api;
  const added = addedBy(plugins, endpoints);
  const own = [...endpoints].flatMap(([path, endpoint]) =>
    Object.entries(endpoint).flatMap(([method, { describe }]) =>
      describe === undefined || added.has(placeOf(method, path)) ? [] : [{ path, method, operation: describe(method) }],
    ),
  );
  const here = [...own, ...added.values()].filter(
    ({ method }) => !settings.readonly || method === "GET" || method === "HEAD",
  );
  return [...here, ...searchOf(api)].map(({ path, ...others }) => ({
    path: templateOf(api.world.resources, path),
    ...others,
  }));
};

/** What plugins' routes answer, by place; the first has it. */
const addedBy = (
  plugins: Api["plugins"],
  endpoints: ReadonlyMap<string, Endpoint>,
): ReadonlyMap<string, PlacedOperation> => {
  // Where a path stands that goes by other names elsewhere, it goes by those.
  const paths = new Map([...endpoints.keys()].map((path) => [shapeOf(path), path]));
  const added = new Map<string, PlacedOperation>();
  for (const route of plugins.flatMap(({ routes }) => routes)) {
    if (!isOfItsOwn(route, endpoints)) continue;
    for (const method of route.methods) {
      const place = placeOf(method, route.path);
      if (!added.has(place))
        added.set(place, {
          path: paths.get(shapeOf(route.path)) ?? route.path,
          method,
          operation: pluginOperation(method, route),
        });
    }
  }
  return added;
};

const shapeOf = (path: string): string => path.replace(/:\w+/g, ":");
const placeOf = (method: string, path: string): string => `${method} ${shapeOf(path)}`;

/** A path that leads wherever (`*`), or elsewhere from where others lead to as well, stands for what is described there. */
const isOfItsOwn = ({ path, leads }: StartedRoute, endpoints: ReadonlyMap<string, Endpoint>): boolean =>
  !path.includes("*") && !(leads && [...endpoints.keys()].some((other) => other !== path && leadsTo(other, path)));

const leadsTo = (pattern: string, path: string): boolean => {
  const [wanted, parts] = [pattern.split("/"), path.split("/")];
  return wanted.length === parts.length && wanted.every((part, place) => part.startsWith(":") || part === parts[place]);
};

/** Search is a function of its own, wherever its plugin is active. */
const searchOf = ({ plugins }: Pick<Api, "plugins">): PlacedOperation[] => {
  const [method = "", path = ""] = SEARCH_ROUTE.split(" ");
  return plugins.some(({ capability }) => capability === "search")
    ? [{ path: path.slice(PREFIX.length), method, operation: SEARCH }]
    : [];
};

const templateOf = ({ named }: Resources, path: string): string =>
  path.replace(/:(\w+)|\{(\w+)\}/g, (_, here, there) => {
    const name: string = here ?? there;
    return `{${named(name) === undefined ? name : `${name}_id`}}`;
  });
