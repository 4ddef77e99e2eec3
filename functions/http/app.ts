import { type AppContext, startPlugins } from "../../app/app-context.ts";
import type { AppOptions } from "../../app/create-app-context.ts";
import { type Authenticator, createAuthenticator } from "../../app/plugins/authenticator.ts";
import { createHookRunner } from "../../app/plugins/hook-runner.ts";
import { pluginsWithHooksAt, REQUEST_HOOK_POINTS, withAllDependencies } from "../../config/plugin-placement.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import type { PluginInstance, PluginManifest } from "../../kit/plugin.ts";
import { JSON_TYPE } from "./request.ts";
import { errorResponseOptions } from "./response.ts";
import type { HttpApp, HttpPlugin } from "./routing.ts";
import { createHttpSearch } from "./search.ts";

/**
 * Composes what both HTTP functions need.
 * @param runs which plugins are started in the function
 * @param changes those of them whose code there may change something
 */
export const createHttpApp = async (
  app: AppContext,
  options: AppOptions,
  runs: (plugin: PluginManifest) => boolean,
  changes: (plugin: PluginManifest) => boolean = runs,
): Promise<HttpApp> => {
  const { settings, plugins } = app.config;
  const requestHooks =
    pluginsWithHooksAt(plugins, ...REQUEST_HOOK_POINTS).length === 0 ? undefined : createHookRunner(app);
  const authenticator = withLoginHooks(await createAuthenticator(app), requestHooks);
  await startPlugins(app, withAllDependencies(plugins, plugins.filter(changes), plugins.filter(runs)));
  const parts = await Promise.all(
    plugins.map(async (plugin) => toHttpPlugin(plugin, runs(plugin) ? await app.start(plugin) : NO_PARTS)),
  );
  const renderers = parts.flatMap((part) => Object.values(part.renderers));
  return {
    storeContext: app.storeContext,
    transactions: app.transactions,
    versions: app.versions,
    provenances: app.provenances,
    getTrace: options.getTrace,
    settings,
    authenticator,
    requestHooks,
    plugins: parts,
    mediaTypes: [...new Set([JSON_TYPE, ...renderers.flatMap(({ types }) => types)])],
    search: createHttpSearch(app),
    activity: app.activity,
    errors: errorResponseOptions(settings, app.log, authenticator.challenges),
  };
};

/** Runs the hooks of a login whenever a user is identified. */
const withLoginHooks = (authenticator: Authenticator, runHooks: HookRunner | undefined): Authenticator =>
  runHooks === undefined
    ? authenticator
    : {
        ...authenticator,
        identify: async (by) => {
          const identified = await authenticator.identify(by);
          if (identified.user !== null) await runHooks("user.login", { user: identified.user });
          return identified;
        },
      };

const NO_PARTS = { routes: [], userInfo: undefined, renderers: {}, filters: {} };

const toHttpPlugin = (
  { name, about, version, url, capability, capabilityFields, pages }: PluginManifest,
  { routes, userInfo, renderers, filters }: Pick<PluginInstance, "routes" | "userInfo" | "renderers" | "filters">,
): HttpPlugin => ({
  name,
  about,
  version,
  url,
  capability,
  capabilityFields,
  pages,
  routes,
  userInfo,
  renderers,
  filters,
});
