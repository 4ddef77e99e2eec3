import { resourceAt, SHARED_PERMISSION } from "../core/permissions/areas.ts";
import { PLUGIN_PREFIX } from "../core/permissions/principals.ts";
import type { Resources } from "../core/resources.ts";
import type { PluginManifest } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** What is wrong with what plugins state to work on, by path. */
export const dataFlaws = (plugins: readonly PluginManifest[], resources: Resources): string[] =>
  plugins.flatMap(({ name, needs }) => [
    ...(name === PLUGIN_PREFIX
      ? [
          `plugins: '${PLUGIN_PREFIX}' can't name a plugin: the user ids of all plugins begin with it. Choose another name.`,
        ]
      : []),
    ...Object.entries(needs).flatMap(([key, need]) => {
      if (need.kind !== "data") return [];
      return Object.entries(need.permissions).flatMap(([permission, places]: [string, unknown]) => {
        const at = `plugins: ${name}.needs.${key}.${permission}`;
        if (!Array.isArray(places)) return [`${at}: must be a list of URIs, such as ["/buckets/blog"].`];
        return places.flatMap((place, i) =>
          flawsOf(resources, permission, place).map((flaw) => `${at}[${i}]: ${flaw}`),
        );
      });
    }),
  ]);

const flawsOf = (resources: Resources, permission: string, place: unknown): string[] => {
  const kind = typeof place === "string" ? resourceAt(resources, place) : undefined;
  if (kind === undefined)
    return [
      `${JSON.stringify(place)} is no object's URI, such as /buckets/blog/collections/*, where * stands for any id.`,
    ];
  const known =
    kind === null
      ? resources.top.map(({ resource: kind }) => `${kind.name}:create`)
      : [...kind.permissions, SHARED_PERMISSION];
  if (known.includes(permission)) return [];
  return [
    `there is no permission '${permission}' on ${kind === null ? "the root" : `a ${kind.name}`}. ${didYouMean(permission, known)}`,
  ];
};
