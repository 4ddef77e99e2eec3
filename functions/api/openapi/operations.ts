import type { Resources } from "../../../core/resources.ts";
import type { RouteInstance } from "../../../kit/parts/routes.ts";
import { propertySchema, toJsonSchema } from "../../../kit/schema.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { type Operation, type OperationResponse, ref, type Schema } from "../../http/operation.ts";
import { isReading, isReadRoute } from "../../http/routing.ts";
import type { ApiApp } from "../app.ts";
import type { ApiEndpoint } from "../routes.ts";
import { pluginTag } from "./tags.ts";

export interface PathOperation {
  /** In OpenAPI's notation: `/buckets/{id}`. */
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** All operations with these settings and plugins. @param endpoints by path, such as `/buckets/:id` */
export const operationsOf = (
  api: Pick<ApiApp, "settings" | "plugins" | "storeContext">,
  endpoints: ReadonlyMap<string, ApiEndpoint>,
): PathOperation[] => {
  const { settings, plugins } = api;
  const added = pluginOperations(plugins, endpoints);
  const own = [...endpoints].flatMap(([path, endpoint]) =>
    Object.entries(endpoint).flatMap(([method, route]) => {
      if (route.describe === undefined || added.has(operationKey(method, path))) return [];
      return settings.readonly && !isReadRoute(method, route)
        ? []
        : [{ path, method, operation: route.describe(method) }];
    }),
  );
  const byPlugins = [...added.values()].filter(({ method }) => !settings.readonly || isReading(method));
  return [...own, ...byPlugins].map(({ path, ...others }) => ({
    path: templateOf(api.storeContext.resources, path),
    ...others,
  }));
};

/** The operations of plugins' routes, by method and path. The first of several wins. */
const pluginOperations = (
  plugins: ApiApp["plugins"],
  endpoints: ReadonlyMap<string, ApiEndpoint>,
): ReadonlyMap<string, PathOperation> => {
  // A path that equals a path of the store except for its parameter names gets the store's names.
  const paths = new Map([...endpoints.keys()].map((path) => [shapeOf(path), path]));
  const added = new Map<string, PathOperation>();
  for (const [plugin, route] of plugins.flatMap(({ name, routes }) => routes.map((route) => [name, route] as const))) {
    if (!hasOwnOperation(route, endpoints)) continue;
    for (const method of route.methods) {
      const key = operationKey(method, route.path);
      if (!added.has(key))
        added.set(key, {
          path: paths.get(shapeOf(route.path)) ?? route.path,
          method,
          operation: pluginOperation(plugin, method, route),
        });
    }
  }
  return added;
};

const shapeOf = (path: string): string => path.replace(/:\w+/g, ":");
const operationKey = (method: string, path: string): string => `${method} ${shapeOf(path)}`;

/** Whether a route has operations of its own. Wildcards, and rewrites of paths that others match too, have not. */
const hasOwnOperation = ({ path, isRewrite }: RouteInstance, endpoints: ReadonlyMap<string, ApiEndpoint>): boolean =>
  !path.includes("*") &&
  !(isRewrite && [...endpoints.keys()].some((other) => other !== path && matchesPattern(other, path)));

const matchesPattern = (pattern: string, path: string): boolean => {
  const [patternParts, parts] = [pattern.split("/"), path.split("/")];
  return (
    patternParts.length === parts.length &&
    patternParts.every((part, index) => part.startsWith(":") || part === parts[index])
  );
};

const templateOf = ({ find }: Resources, path: string): string =>
  path.replace(/:(\w+)|\{(\w+)\}/g, (_, colon, brace) => {
    const name: string = colon ?? brace;
    return `{${find(name) === undefined ? name : `${name}_id`}}`;
  });

type Described = Pick<RouteInstance, "path" | "about" | "input" | "for" | "permission" | "responses">;

/** The operation of a method of a plugin's route. @param plugin the name of the plugin */
const pluginOperation = (
  plugin: string,
  method: string,
  { path, about, input, responses, ...route }: Described,
): Operation => {
  const name = path.replace(/\W+/g, "_").replace(/^_+|_+$/g, "");
  const described = input && toJsonSchema(input);
  const [query, body] = [propertySchema(described, "query"), propertySchema(described, "body")];
  return {
    // Kinto's names of the methods; the document renames HEAD.
    id: `${{ POST: "create", PUT: "update", HEAD: "get" }[method] ?? method.toLowerCase()}_${name}`,
    tag: pluginTag(plugin),
    about,
    own: query === undefined ? [] : parametersOf(query),
    ...(body !== undefined && {
      body: { "application/json": withoutRefs(body) },
      requiresBody: requiredIn(described).includes("body"),
    }),
    responses: {
      ...(responses === undefined
        ? { "2XX": done("Success.") }
        : Object.fromEntries(Object.entries(responses).map(([status, about]) => [status, done(about)]))),
      ...Object.fromEntries(errorStatuses(route).map((status) => [status, CLIENT_ERROR])),
      "4XX": CLIENT_ERROR,
      "5XX": { about: "A server error.", schema: {}, isAnyType: true },
    },
  };
};

const done = (about: string): OperationResponse => ({ about, schema: {}, isAnyType: true });
const CLIENT_ERROR: OperationResponse = { about: "A client error.", schema: ref("Error") };

/** Error statuses that the core returns before the plugin runs. */
const errorStatuses = ({ for: audience, permission }: Pick<Described, "for" | "permission">): readonly number[] => {
  if (permission !== undefined) return [401, 403, 404];
  if (audience === "user") return [401];
  return typeof audience === "object" ? [401, 403] : [];
};

const requiredIn = (schema: JsonObject | undefined): readonly unknown[] =>
  Array.isArray(schema?.required) ? schema.required : [];

const parametersOf = (query: JsonObject): Schema[] => {
  const required = requiredIn(query);
  return Object.entries(isObject(query.properties) ? query.properties : {}).map(([name, schema]) => {
    const own = isObject(schema) ? withoutRefs(schema) : {};
    const { description } = own;
    return {
      name,
      in: "query",
      ...(required.includes(name) && { required: true }),
      ...(typeof description === "string" && { description }),
      schema: own,
    };
  });
};

/** A schema for use in the document. One with references to its own parts becomes an empty schema. */
const withoutRefs = (schema: JsonObject): Schema =>
  JSON.stringify(schema).includes('"$ref"') ? {} : (schema as Schema);
