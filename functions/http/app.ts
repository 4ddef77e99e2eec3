import { type AppContext, startPlugins } from "../../app/app-context.ts";
import type { AppOptions } from "../../app/create-app-context.ts";
import { type Authenticator, createAuthenticator } from "../../app/plugins/authenticator.ts";
import { createHookRunner } from "../../app/plugins/hook-runner.ts";
import { createSearchEngine } from "../../app/plugins/resources.ts";
import {
  findSearchOwner,
  pluginsWithHooksAt,
  REQUEST_HOOK_POINTS,
  withAllDependencies,
} from "../../config/plugin-placement.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import { ancestors, listFromIds, objectRef } from "../../core/resources.ts";
import type { PluginInstance, PluginManifest } from "../../kit/plugin.ts";
import { once } from "../../lib/util/once.ts";
import { type Operation, ref } from "./operation.ts";
import { JSON_TYPE, requireContentType } from "./request.ts";
import { errorResponseOptions, httpResponse } from "./response.ts";
import type { Endpoint, EndpointRouter, HttpApp, HttpPlugin } from "./routing.ts";

/** Composes what both HTTP functions need. @param runs which plugins are started in the function */
export const createHttpApp = async (
  app: AppContext,
  options: AppOptions,
  runs: (plugin: PluginManifest) => boolean,
): Promise<HttpApp> => {
  const { settings, plugins } = app.config;
  const requestHooks =
    pluginsWithHooksAt(plugins, ...REQUEST_HOOK_POINTS).length === 0 ? undefined : createHookRunner(app);
  const authenticator = withLoginHooks(await createAuthenticator(app), requestHooks);
  await startPlugins(app, withAllDependencies(plugins, plugins.filter(runs)));
  const parts = await Promise.all(
    plugins.map(async (plugin) => toHttpPlugin(plugin, runs(plugin) ? await app.start(plugin) : NO_PARTS)),
  );
  const renderers = parts.flatMap((part) => Object.values(part.renderers));
  return {
    storeContext: app.storeContext,
    transactions: app.transactions,
    provenances: app.provenances,
    getTrace: options.getTrace,
    settings,
    authenticator,
    requestHooks,
    plugins: parts,
    mediaTypes: [...new Set([JSON_TYPE, ...renderers.flatMap(({ types }) => types)])],
    loadSearch: searchLoader(app),
    errors: errorResponseOptions(settings, app.log, authenticator.challenges),
  };
};

/** Runs the hooks of a login whenever a user is identified. */
const withLoginHooks = (authenticator: Authenticator, runHooks: HookRunner | undefined): Authenticator =>
  runHooks === undefined
    ? authenticator
    : {
        ...authenticator,
        identify: async (authorization) => {
          const user = await authenticator.identify(authorization);
          if (user !== null) await runHooks("user.login", { user });
          return user;
        },
      };

const NO_PARTS = { routes: [], userInfo: undefined, renderers: {}, filters: {} };

const toHttpPlugin = (
  { name, about, version, url, capability }: PluginManifest,
  { routes, userInfo, renderers, filters }: Pick<PluginInstance, "routes" | "userInfo" | "renderers" | "filters">,
): HttpPlugin => ({ name, about, version, url, capability, routes, userInfo, renderers, filters });

/** Search is loaded when it is first used, because few requests to `api` need it. */
const searchLoader = (app: AppContext): HttpApp["loadSearch"] => {
  const owner = findSearchOwner(app.config.plugins);
  if (owner === undefined) return undefined;
  return once(async () => {
    const { searchCollection } = await import("../../core/search/search-collection.ts");
    const engine = await createSearchEngine(app, owner.need);
    return (session, input) => searchCollection({ ...app.storeContext, engine }, session, input);
  });
};

const SEARCH_PATH = "/buckets/:bucket/collections/:collection/search";

/** Adds `POST …/search`, if a plugin needs search. */
export const addSearch = <App extends HttpApp>(app: App, router: EndpointRouter<App>): void => {
  const { loadSearch } = app;
  if (loadSearch === undefined) return;
  router.add(SEARCH_PATH, ({ bucket = "", collection = "" }) => searchEndpoint(app, loadSearch, bucket, collection));
};

const searchEndpoint = (
  { storeContext }: HttpApp,
  loadSearch: NonNullable<HttpApp["loadSearch"]>,
  bucket: string,
  id: string,
): Endpoint => {
  const collection = objectRef(listFromIds(storeContext.resources.core.collection, [bucket]), id);
  return {
    POST: {
      readsOnly: true,
      plan: () => ({ objects: [], parents: [collection, ...ancestors(collection)], clocks: [], writes: [] }),
      run: async ({ request, session, user, budget }) => {
        requireContentType(request);
        const search = await loadSearch();
        const answer = await search(session, { collection, user, body: request.json, budget });
        return httpResponse(200, JSON.stringify(answer));
      },
      describe: () => SEARCH,
    },
  };
};

const SEARCH: Operation = {
  id: "search_records",
  tag: "Records",
  about: "Searches the records of a collection.",
  body: { "application/json": ref("Search") },
  responses: { 200: { about: "The records that match.", schema: ref("SearchAnswer") } },
  fails: ["MISSING_AUTH_TOKEN", "FORBIDDEN", "INVALID_RESOURCE_ID", "MISSING_RESOURCE", "UNSUPPORTED_MEDIA_TYPE"],
};
