import type { Resources } from "../core/resources.ts";
import type { ResolvedCollectionFilter } from "../kit/places.ts";
import type { PluginManifest } from "../kit/read-plugin.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { formatIssue } from "./told.ts";

const CHANGES = ["create", "update", "delete"];

/** What is wrong with the events that listeners and hooks want to hear of, and with the places where parts hold. */
export const hearingFlaws = (plugins: readonly PluginManifest[], { all }: Resources): string[] => {
  const named = (actions: readonly string[]) => all.flatMap(({ name }) => actions.map((action) => `${name}.${action}`));
  const changes = named(CHANGES);
  const events = named([...CHANGES, "purge"]);
  return plugins.flatMap((plugin) => {
    const { hooks, listeners, actions, indexes } = plugin;
    return [
      ...namedParts(listeners).flatMap(([name, { on }]) =>
        eventFlaws(on, events).map((flaw) => formatIssue(plugin, `listeners.${name}.on`, flaw)),
      ),
      ...(["before", "after"] as const).flatMap((when) =>
        namedParts(hooks[when]).flatMap(([name, { on }]) =>
          eventFlaws(on, changes).map((flaw) => formatIssue(plugin, `hooks.${when}.${name}.on`, flaw)),
        ),
      ),
      ...Object.entries({
        listeners,
        "hooks.before": hooks.before,
        "hooks.after": hooks.after,
        actions,
        indexes,
      }).flatMap(([part, each]) =>
        namedParts<Partial<ResolvedCollectionFilter>>(each).flatMap(([name, places]) =>
          placeFlaws(places).map(([field, flaw]) => formatIssue(plugin, `${part}.${name}.${field}`, flaw)),
        ),
      ),
    ];
  });
};

const namedParts = <Part>(parts: Readonly<Record<string, Part>>): [string, Part][] => Object.entries(parts);

const eventFlaws = (on: readonly unknown[], known: readonly string[]): string[] => {
  if (on.length === 0)
    return ["names no event: nothing would ever be heard. Such are record.create and record.update."];
  return on.flatMap((event) => {
    const name = String(event);
    if (known.includes(name)) return [];
    if (name.endsWith(".purge")) return [`'${name}' is told to listeners alone.`];
    return [`there is no event '${name}'. ${didYouMean(name, known)}`];
  });
};

const placeFlaws = ({
  buckets,
  collections,
}: Partial<ResolvedCollectionFilter>): (readonly [field: string, flaw: string])[] =>
  Object.entries<unknown>({ buckets, collections }).flatMap(([field, ids]) =>
    ids === undefined || (Array.isArray(ids) && ids.every((id) => typeof id === "string"))
      ? []
      : [[field, 'must give a list of ids: () => ["blog", "team-*"].'] as const],
  );
