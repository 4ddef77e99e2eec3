import type { PluginManifest } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { eventPatternFlaws } from "./event-pattern-flaws.ts";
import { pluginInbound, pluginListeners } from "./listeners.ts";
import { patternFlaws } from "./pattern-flaws.ts";
import { formatIssue } from "./told.ts";

/** What is wrong with what comes in from outside, and with what is told on there. */
export const outsideFlaws = (plugins: readonly PluginManifest[]): string[] => [
  ...plugins.flatMap(sourceFlaws),
  ...publisherFlaws(plugins),
];

/** Characters of a pattern that a rule takes. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const LONGEST = 2048;
const FIELDS = ["source", "detail-type", "detail", "resources", "account", "region"];

const sourceFlaws = (plugin: PluginManifest): string[] =>
  Object.entries(plugin.inbound).flatMap(([name, { from }]) => {
    const path = `inbound.${name}.from`;
    if (from === undefined) return [];
    if (from?.kind !== "events")
      return [formatIssue(plugin, path, 'must be made by the kit: need.events({ source: ["compute"] }).')];
    const { pattern, bus } = from;
    if (!/^[\w./-]{1,256}$/.test(bus))
      return [formatIssue(plugin, path, `'${bus}' can't name a bus; letters, digits and ._-/ can.`)];
    if (Object.keys(pattern).length === 0)
      return [formatIssue(plugin, path, 'must say what events it wants: need.events({ source: ["compute"] }).')];
    if (JSON.stringify(pattern).length > LONGEST)
      return [formatIssue(plugin, path, `is longer than the ${LONGEST} characters of JSON that EventBridge takes.`)];
    const flaws = patternFlaws({ ...pattern }, path, unheard);
    return (flaws.length > 0 ? flaws : eventPatternFlaws({ ...pattern }, path)).map(([at, flaw]) =>
      formatIssue(plugin, at, flaw),
    );
  });

const unheard = (field: string): string | undefined =>
  FIELDS.includes(field) ? undefined : `events have no such field. ${didYouMean(field, FIELDS)}`;

/** Listeners that publishers wait for, and that nobody has. */
const publisherFlaws = (plugins: readonly PluginManifest[]): string[] => {
  const known = [...pluginListeners(plugins), ...pluginInbound(plugins)].map(({ name }) => name);
  return plugins.flatMap((plugin) =>
    Object.entries(plugin.publishers).flatMap(([part, { from }]) => {
      const path = `publishers.${part}.from`;
      if (from?.length === 0)
        return [
          formatIssue(plugin, path, "names no listener, so that nothing could come: leave it out where all are meant."),
        ];
      const unknown = from?.filter((name) => !known.includes(name)) ?? [];
      return unknown.map((name) =>
        formatIssue(plugin, path, `there is no listener '${name}'. ${didYouMean(name, known)}`),
      );
    }),
  );
};
