import type { PluginNeed, SearchNeed } from "../kit/need.ts";
import { storeHookPoints } from "../kit/parts/hook-points.ts";
import { indexing } from "../kit/parts/indexes.ts";
import type { PublisherManifest } from "../kit/parts/publishers.ts";
import { findRequired, type PluginManifest } from "../kit/plugin.ts";

/** Whether a plugin takes part in serving requests. */
export const servesRequests = (plugin: PluginManifest): boolean =>
  plugin.authentication !== undefined ||
  plugin.userInfo ||
  hasIndexes(plugin) ||
  plugin.routes.length > 0 ||
  [plugin.renderers, plugin.filters, plugin.hooks.before, plugin.hooks.after, plugin.hooks.read].some(
    (parts) => Object.keys(parts).length > 0,
  ) ||
  Object.values(plugin.hooks.at).some(({ point }) => API_HOOK_POINTS.has(point));

/** The hook points of every request. */
export const REQUEST_HOOK_POINTS: ReadonlySet<string> = new Set(
  [storeHookPoints["request.start"], storeHookPoints["request.end"], storeHookPoints["user.login"]].map(
    ({ name }) => name,
  ),
);

const API_HOOK_POINTS: ReadonlySet<string> = new Set([
  ...REQUEST_HOOK_POINTS,
  ...[
    storeHookPoints["batch.pre"],
    storeHookPoints["batch.post"],
    storeHookPoints["flush.pre"],
    storeHookPoints["flush.post"],
  ].map(({ name }) => name),
]);

/** Whether a plugin makes documents of records, which searches show and indexes follow. */
const hasIndexes = ({ indexes }: PluginManifest): boolean => Object.keys(indexes).length > 0;

/**
 * Whether a plugin takes part in serving searches: it authenticates users, rewrites, filters or renders, makes documents,
 * or has hooks for reads or requests.
 */
export const servesSearches = (plugin: PluginManifest): boolean => hasIndexes(plugin) || handlesSearches(plugin);

/** Whether it does so by more than its indexes, whose code changes nothing. */
export const handlesSearches = ({ authentication, routes, renderers, filters, hooks }: PluginManifest): boolean =>
  authentication !== undefined ||
  routes.some((route) => route.isRewrite) ||
  [renderers, filters, hooks.read].some((parts) => Object.keys(parts).length > 0) ||
  Object.values(hooks.at).some(({ point }) => REQUEST_HOOK_POINTS.has(point));

/** The first plugin that needs search owns it, with its `POST …/search`. Returns `undefined` if none does. */
export const findSearchOwner = (
  plugins: readonly PluginManifest[],
): { readonly plugin: PluginManifest; readonly need: SearchNeed } | undefined => {
  for (const plugin of plugins)
    for (const need of Object.values<PluginNeed>(plugin.needs)) if (need.kind === "search") return { plugin, need };
  return undefined;
};

/** Whether it has actions or schedules. */
export const hasJobs = ({ actions, schedules }: PluginManifest): boolean =>
  Object.keys(actions).length + Object.keys(schedules).length > 0;

/**
 * The plugin and all plugins that run with it: those it requires, implementations of its interfaces, and plugins with
 * hooks on its points or its changes.
 */
export const withDependencies = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
): readonly PluginManifest[] => withAllDependencies(plugins, [plugin]);

/** What code of a plugin may do in a function. Code of indexes only reads. */
type Use = "reads" | "writes";

/** Adds a plugin and all plugins that run with it. */
const addPlugin = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
  use: Use,
  found: Map<PluginManifest, Use>,
): void => {
  const present = found.get(plugin);
  if (present === "writes" || present === use) return;
  found.set(plugin, use);
  const interfaces = new Set(plugin.interfaces.map(({ name }) => name));
  const own = new Set(plugin.hookPoints.map(({ name }) => name));
  const required = findRequired(plugin, plugins);
  for (const other of plugins) {
    const implemented = Object.values(other.implementations).map((implementation) => implementation.interface.name);
    const isDependency =
      (use === "writes" && runsHooksOf(plugin, other)) ||
      required.includes(other) ||
      implemented.some((name) => name !== indexing.name && interfaces.has(name)) ||
      Object.values(other.hooks.at).some(({ point }) => own.has(point));
    if (isDependency) addPlugin(plugins, other, use, found);
    else if (interfaces.has(indexing.name) && implemented.includes(indexing.name))
      addPlugin(plugins, other, "reads", found);
  }
};

