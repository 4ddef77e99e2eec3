import { isCore, listAt, objectRef, type Resource } from "../../core/resources.ts";
import type { EndpointSetting } from "../../core/settings.ts";
import { once } from "../../lib/util/once.ts";
import { answer } from "../http/answer.ts";
import { PREFIX } from "../http/prefix.ts";
import { Router } from "../http/router.ts";
import { actionEndpoint, actionsEndpoint } from "./actions.ts";
import type { Api } from "./app.ts";
import { batchEndpoint } from "./batch.ts";
import type { Endpoint, Find } from "./call.ts";
import type { Pass } from "./filters.ts";
import { jobEndpoint, jobsEndpoint } from "./jobs.ts";
import { listEndpoint } from "./lists.ts";
import { objectEndpoint } from "./objects.ts";
import { openApiDocument } from "./openapi/document.ts";
import { API } from "./openapi/pages.ts";
import { PAGES } from "./pages.ts";
import { pluginEndpoint } from "./plugin-routes.ts";

type Params = Readonly<Record<string, string>>;

/** Plugins' routes come first, so that they may take the place of the store's own, method by method. */
export const openRoutes = (api: Api, pass: Pass): Find => {
  const router = new Router<(params: Params) => Endpoint>();
  const places = new Map<string, ((params: Params) => Endpoint)[]>();
  const add = (path: string, endpoint: (params: Params) => Endpoint) => {
    places.set(path, [...(places.get(path) ?? []), endpoint]);
    router.add(path, endpoint);
  };
  const find: Find = (path) => {
    // A path that ends in a slash leads to the one without, also where anything may follow.
    if (path.endsWith("/") && path !== `${PREFIX}/`) return undefined;
    return together(router.all(path).map(({ found, params }) => found(params)));
  };

  for (const plugin of api.plugins)
    for (const route of plugin.routes) add(route.path, pluginEndpoint(api, plugin, route, find));
  const endpoints = () =>
    new Map([...places].map(([path, all]) => [path, together(all.map((endpoint) => endpoint({}))) ?? {}]));
  const document = once(async () => JSON.stringify(openApiDocument(api, endpoints())));
  const run = async () => answer(200, await document());
  const described = { run, alone: run, describe: () => API };
  add("/__api__", () => ({ GET: described, HEAD: described }));
  add("/batch", () => batchEndpoint(find, pass));
  for (const [path, endpoint] of Object.entries(PAGES)) {
    if (path === "/permissions" && !api.settings.experimentalPermissionsEndpoint) continue;
    add(path, () => endpoint);
  }
  if (api.works) {
    add("/jobs", () => jobsEndpoint);
    add("/jobs/:id", ({ id = "" }) => jobEndpoint(id));
    add("/actions", () => actionsEndpoint(null));
    add("/actions/:name", ({ name = "" }) => actionEndpoint(null, name));
  }
  for (const kind of api.world.resources.all) {
    const enabled = { plural: without(api, "plural", kind), object: without(api, "object", kind) };
    add(pathOf(kind), (params) => enabled.plural(listEndpoint(listAt(kind, idsOf(kind, params)))));
    add(`${pathOf(kind)}/:id`, (params) =>
      enabled.object(objectEndpoint(objectRef(listAt(kind, idsOf(kind, params)), params.id ?? ""))),
    );
    if (!api.works) continue;
    const at = (params: Params) => objectRef(listAt(kind, idsOf(kind, params)), params[kind.name] ?? "");
    add(`${pathOf(kind)}/:${kind.name}/actions`, (params) => actionsEndpoint(at(params)));
    add(`${pathOf(kind)}/:${kind.name}/actions/:name`, (params) => actionEndpoint(at(params), params.name ?? ""));
  }
  return find;
};

/** All that stands at a path: what comes first has its methods, what comes later those that are left. */
const together = ([first, ...others]: readonly Endpoint[]): Endpoint | undefined =>
  first === undefined || others.length === 0 ? first : Object.assign({}, ...others.toReversed(), first);

/** Leaves out the methods that settings switch off. */
const without = (
  { settings }: Api,
  type: "plural" | "object",
  { name: resource }: Resource,
): ((endpoint: Endpoint) => Endpoint) => {
  if (!isCore(resource)) return (endpoint) => endpoint;
  const name = (method: string) =>
    `${type}${capital(resource)}${capital(method.toLowerCase())}Enabled` as EndpointSetting;
  const off = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !settings[name(method)]);
  if (off.length === 0) return (endpoint) => endpoint;
  return (endpoint) => Object.fromEntries(Object.entries(endpoint).filter(([method]) => !off.includes(method)));
};

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `/buckets/:bucket/collections/:collection/records` */
const pathOf = ({ parent, plural }: Resource): string =>
  `${parent === null ? "" : `${pathOf(parent)}/:${parent.name}`}/${plural}`;

const idsOf = ({ parent }: Resource, params: Params): string[] =>
  parent === null ? [] : [...idsOf(parent, params), params[parent.name] ?? ""];
