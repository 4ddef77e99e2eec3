import type { Resources } from "../core/resources.ts";
import { routePlace } from "../functions/http/route-place.ts";
import type { PluginManifest, RouteManifest } from "../kit/read-plugin.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { toJsonSchema } from "./standard-schema.ts";
import { formatIssue } from "./told.ts";

/** What is wrong with a plugin's part in answering requests, each with its path in the definition. */
export const answeringFlaws = (plugin: PluginManifest): string[] => [
  ...plugin.routes.flatMap((route) => [...placeFlaws(plugin, route), ...inputFlaws(plugin, route)]),
  ...sharedPlaces(plugin),
  ...rendererFlaws(plugin),
  ...filterFlaws(plugin),
];

/** What is wrong with the permissions that routes ask for. */
export const permissionFlaws = (plugins: readonly PluginManifest[], resources: Resources): string[] =>
  plugins.flatMap((plugin) =>
    plugin.routes.flatMap(({ name: at, path, permission }) => {
      if (permission === undefined) return [];
      const where = `routes['${at}'].permission`;
      const place = routePlace(resources, permission.on);
      if (place === undefined)
        return [
          formatIssue(plugin, `${where}.on`, `'${permission.on}' is no object's path, such as '/buckets/:bucket'.`),
        ];
      const params = namesIn(path);
      const known: readonly string[] = place.kind.permissions;
      return [
        ...place.names
          .filter((name) => !params.includes(name))
          .map((name) =>
            formatIssue(plugin, `${where}.on`, `the route's path has no ':${name}'. ${didYouMean(name, params)}`),
          ),
        ...(known.includes(permission.permission)
          ? []
          : [
              formatIssue(
                plugin,
                `${where}.permission`,
                `'${permission.permission}' is none on a ${place.kind.name}. ${didYouMean(permission.permission, known)}`,
              ),
            ]),
      ];
    }),
  );

const isPath = (path: string): boolean => path !== "" && /^(\/(:\w{1,50}|[\w.~@-]{1,200}))*(\/\*)?$/.test(path);

const namesIn = (path: string): string[] =>
  path.split("/").flatMap((part) => (part.startsWith(":") ? [part.slice(1)] : []));

const placeFlaws = (plugin: PluginManifest, { name: at, path, methods }: RouteManifest): string[] => {
  if (methods.length === 0 || !isPath(path)) {
    return [
      formatIssue(
        plugin,
        `routes['${at}']`,
        "a route is named by its method (or ANY), a space and its path, such as 'GET /hello/:name'.",
      ),
    ];
  }
  const names = namesIn(path);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  return twice === undefined ? [] : [formatIssue(plugin, `routes['${at}']`, `':${twice}' stands in it twice.`)];
};

const inputFlaws = (plugin: PluginManifest, { name: at, input }: RouteManifest): string[] => {
  const properties = input && toJsonSchema(input)?.properties;
  const parts = ["query", "body"];
  return Object.keys(isObject(properties) ? properties : {})
    .filter((key) => !parts.includes(key))
    .map((key) =>
      formatIssue(plugin, `routes['${at}'].input.${key}`, `a route takes { query, body }. ${didYouMean(key, parts)}`),
    );
};

/** Of two routes that a request could be meant for, whatever their `:name`s are called, one would never be asked. */
const sharedPlaces = (plugin: PluginManifest): string[] =>
  plugin.routes.flatMap((route, place) => {
    const other = plugin.routes
      .slice(0, place)
      .find(
        ({ path, methods }) => shape(path) === shape(route.path) && methods.some((one) => route.methods.includes(one)),
      );
    return other === undefined
      ? []
      : [formatIssue(plugin, `routes['${route.name}']`, `'${other.name}' stands at the same place.`)];
  });

const shape = (path: string): string => path.replace(/:\w+/g, ":");

const rendererFlaws = (plugin: PluginManifest): string[] =>
  Object.entries(plugin.renderers).flatMap(([name, { types }]) =>
    types.flatMap((type, place) => {
      const where = `renderers.${name}.types[${place}]`;
      if (type === "application/json") return [formatIssue(plugin, where, "JSON is written by the store itself.")];
      return /^[a-z]+\/[a-z0-9][a-z0-9.+_-]{0,100}$/.test(type)
        ? []
        : [
            formatIssue(
              plugin,
              where,
              `'${type}' is no media type in lower case and without parameters, such as 'text/csv'.`,
            ),
          ];
    }),
  );

const filterFlaws = (plugin: PluginManifest): string[] =>
  Object.entries(plugin.filters).flatMap(([name, { paths = [] }]) =>
    paths.flatMap((path, place) =>
      isPath(path)
        ? []
        : [
            formatIssue(
              plugin,
              `filters.${name}.paths[${place}]`,
              `'${path}' is no path, such as '/buckets/:bucket/*'.`,
            ),
          ],
    ),
  );
