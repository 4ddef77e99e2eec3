import type { Resources } from "../core/resources.ts";
import type { ActionManifest, PluginManifest, ResolvedJobLimits } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** What is wrong with what plugins let users have done, each by itself or together, by path. */
export const actionFlaws = (plugins: readonly PluginManifest[], resources: Resources): string[] => {
  const all = plugins.flatMap((plugin) =>
    Object.entries(plugin.actions).map(([name, action]) => ({ plugin: plugin.name, name, action })),
  );
  return [
    ...all.flatMap(({ plugin, name, action }) =>
      flawsOf(action, resources).map(([field, flaw]) => `plugins: ${plugin}.actions.${name}.${field}: ${flaw}`),
    ),
    ...all.flatMap(({ plugin, name, action }, place) => {
      const other = all
        .slice(0, place)
        .find((one) => one.name === name && one.action.on.some((kind) => action.on.includes(kind)));
      const where = action.on.find((kind) => other?.action.on.includes(kind));
      return other === undefined
        ? []
        : [
            `plugins: ${plugin}.actions.${name}: the plugin '${other.plugin}' has an action of that name at a ${where} too. Rename one.`,
          ];
    }),
    ...plugins.flatMap((plugin) =>
      (["actions", "schedules"] as const).flatMap((part) =>
        Object.entries<ResolvedJobLimits>(plugin[part]).flatMap(([name, work]) =>
          limitFlaws(work).map(([field, flaw]) => `plugins: ${plugin.name}.${part}.${name}.${field}: ${flaw}`),
        ),
      ),
    ),
  ];
};

const flawsOf = (
  { on, optIn, permission }: ActionManifest,
  { all, find: named }: Resources,
): (readonly [string, string])[] => {
  const kinds = ["server", ...all.map(({ name }) => name)];
  const flaws: (readonly [string, string])[] = on
    .filter((kind) => !kinds.includes(kind))
    .map((kind) => ["on", `there is no '${kind}'. ${didYouMean(kind, kinds)}`]);
  if (on.length === 0) flaws.push(["on", `it must stand somewhere: ${kinds.join(", ")}.`]);
  if (optIn && on.includes("server"))
    flaws.push([
      "optIn",
      "the server has no data in which it could be listed. Leave 'server' out of `on`, or make two actions.",
    ]);
  for (const kind of on) {
    const permissions = named(kind)?.permissions;
    if (permissions === undefined || permissions.includes(permission)) continue;
    flaws.push([
      "permission",
      `a ${kind} has no permission '${permission}': nobody could have it done there. ${didYouMean(permission, permissions)}`,
    ]);
  }
  return flaws;
};

/** Seconds; more than a month is a mistake. */
const LONGEST = 31 * 24 * 3600;
const MOST_RETRIES = 100;

const limitFlaws = ({ timeLimit, retries, expiry }: ResolvedJobLimits): (readonly [string, string])[] => {
  const within = (value: number, from: number, to: number): boolean =>
    Number.isInteger(value) && value >= from && value <= to;
  return [
    ...(within(timeLimit, 1, LONGEST)
      ? []
      : [["timeLimit", `must be a whole number of seconds, from 1 to ${LONGEST}.`] as const]),
    ...(within(retries, 0, MOST_RETRIES)
      ? []
      : [["retries", `must be a whole number, from 0 to ${MOST_RETRIES}.`] as const]),
    ...(within(expiry, 1, 10 * LONGEST)
      ? []
      : [["expiry", `must be a whole number of seconds, from 1 to ${10 * LONGEST}.`] as const]),
  ];
};
