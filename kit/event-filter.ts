import type { ChangeAction } from "../core/events/event.ts";
import type { EventName } from "../core/events/listener.ts";
import { type CoreResource, isId, type Resources } from "../core/resources.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { PartIssue } from "./parts/part.ts";

/** Events of the store's resources and of the plugin's own. */
export type OwnEventName<Own extends string> = EventName | `${Own}.${ChangeAction}`;

/** Changes that requests make. `purge` events are sent to listeners only. */
export type ChangeName<Own extends string> = Exclude<OwnEventName<Own>, `${string}.purge`>;

/** The reads of the store's resources and of the plugin's own, such as `record.read`. */
export type ReadName<Own extends string> = `${CoreResource | Own}.read`;

/** The event type that matches the event names: `record.create` events have `new` and no `old`. */
export type EventOf<Name, Event> = Name extends `${infer Resource}.${infer Action}`
  ? Event & { readonly resource_name: Resource; readonly action: Action }
  : never;

/** Limits a part to some buckets or collections. */
export interface CollectionFilter<Config> {
  /** Bucket ids; `*` in an id matches any characters. All buckets when absent. */
  readonly buckets?: (config: Config) => readonly string[] | undefined;
  /** Collection ids, likewise. All collections when absent. */
  readonly collections?: (config: Config) => readonly string[] | undefined;
}

/** A {@link CollectionFilter} whose options are known. */
export interface ResolvedCollectionFilter {
  readonly buckets: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
}

export const resolveCollectionFilter = <Config>(
  { buckets, collections }: CollectionFilter<Config>,
  config: Config,
): ResolvedCollectionFilter => ({ buckets: buckets?.(config), collections: collections?.(config) });

/** Whether a value is an id in which `*` stands for any characters. */
export const isIdPattern = (value: unknown): value is string =>
  typeof value === "string" && isId(value.replaceAll("*", "x"));

/** Issues of a resolved collection filter. Functions of untyped plugins may return anything. */
export const collectionFilterIssues = (
  path: string,
  { buckets, collections }: Partial<ResolvedCollectionFilter>,
): PartIssue[] =>
  Object.entries<unknown>({ buckets, collections }).flatMap(([field, ids]) =>
    ids === undefined || (Array.isArray(ids) && ids.every(isIdPattern))
      ? []
      : [{ path: `${path}.${field}`, message: 'must return a list of ids: () => ["blog", "team-*"].' }],
  );

const CHANGE_ACTIONS = ["create", "update", "delete"];

/** Issues of the events that a part subscribes to. @param purges whether the part may receive `purge` events */
export const eventNameIssues = (
  path: string,
  on: readonly unknown[],
  { all }: Resources,
  { purges }: { readonly purges: boolean },
): PartIssue[] => {
  if (on.length === 0) return [{ path, message: 'is empty. Add at least one event, for example "record.create".' }];
  const actions = purges ? [...CHANGE_ACTIONS, "purge"] : CHANGE_ACTIONS;
  const known = all.flatMap(({ name }) => actions.map((action) => `${name}.${action}`));
  return on.map(String).flatMap((name) => {
    if (known.includes(name)) return [];
    if (name.endsWith(".purge")) return [{ path, message: `'${name}' is sent to listeners only.` }];
    if (name.endsWith(".read")) return [{ path, message: `'${name}' is for hooks.read only.` }];
    return [{ path, message: `there is no event '${name}'. ${didYouMean(name, known)}` }];
  });
};

/** Issues of the reads that a hook runs for. */
export const readNameIssues = (path: string, on: readonly unknown[], { all }: Resources): PartIssue[] => {
  if (on.length === 0) return [{ path, message: 'is empty. Add at least one read, for example "record.read".' }];
  const names = all.map(({ name }) => `${name}.read`);
  return on
    .map(String)
    .filter((name) => !names.includes(name))
    .map((name) => ({ path, message: `'${name}' is not a read. ${didYouMean(name, names)}` }));
};
