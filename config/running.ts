import { points } from "../kit/points.ts";
import type { ReadPlugin, ReadPublisher } from "../kit/read-plugin.ts";

/** Whether a plugin has a part in answering requests. */
export const servesRequests = (plugin: ReadPlugin): boolean =>
  plugin.authentication !== undefined ||
  plugin.userInfo ||
  plugin.routes.length > 0 ||
  [plugin.renderers, plugin.filters, plugin.hooks.before, plugin.hooks.after].some(
    (parts) => Object.keys(parts).length > 0,
  ) ||
  Object.values(plugin.hooks.at).some(({ point }) => API_HOOK_POINTS.has(point));

const API_HOOK_POINTS: ReadonlySet<string> = new Set(
  [points["batch.pre"], points["batch.post"], points["flush.pre"], points["flush.post"]].map(({ name }) => name),
);

/** Whether requests may be led elsewhere by it. */
export const forwardsRequests = ({ routes }: ReadPlugin): boolean => routes.some((route) => route.leads);

/** Whether it has jobs to work on. */
export const hasJobs = ({ actions, schedules }: ReadPlugin): boolean =>
  Object.keys(actions).length + Object.keys(schedules).length > 0;

/** The plugin, and all that run with it: those it requires, those that implement its interfaces, those attached to points that it reaches, those who look at its changes. */
export const withDependencies = (
  plugins: readonly ReadPlugin[],
  plugin: ReadPlugin,
  found: Set<ReadPlugin> = new Set(),
): readonly ReadPlugin[] => {
  if (found.has(plugin)) return [...found];
  found.add(plugin);
  const interfaces = new Set(plugin.interfaces.map(({ name }) => name));
  const own = new Set(plugin.hookPoints.map(({ name }) => name));
  for (const other of plugins) {
    const helps =
      (canFlush(plugin) &&
        pluginsWithHooksAt([other], points["flush.pre"].name, points["flush.post"].name).length > 0) ||
      (canWriteObjects(plugin) && hasChangeHooks(other)) ||
      plugin.requires.includes(other.name) ||
      Object.values(other.implementations).some((implementation) => interfaces.has(implementation.interface.name)) ||
      Object.values(other.hooks.at).some(({ point }) => own.has(point));
    if (helps) withDependencies(plugins, other, found);
  }
  return [...found];
};

/** Whether it may change objects by itself. */
const canWriteObjects = ({ needs }: ReadPlugin): boolean =>
  Object.values(needs).some(
    (need) =>
      need.kind === "data" &&
      Object.keys(need.permissions).some((permission) => permission !== "read" && permission !== "shared"),
  );

/** Whether it looks at changes. */
const hasChangeHooks = (plugin: ReadPlugin): boolean =>
  Object.keys(plugin.hooks.before).length + Object.keys(plugin.hooks.after).length > 0;

const canFlush = ({ needs }: ReadPlugin): boolean => Object.values(needs).some(({ kind }) => kind === "flush");

/** Several plugins, and all that run with them. */
export const withAllDependencies = (
  plugins: readonly ReadPlugin[],
  some: readonly ReadPlugin[],
): readonly ReadPlugin[] => {
  const found = new Set<ReadPlugin>();
  for (const plugin of some) withDependencies(plugins, plugin, found);
  return [...found];
};

/** Those who have hooks at one of the points. */
export const pluginsWithHooksAt = (
  plugins: readonly ReadPlugin[],
  ...names: readonly string[]
): readonly ReadPlugin[] =>
  plugins.filter(({ hooks }) => Object.values(hooks.at).some(({ point }) => names.includes(point)));

interface PluginPublisher extends Pick<ReadPublisher, "where"> {
  readonly plugin: ReadPlugin;
  readonly part: string;
}

/** The publishers that take what a listener has to tell, in the config's order. */
export const publishersOf = (plugins: readonly ReadPlugin[], listener: string): readonly PluginPublisher[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.publishers).flatMap(([part, { from, where }]) =>
      from === undefined || from.includes(listener) ? [{ plugin, part, where }] : [],
    ),
  );

/** All who run in the worker of a plugin's listener. */
export const pluginsInListenerWorker = (
  plugins: readonly ReadPlugin[],
  plugin: ReadPlugin,
  listener: string,
): readonly ReadPlugin[] =>
  withAllDependencies(plugins, [plugin, ...publishersOf(plugins, listener).map((publisher) => publisher.plugin)]);

/** All who run in the worker of a plugin's jobs. */
export const pluginsInJobWorker = (plugins: readonly ReadPlugin[], plugin: ReadPlugin): readonly ReadPlugin[] =>
  withAllDependencies(plugins, [
    plugin,
    ...pluginsWithHooksAt(plugins, points["job.start"].name, points["job.end"].name),
  ]);

/** All who run in the worker of the store's own purge. */
export const pluginsInPurgeWorker = (plugins: readonly ReadPlugin[]): readonly ReadPlugin[] =>
  withAllDependencies(plugins, pluginsWithHooksAt(plugins, points["purge.pre"].name, points["purge.post"].name));
