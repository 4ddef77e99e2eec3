import type { ChangeEvent } from "../../core/events/event.ts";
import type { EventName, ListenerContext, ListenerOutcome, Subscription } from "../../core/events/listener.ts";
import type { FilterPattern } from "../../lib/filter-pattern.ts";
import { isObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { DeliveryContext } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type EventOf,
  eventNameIssues,
  resolveCollectionFilter,
} from "../event-filter.ts";
import { patternIssues } from "../pattern-issues.ts";
import type { PluginTypes } from "../plugin.ts";
import {
  QUEUE_SHAPE,
  type QueueOptions,
  queueNameIssues,
  queueOptionIssues,
  type ResolvedQueueOptions,
  resolveQueueOptions,
} from "../queue-options.ts";
import { COLLECTION_FILTER_SHAPE, findShapeIssues, type Named, type Part, type ShapeOf } from "./part.ts";

/**
 * Runs once per matching event, from its own queue. If it throws, the event is retried with backoff; throw
 * `RetryAfterError` to choose the delay. After the last retry the event moves to the dead-letter queue.
 * @example
 * const announce: ListenerDefinition<void, void, "record.create"> = {
 *   on: ["record.create"],
 *   run: (event, { log }) => log.info("A record was created", { uri: event.uri }),
 * };
 */
export interface ListenerDefinition<Config, Services, Name extends string = EventName>
  extends CollectionFilter<Config>,
    Omit<QueueOptions, "batch"> {
  /**
   * Events of the store's resources and of the plugin's own, such as `["record.create", "record.update"]`.
   * `record.purge` is sent for the contents of a deleted object.
   */
  readonly on: readonly Name[];
  /** A further condition, checked before the queue: `{ new: { status: ["done"] } }`. */
  readonly where?: (config: Config) => FilterPattern | undefined;
  /** Whether it receives changes that it made itself; false when absent. */
  readonly echo?: boolean;
  /**
   * Whether it receives what `kintoun import` writes without `--events`, because it keeps something that is derived from all
   * objects. False when absent.
   */
  readonly imports?: boolean;
  /**
   * Whether a replay sends collections outside of `buckets` and `collections` as `collection.purge`, so that the listener
   * removes what it kept of them before its options changed. False when absent.
   */
  readonly purgesExcluded?: boolean;
  /** Whether repeated deliveries are harmless; then no record of deliveries is kept. False when absent. */
  readonly idempotent?: boolean;
  /**
   * Whether the events of one object are delivered in order. A failing event delays the later events of its object
   * only. False when absent.
   */
  readonly ordered?: boolean;
  readonly batch?: NonNullable<QueueOptions["batch"]> & {
    /** Handles several events in one call. If it throws, `run` handles each event alone. */
    readonly run?: (
      events: readonly EventOf<Name, ChangeEvent>[],
      context: DeliveryContext<Config, Services>,
    ) => Promise<BatchOutcome> | BatchOutcome;
  };
  /** May return `{ publish: items }` for publishers, or `"requeue"` to be called again with the same event. */
  readonly run: (
    event: EventOf<Name, ChangeEvent>,
    context: DeliveryContext<Config, Services>,
  ) => Promise<ListenerOutcome> | ListenerOutcome;
}

type BatchOutcome = Exclude<ListenerOutcome, "requeue">;

export interface ListenersPart<Config, Services, T extends PluginTypes> {
  readonly listeners?: {
    readonly [Name in keyof T["listeners"]]: ListenerDefinition<Config, NoInfer<Services>, T["listeners"][Name]>;
  };
}

/** A listener whose options are known. */
export type ListenerManifest = Omit<Subscription, "name"> & {
  readonly idempotent: boolean;
  readonly queue: ResolvedQueueOptions;
};

export interface ListenerInstance {
  readonly run: (event: ChangeEvent, context: ListenerContext) => Promise<ListenerOutcome>;
  readonly runBatch:
    | ((events: readonly ChangeEvent[], context: ListenerContext) => Promise<ListenerOutcome>)
    | undefined;
}

export const listeners: Part<Named<ListenerManifest>, Named<ListenerInstance>> = {
  kind: "object",
  shape: {
    on: "list!",
    ...COLLECTION_FILTER_SHAPE,
    where: "ofOptions",
    echo: "flag",
    imports: "flag",
    purgesExcluded: "flag",
    idempotent: "flag",
    ...QUEUE_SHAPE,
    run: "function!",
  } satisfies ShapeOf<ListenerDefinition<never, never>>,
  shapeIssues: (value) =>
    Object.entries(value).flatMap(([name, listener]) =>
      isObject(listener) && isObject(listener.batch)
        ? findShapeIssues(listener.batch, BATCH_SHAPE, ["listeners", name, "batch"])
        : [],
    ),
  resolve: (definition, config) =>
    mapValues(
      definition.listeners,
      ({ on, where, echo = false, imports = false, purgesExcluded = false, idempotent = false, ...rest }) => ({
        on,
        ...resolveCollectionFilter(rest, config),
        where: where?.(config),
        echo,
        imports,
        purgesExcluded,
        idempotent,
        queue: resolveQueueOptions(rest),
      }),
    ),
  check: (plugin, { plugins, resources }) => [
    ...Object.entries(plugin.listeners).flatMap(([name, listener]) => {
      const path = `listeners.${name}`;
      const { on, where, queue } = listener;
      return [
        ...queueOptionIssues(path, queue),
        ...(where === undefined ? [] : patternIssues(where, `${path}.where`, eventFieldIssue)),
        ...(resources === undefined ? [] : eventNameIssues(`${path}.on`, on, resources, { purges: true })),
        ...collectionFilterIssues(path, listener),
      ];
    }),
    ...queueNameIssues("listeners", plugin, plugins),
  ],
  bind: (definition, context) =>
    mapValues(definition.listeners, ({ run, batch }) => ({
      run: async (event, delivery) => run(event as EventOf<string, ChangeEvent>, { ...context, ...delivery }),
      runBatch:
        batch?.run &&
        (async (events, delivery) =>
          batch.run?.(events as readonly EventOf<string, ChangeEvent>[], { ...context, ...delivery })),
    })),
};

const BATCH_SHAPE = { size: "any!", window: "any", run: "function" } satisfies ShapeOf<
  NonNullable<ListenerDefinition<never, never>["batch"]>
>;

const EVENT_FIELDS = [
  "id",
  "action",
  "resource_name",
  "uri",
  "user_id",
  "timestamp",
  "parent_generation",
  "own_generation",
  "request_id",
  "cause",
  "trace",
  "replay",
  "new",
  "old",
];

const eventFieldIssue = (field: string): string | undefined =>
  EVENT_FIELDS.includes(field) || field.endsWith("_id")
    ? undefined
    : `events have no such field. ${didYouMean(field, EVENT_FIELDS)}`;
