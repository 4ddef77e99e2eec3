import { indexing } from "../kit/indexing.ts";
import type { PluginManifest } from "../kit/read-plugin.ts";
import { parseCron } from "../lib/cron.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { answeringFlaws } from "./answering-flaws.ts";
import { listenerFlaws } from "./listener-flaws.ts";
import { outsideFlaws } from "./outside-flaws.ts";
import { formatIssue } from "./told.ts";

/** What is wrong with plugins, each by itself or together, by path. */
export const pluginFlaws = (plugins: readonly PluginManifest[]): string[] => [
  ...plugins.flatMap((plugin) => [
    ...answeringFlaws(plugin),
    ...scheduleFlaws(plugin),
    ...nameFlaws(plugin),
    ...pointFlaws(plugin),
    ...timeFlaws(plugin),
  ]),
  ...listenerFlaws(plugins),
  ...outsideFlaws(plugins),
  ...requireFlaws(plugins),
  ...interfaceFlaws(plugins),
];

const scheduleFlaws = (plugin: PluginManifest): string[] =>
  Object.entries(plugin.schedules).flatMap(([name, { cron }]) => {
    if (cron === undefined || parseCron(cron) !== undefined) return [];
    return [
      formatIssue(
        plugin,
        `schedules.${name}.cron`,
        `'${cron}' is no time that comes: minute, hour, day, month, day of the week, such as '0 3 * * *'.`,
      ),
    ];
  });

/** Names that stand in paths or commands; what names a queue is looked at with that. */
const nameFlaws = (plugin: PluginManifest): string[] =>
  (["actions", "schedules", "commands", "renderers", "filters", "publishers", "indexes"] as const).flatMap((part) =>
    Object.keys(plugin[part])
      .filter((name) => !/^[a-zA-Z][a-zA-Z0-9_-]{0,40}$/.test(name))
      .map((name) =>
        formatIssue(plugin, `${part}.${name}`, "letters, digits, '-' and '_' can name it, a letter first, at most 41."),
      ),
  );

const pointFlaws = (plugin: PluginManifest): string[] =>
  plugin.hookPoints
    .filter(({ name }) => !name.startsWith(`${plugin.name}.`))
    .map(({ name }) =>
      formatIssue(plugin, "hookPoints", `'${name}' must begin with the plugin's name: '${plugin.name}.${name}'.`),
    );

/** Seconds that a part may take of a request, which has 29 in AWS. */
const LONGEST = 25;

const timeFlaws = (plugin: PluginManifest): string[] => {
  const hooks = Object.entries(plugin.hooks).flatMap(([when, all]) =>
    Object.entries(all).map(([name, { timeout }]) => [`hooks.${when}.${name}`, timeout] as const),
  );
  return [...hooks, ...plugin.routes.map(({ name: at, timeout }) => [`routes['${at}']`, timeout] as const)]
    .filter(([, timeout]) => typeof timeout !== "number" || !(timeout > 0 && timeout <= LONGEST))
    .map(([path, timeout]) =>
      formatIssue(
        plugin,
        `${path}.timeout`,
        `is a number of seconds, more than 0 and at most ${LONGEST}, not ${String(timeout)}.`,
      ),
    );
};

const requireFlaws = (plugins: readonly PluginManifest[]): string[] => {
  const names = plugins.map(({ name }) => name);
  const missing = plugins.flatMap((plugin) =>
    plugin.requires
      .filter((name) => !names.includes(name))
      .map((name) => formatIssue(plugin, "requires", `the plugin '${name}' is not there. ${didYouMean(name, names)}`)),
  );
  const requiredBy = (name: string): readonly string[] =>
    plugins.find((plugin) => plugin.name === name)?.requires ?? [];
  const leadsBack = (start: string, seen: Set<string> = new Set([start])): boolean => {
    for (const name of [...seen].flatMap(requiredBy)) {
      if (name === start) return true;
      if (!seen.has(name)) return leadsBack(start, seen.add(name));
    }
    return false;
  };
  const circular = plugins.filter(({ name }) => leadsBack(name));
  return circular.length === 0
    ? missing
    : [...missing, `plugins: ${circular.map(({ name }) => name).join(", ")} require each other in a circle.`];
};

const interfaceFlaws = (plugins: readonly PluginManifest[]): string[] => {
  const owners = Map.groupBy(
    // Each plugin that keeps an index may ask for what is to be in it.
    plugins.flatMap((plugin) =>
      plugin.interfaces.filter(({ name }) => name !== indexing.name).map((owned) => ({ plugin, owned })),
    ),
    ({ owned }) => owned.name,
  );
  const twice = [...owners].flatMap(([name, all]) =>
    all.length > 1 && all[1]
      ? [
          formatIssue(
            all[1].plugin,
            "interfaces",
            `'${name}' is the interface of the plugin '${all[0]?.plugin.name}' already.`,
          ),
        ]
      : [],
  );
  const single = Map.groupBy(
    plugins.flatMap((plugin) =>
      Object.entries(plugin.implementations).map(([part, one]) => ({ plugin, part, ...one })),
    ),
    (implementation) => implementation.interface.name,
  );
  const crowded = [...single].flatMap(([name, all]) =>
    all.length > 1 && all[1]?.interface.singleton
      ? [
          formatIssue(
            all[1].plugin,
            `implementations.${all[1].part}`,
            `'${name}' takes one plugin, and '${all[0]?.plugin.name}' implements it.`,
          ),
        ]
      : [],
  );
  return [...twice, ...crowded];
};
