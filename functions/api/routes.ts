import { isCore, listFromIds, objectRef, type Resource } from "../../core/resources.ts";
import type { EndpointSetting } from "../../core/settings.ts";
import { capitalize } from "../../lib/util/capitalize.ts";
import { once } from "../../lib/util/once.ts";
import { requestSteps, runnableSteps } from "../http/pipeline.ts";
import { httpResponse } from "../http/response.ts";
import { type Call, type Endpoint, EndpointRouter, type PathParams, type Route } from "../http/routing.ts";
import { addSearch } from "../http/search.ts";
import { actionEndpoint, actionsEndpoint } from "./actions.ts";
import type { ApiApp } from "./app.ts";
import { batchEndpoint } from "./batch.ts";
import { jobEndpoint, jobRetryEndpoint, jobsEndpoint } from "./jobs.ts";
import { listEndpoint } from "./lists.ts";
import { objectEndpoint } from "./objects.ts";
import { API } from "./openapi/pages.ts";
import { PAGES } from "./pages.ts";
import { addPluginRoutes } from "./plugin-routes.ts";

/** One request that a route of `api` handles. */
export type ApiCall = Call<ApiApp>;
export type ApiRoute = Route<ApiApp>;
export type ApiEndpoint = Endpoint<ApiApp>;

/** All endpoints, and the steps that lead to them. Plugins' routes are first, so that they can replace the store's. */
export const createRoutes = (api: ApiApp) => {
  const router = new EndpointRouter<ApiApp>();
  const steps = requestSteps(api, router.find);
  addPluginRoutes(api, router);
  const document = once(async () => {
    const { openApiDocument } = await import("./openapi/document.ts");
    return JSON.stringify(openApiDocument(api, router.list()));
  });
  const run = async () => httpResponse(200, await document());
  const described = { run, runAlone: run, describe: () => API };
  router.add("/__api__", () => ({ GET: described, HEAD: described }));
  const batch = batchEndpoint(router.find, runnableSteps(steps, { batch: true }));
  router.add("/batch", () => batch);
  for (const [path, endpoint] of Object.entries(PAGES)) {
    if (path === "/permissions" && !api.settings.experimentalPermissionsEndpoint) continue;
    router.add(path, () => endpoint);
  }
  if (api.hasJobs) {
    router.add("/jobs", () => jobsEndpoint);
    router.add("/jobs/:id", ({ id = "" }) => jobEndpoint(id));
    router.add("/jobs/:id/retry", ({ id = "" }) => jobRetryEndpoint(id));
    router.add("/actions", () => actionsEndpoint(null));
    router.add("/actions/:name", ({ name = "" }) => actionEndpoint(null, name));
  }
  for (const resource of api.storeContext.resources.all) addResource(api, router, resource);
  addSearch(api, router);
  return { router, steps };
};

/** Adds a resource's lists and objects, and the actions on them. */
const addResource = (api: ApiApp, router: EndpointRouter<ApiApp>, resource: Resource): void => {
  const path = pathOf(resource);
  const list = (params: PathParams) => listFromIds(resource, idsOf(resource, params));
  const enableList = withEnabledMethods(api, "plural", resource);
  const enableObject = withEnabledMethods(api, "object", resource);
  router.add(path, (params) => enableList(listEndpoint(list(params))));
  router.add(`${path}/:id`, (params) => enableObject(objectEndpoint(objectRef(list(params), params.id ?? ""))));
  if (!api.hasJobs) return;
  const object = (params: PathParams) => objectRef(list(params), params[resource.name] ?? "");
  router.add(`${path}/:${resource.name}/actions`, (params) => actionsEndpoint(object(params)));
  router.add(`${path}/:${resource.name}/actions/:name`, (params) => actionEndpoint(object(params), params.name ?? ""));
};

/** Removes the methods that the settings disable. */
const withEnabledMethods = (
  { settings }: ApiApp,
  type: "plural" | "object",
  { name: resource }: Resource,
): ((endpoint: ApiEndpoint) => ApiEndpoint) => {
  if (!isCore(resource)) return (endpoint) => endpoint;
  const settingOf = (method: string) =>
    `${type}${capitalize(resource)}${capitalize(method.toLowerCase())}Enabled` as EndpointSetting;
  const disabled = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !settings[settingOf(method)]);
  if (disabled.length === 0) return (endpoint) => endpoint;
  return (endpoint) => Object.fromEntries(Object.entries(endpoint).filter(([method]) => !disabled.includes(method)));
};

/** `/buckets/:bucket/collections/:collection/records` */
const pathOf = ({ parent, plural }: Resource): string =>
  `${parent === null ? "" : `${pathOf(parent)}/:${parent.name}`}/${plural}`;

const idsOf = ({ parent }: Resource, params: PathParams): string[] =>
  parent === null ? [] : [...idsOf(parent, params), params[parent.name] ?? ""];
