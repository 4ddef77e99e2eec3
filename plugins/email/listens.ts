import { type ChangeEvent, type FilterPattern, matchesFilter } from "@kintoun/kit";
import { EVENTS, type Options, type OwnHook } from "./options.ts";

type EventName = (typeof EVENTS)[number];

/** What collections' hooks can hear of. */
const OF_COLLECTIONS = EVENTS.filter((event) => event.startsWith("record.") || event.startsWith("collection."));

/** The events that any hook hears of. */
export const heardBy = ({ hooks, ofCollections }: Options): readonly EventName[] => {
  const heard = new Set([...hooks.flatMap(({ on }) => on), ...(ofCollections === undefined ? [] : OF_COLLECTIONS)]);
  return EVENTS.filter((event) => heard.has(event));
};

/** The places that any hook hears of; `undefined` for everywhere. */
export const placesOf = (
  { hooks, ofCollections }: Options,
  kind: "buckets" | "collections",
): readonly string[] | undefined => {
  const all = hooks.map((hook) => hook[kind]);
  if (ofCollections !== undefined) all.push(kind === "buckets" ? ofCollections.buckets : undefined);
  return all.includes(undefined) ? undefined : [...new Set(all.flatMap((ids) => ids ?? []))];
};

/** What holds of each event that any hook hears of; `undefined` where events and places say it all. */
export const patternOf = ({ hooks, ofCollections }: Options): FilterPattern | undefined => {
  const [first] = hooks;
  if (hooks.length === 1 && ofCollections === undefined) return patternIn(first?.where);
  if (hooks.length === 0) return undefined;
  const theirs = ofCollections && {
    on: OF_COLLECTIONS,
    buckets: ofCollections.buckets,
    collections: undefined,
    where: undefined,
  };
  const all = [...hooks, ...(theirs === undefined ? [] : [theirs])];
  return {
    $or: all.flatMap(({ on, buckets, collections, where }) =>
      alternatives(on, { buckets, collections }, patternIn(where)),
    ),
  };
};

/** For each type of objects, the actions that are heard of, where they are named; ids with `*` are looked at behind the queue. */
const alternatives = (
  on: readonly EventName[],
  { buckets, collections }: Pick<OwnHook, "buckets" | "collections">,
  where: FilterPattern = {},
): FilterPattern[] => {
  const named = (field: string, ids: readonly string[] | undefined) =>
    ids === undefined || ids.some((id) => id.includes("*")) ? {} : { [field]: ids };
  const places = { ...named("bucket_id", buckets), ...named("collection_id", collections) };
  const types = Map.groupBy(on, (event) => event.slice(0, event.indexOf(".")));
  return [...types].map(([type, events]) => ({
    ...where,
    ...places,
    resource_name: [type],
    action: events.map((event) => event.slice(event.indexOf(".") + 1)),
  }));
};

/** Whether an event matches a hook. */
export const matchesHook = ({ on, buckets, collections, where }: OwnHook, event: ChangeEvent): boolean =>
  matchesFilter({ on, buckets, collections, where: patternIn(where) }, event);

/** As the plugin's listener states it, it is looked through when the config is read. */
const patternIn = (where: OwnHook["where"]): FilterPattern | undefined => where as FilterPattern | undefined;