/** Whether changes or flushes by a plugin run hooks of another one. */
const runsHooksOf = (plugin: PluginManifest, other: PluginManifest): boolean =>
  (canFlush(plugin) &&
    pluginsWithHooksAt([other], storeHookPoints["flush.pre"].name, storeHookPoints["flush.post"].name).length > 0) ||
  (canWriteObjects(plugin) && hasChangeHooks(other));

/** Whether versions of objects are kept. */
export const keepsVersions = (plugins: readonly PluginManifest[]): boolean =>
  plugins.some(({ versions }) => versions !== undefined);

/** Whether it can change objects. */
const canWriteObjects = ({ needs }: PluginManifest): boolean =>
  Object.values(needs).some(
    (need) =>
      need.kind === "index" ||
      need.kind === "versions" ||
      (need.kind === "data" &&
        Object.keys(need.permissions).some((permission) => !["read", "execute", "shared"].includes(permission))),
  );

/** Whether it has before or after hooks. */
const hasChangeHooks = (plugin: PluginManifest): boolean =>
  Object.keys(plugin.hooks.before).length + Object.keys(plugin.hooks.after).length > 0;

const canFlush = ({ needs }: PluginManifest): boolean => Object.values(needs).some(({ kind }) => kind === "flush");

/** Some plugins and all plugins that run with them. */
export const withAllDependencies = (
  plugins: readonly PluginManifest[],
  some: readonly PluginManifest[],
  reading: readonly PluginManifest[] = [],
): readonly PluginManifest[] => [...findUses(plugins, some, reading).keys()];

/**
 * The plugins that run with some plugins only because of their indexes: their code cannot change anything there.
 * @param reading plugins of which nothing else runs
 */
export const findReaders = (
  plugins: readonly PluginManifest[],
  some: readonly PluginManifest[],
  reading: readonly PluginManifest[] = [],
): readonly PluginManifest[] =>
  [...findUses(plugins, some, reading)].flatMap(([plugin, use]) => (use === "reads" ? [plugin] : []));

const findUses = (
  plugins: readonly PluginManifest[],
  some: readonly PluginManifest[],
  reading: readonly PluginManifest[],
): ReadonlyMap<PluginManifest, Use> => {
  const found = new Map<PluginManifest, Use>();
  for (const plugin of some) addPlugin(plugins, plugin, "writes", found);
  for (const plugin of reading) addPlugin(plugins, plugin, "reads", found);
  return found;
};

/** The plugins with hooks at one of the points. */
export const pluginsWithHooksAt = (
  plugins: readonly PluginManifest[],
  ...names: readonly string[]
): readonly PluginManifest[] =>
  plugins.filter(({ hooks }) => Object.values(hooks.at).some(({ point }) => names.includes(point)));

interface PluginPublisher extends Pick<PublisherManifest, "where"> {
  readonly plugin: PluginManifest;
  readonly part: string;
}

/** The publishers that receive a listener's results, in the order of the config. */
export const publishersOf = (plugins: readonly PluginManifest[], listener: string): readonly PluginPublisher[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.publishers).flatMap(([part, { from, where }]) =>
      from === undefined || from.includes(listener) ? [{ plugin, part, where }] : [],
    ),
  );

/** The plugins that run in the worker of a listener. */
export const pluginsInListenerWorker = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
  listener: string,
): readonly PluginManifest[] => withAllDependencies(plugins, workingPlugins(plugins, plugin, listener));

/** The plugins whose listener and publishers run in the worker of a listener. */
export const workingPlugins = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
  listener: string,
): readonly PluginManifest[] => [plugin, ...publishersOf(plugins, listener).map((publisher) => publisher.plugin)];

/** The plugins that run in the worker of a plugin's jobs. */
export const pluginsInJobWorker = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
): readonly PluginManifest[] =>
  withAllDependencies(plugins, [
    plugin,
    ...pluginsWithHooksAt(plugins, storeHookPoints["job.start"].name, storeHookPoints["job.end"].name),
  ]);

/** The plugins that run in the worker of the store's purge. */
export const pluginsInPurgeWorker = (plugins: readonly PluginManifest[]): readonly PluginManifest[] =>
  withAllDependencies(
    plugins,
    pluginsWithHooksAt(plugins, storeHookPoints["purge.pre"].name, storeHookPoints["purge.post"].name),
  );
