import { type FilterPattern, matchesPattern } from "../../lib/filter-pattern.ts";
import type { JsonObject } from "../../lib/json.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";
import type { Log } from "../ports/log.ts";
import type { CoreResource } from "../resources.ts";
import type { ChangeAction, ChangeEvent } from "./event.ts";

/**
 * An event of the store's own resources, `<resource>.<action>`. Events of plugins' resources are named likewise.
 * @example
 * const name: EventName = "record.create";
 */
export type EventName = `${CoreResource}.${ChangeAction}`;

/**
 * Which events match. Listeners' filters are applied before the queue, so that events that match no listener cost
 * nothing.
 * @example
 * const filter: EventFilter = { on: ["record.create"], buckets: ["blog"] };
 */
export interface EventFilter {
  /** {@link EventName}s, and those of plugins' resources. */
  readonly on: readonly string[];
  /** Bucket ids; `*` in an id matches any characters. All buckets when absent. */
  readonly buckets?: readonly string[] | undefined;
  /** Collection ids, likewise. All collections when absent. */
  readonly collections?: readonly string[] | undefined;
  /** A further condition on the event. */
  readonly where?: FilterPattern | undefined;
}

/** A listener's queue and the filter before it. */
export interface Subscription extends EventFilter {
  /** `<plugin>-<listener>`, in config, logs and commands. */
  readonly name: string;
  /** Whether the listener receives changes that it made itself. */
  readonly echo?: boolean;
  /** Whether the listener receives changes that are copies from another store. */
  readonly imports?: boolean;
  /** Whether a replay sends collections outside of `buckets` and `collections` as `collection.purge`. */
  readonly purgesExcluded?: boolean;
}

/** The code that handles the events of one queue. */
export interface Listener extends Subscription {
  /** Whether repeated deliveries are harmless. No idempotency record is kept then. */
  readonly idempotent: boolean;
  run(event: ChangeEvent, context: ListenerContext): Promise<HandlerOutcome> | HandlerOutcome;
  /** Handles several events at once. When it fails, each event is handled alone. */
  readonly runBatch?: ((events: readonly ChangeEvent[], context: ListenerContext) => Promise<void>) | undefined;
}

export interface ListenerContext {
  readonly log: Log;
  /** Aborted shortly before the worker's time is up. */
  readonly signal: AbortSignal;
}

/** `"requeue"`: the work is not finished; call the handler again with the same event. */
// biome-ignore lint/suspicious/noConfusingVoidType: most listeners return nothing
export type HandlerOutcome = "requeue" | void;

/**
 * What a plugin's listener may return. `publish`: items for publishers.
 * @example
 * const outcome: ListenerOutcome = { publish: [{ kind: "order" }] };
 */
export type ListenerOutcome = HandlerOutcome | { readonly publish: readonly JsonObject[] };

/** Whether an object is in the buckets and collections of a filter. */
export const matchesPlaces = (
  { buckets, collections }: Pick<EventFilter, "buckets" | "collections">,
  { bucket_id, collection_id }: Pick<ChangeEvent, "bucket_id" | "collection_id">,
): boolean => matchesAny(buckets, bucket_id) && matchesAny(collections, collection_id);

/**
 * Whether an event matches a filter.
 * @example
 * const isNewPost = (event: ChangeEvent): boolean =>
 *   matchesFilter({ on: ["record.create"], buckets: ["blog"] }, event);
 */
export const matchesFilter = (
  { on, where, ...places }: EventFilter,
  event: Pick<ChangeEvent, "resource_name" | "bucket_id" | "collection_id"> & { readonly action: string },
): boolean =>
  on.includes(`${event.resource_name}.${event.action}`) &&
  matchesPlaces(places, event) &&
  (where === undefined || matchesPattern(where, event));

/** Whether an event belongs on a listener's queue. */
export const matchesSubscription = (subscription: Subscription, event: ChangeEvent): boolean =>
  (subscription.echo === true || event.cause?.at(-1) !== subscription.name) &&
  (subscription.imports === true || event.imported !== true) &&
  matchesFilter(subscription, event);
