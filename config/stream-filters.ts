import { OBJECTS_ONLY, QUEUED_JOBS } from "../adapters/store/dynamodb/table.ts";
import type { EventFilter } from "../core/events/listener.ts";
import type { Resource, Resources } from "../core/resources.ts";
import type { Pattern, Rule } from "../lib/event-pattern.ts";
import type { Config } from "./config.ts";
import { subscriptions } from "./listeners.ts";

/** Characters that a filter of an event source mapping may have (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html). */
const MAX_FILTER_LENGTH = 4096;

/**
 * What `dispatch` is to be told of the table's stream, as event filters of which each alone is enough: objects in the lists where somebody hears
 * something, and jobs. What else those who hear ask for is in the objects' JSON, or is no matter of lists: `dispatch` looks at it.
 */
export const streamFiltersFor = (resources: Resources, filters: readonly Filter[]): readonly Pattern[] => {
  const rules = filters.flatMap((filter) =>
    matchingResources(resources, filter).flatMap((kind) => listRules(kind, filter)),
  );
  const S = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
  const { sk } = OBJECT_CHANGES_FILTER.dynamodb.Keys;
  const lists = { dynamodb: { Keys: { pk: { S }, sk } } };
  return [JSON.stringify(lists).length > MAX_FILTER_LENGTH ? OBJECTS_ONLY : lists, QUEUED_JOBS];
};

const matchingResources = (resources: Resources, { on }: Filter): readonly Resource[] =>
  resources.all.filter(({ name }) => on.some((event) => event.slice(0, event.lastIndexOf(".")) === name));

/** The lists of a kind's objects: by name where all above is named, else by how their names begin or end. */
const listRules = (resource: Resource, filter: Filter): readonly Rule[] => {
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
export const streamFilters = (config: Config): readonly Pattern[] =>
  streamFiltersFor(config.resources, subscriptions(config));
