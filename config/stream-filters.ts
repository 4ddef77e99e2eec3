import { OBJECT_CHANGES_FILTER, QUEUED_JOBS_FILTER, SENT_MESSAGES_FILTER } from "../adapters/store/dynamodb/table.ts";
import type { EventFilter } from "../core/events/listener.ts";
import type { Resource, Resources } from "../core/resources.ts";
import type { FilterPattern, PatternRule } from "../lib/filter-pattern.ts";
import type { Config } from "./config.ts";
import { ownQueueNames, subscriptions } from "./listeners.ts";

/**
 * Maximum length of a filter of an event source mapping
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html).
 */
const MAX_FILTER_LENGTH = 4096;

/**
 * Event filters for objects in the lists that the subscriptions cover, and for queued jobs. Other conditions of
 * subscriptions cannot be expressed as filters; `dispatch` checks them.
 */
export const streamFiltersFor = (resources: Resources, filters: readonly EventFilter[]): readonly FilterPattern[] => {
  const rules = filters.flatMap((filter) =>
    matchingResources(resources, filter).flatMap((kind) => listRules(kind, filter)),
  );
  const S = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
  const { sk } = OBJECT_CHANGES_FILTER.dynamodb.Keys;
  const lists = { dynamodb: { Keys: { pk: { S }, sk } } };
  return [JSON.stringify(lists).length > MAX_FILTER_LENGTH ? OBJECT_CHANGES_FILTER : lists, QUEUED_JOBS_FILTER];
};

const matchingResources = (resources: Resources, { on }: EventFilter): readonly Resource[] =>
  resources.all.filter(({ name }) => on.some((event) => event.slice(0, event.lastIndexOf(".")) === name));

/** Rules for the lists of a resource: exact names if all ancestors are named, else prefixes or suffixes. */
const listRules = (resource: Resource, filter: EventFilter): readonly PatternRule[] => {
  const ancestors = ancestorsOf(resource);
  if (ancestors.length === 0) return [`/${resource.plural}`];
  const [first, ...others] = ancestors.map((one) => ({ plural: one.plural, ids: idsOf(one, filter) }));
  if (first === undefined || first.ids === undefined) return [{ suffix: `/${resource.plural}` }];
  const named = [first, ...others].every(({ ids }) => ids?.every((id) => !id.includes("*")));
  if (!named)
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
export const streamFilters = (config: Config): readonly FilterPattern[] => [
  ...streamFiltersFor(config.resources, subscriptions(config)),
  ...(ownQueueNames(config.plugins).length > 0 ? [SENT_MESSAGES_FILTER] : []),
];
