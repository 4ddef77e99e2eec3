import { objectsFilter, QUEUED_FILTER, type StreamFilter, type StreamRule } from "../adapters/store/dynamodb/table.ts";
import type { EventFilter } from "../core/events/listener.ts";
import type { Resource, Resources } from "../core/resources.ts";
import { recordedChanges, recordsActivity } from "./activity.ts";
import type { Config } from "./config.ts";
import { subscriptions } from "./listeners.ts";

/**
 * Maximum length of a filter of an event source mapping
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html).
 */
const MAX_FILTER_LENGTH = 4096;

/** A resource that subscriptions cover in some lists, or in all. */
interface CoveredResource {
  readonly name: string;
  /** `undefined`: all lists. */
  readonly lists: readonly StreamRule[] | undefined;
  /** Whether removals are announced. */
  readonly purges: boolean;
}

/**
 * Stream filters of the objects that subscriptions cover, and of queued jobs and messages. Other conditions of
 * subscriptions cannot be expressed as filters; `dispatch` checks them. There are at most five, the default quota of
 * Lambda: resources that are covered in all lists share filters, and so do those in some lists.
 */
export const streamFiltersFor = (resources: Resources, filters: readonly EventFilter[]): readonly StreamFilter[] => {
  const covered = resources.all.flatMap((resource) => coverResource(resource, filters));
  const limited = covered.filter(({ lists }) => lists !== undefined);
  const limitedFilters = objectFilters(limited, [...new Map(limited.flatMap(listEntries)).values()]);
  return limitedFilters.some(isTooLong)
    ? [...objectFilters(covered), QUEUED_FILTER]
    : [...objectFilters(covered.filter(({ lists }) => lists === undefined)), ...limitedFilters, QUEUED_FILTER];
};

const coverResource = (resource: Resource, filters: readonly EventFilter[]): readonly CoveredResource[] => {
  const matching = filters.filter(({ on }) => on.some((event) => resourceOf(event) === resource.name));
  if (matching.length === 0) return [];
  const rules = matching.map((filter) => listRules(resource, filter));
  return [
    {
      name: resource.name,
      lists: rules.some((one) => one === undefined) ? undefined : rules.flatMap((one) => one ?? []),
      purges: matching.some(({ on }) => on.includes(`${resource.name}.purge`)),
    },
  ];
};

const resourceOf = (event: string): string => event.slice(0, event.lastIndexOf("."));

const listEntries = ({ lists = [] }: CoveredResource) => lists.map((rule) => [JSON.stringify(rule), rule] as const);

/** What is removed has an old image only. */
const objectFilters = (covered: readonly CoveredResource[], lists?: readonly StreamRule[]): readonly StreamFilter[] => {
  const images = { NewImage: covered, OldImage: covered.filter(({ purges }) => purges) };
  return (["NewImage", "OldImage"] as const).flatMap((image) => {
    const names = images[image].map(({ name }) => name);
    const filter = objectsFilter(image, names, lists);
    // The resources of a config have no limit.
    if (lists === undefined && isTooLong(filter)) return [objectsFilter(image, [{ exists: true }])];
    return names.length > 0 ? [filter] : [];
  });
};

const isTooLong = (filter: StreamFilter): boolean => JSON.stringify(filter).length > MAX_FILTER_LENGTH;

/** Rules for the lists of a resource: exact names if all ancestors are named, else prefixes; `undefined`: all lists. */
const listRules = (resource: Resource, filter: EventFilter): readonly StreamRule[] | undefined => {
  const [first, ...others] = ancestorsOf(resource).map((one) => ({ plural: one.plural, ids: idsOf(one, filter) }));
  if (first?.ids === undefined) return undefined;
  const isNamed = [first, ...others].every(({ ids }) => ids?.every((id) => !id.includes("*")));
  if (!isNamed)
    return first.ids.map((id) => ({
      prefix: `/${first.plural}/${id.includes("*") ? id.slice(0, id.indexOf("*")) : `${id}/`}`,
    }));
  const paths = [first, ...others].reduce<string[]>(
    (paths, { plural, ids = [] }) => paths.flatMap((path) => ids.map((id) => `${path}/${plural}/${id}`)),
    [""],
  );
  return paths.map((path) => `${path}/${resource.plural}`);
};

const ancestorsOf = ({ parent }: Resource): readonly Resource[] =>
  parent === null ? [] : [...ancestorsOf(parent), parent];

const idsOf = ({ name }: Resource, { buckets, collections }: EventFilter): readonly string[] | undefined =>
  name === "bucket" ? buckets : name === "collection" ? collections : undefined;

/** Event filters of the stream's event source mapping. A record that matches any of them is sent to `dispatch`. */
export const streamFilters = (config: Config): readonly StreamFilter[] =>
  streamFiltersFor(config.resources, [
    ...subscriptions(config),
    ...(recordsActivity(config.plugins) ? [recordedChanges(config.resources)] : []),
  ]);
