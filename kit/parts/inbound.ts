import type { ListenerContext, ListenerOutcome } from "../../core/events/listener.ts";
import type { InboundMessage } from "../../core/inbound.ts";
import type { FilterPattern, PatternRule } from "../../lib/filter-pattern.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { DeliveryContext } from "../context.ts";
import { type MessageSource, senderIssues } from "../message-source.ts";
import { eventBridgePatternIssues, patternIssues } from "../pattern-issues.ts";
import type { AnyDefinition, PluginManifest, PluginTypes } from "../plugin.ts";
import {
  QUEUE_SHAPE,
  type QueueOptions,
  queueNameIssues,
  queueOptionIssues,
  type ResolvedQueueOptions,
  resolveQueueOptions,
} from "../queue-options.ts";
import type { StandardSchema } from "../schema.ts";
import { findShapeIssues, type Named, type Part, type PartIssue, type ShapeOf } from "./part.ts";

/**
 * Events of a bus that match a pattern. Created by `need.events(…)`.
 * @example
 * const source: EventSource = need.events({ source: ["compute"] });
 */
export interface EventSource {
  readonly kind: "events";
  readonly pattern: EventPattern;
  /** The name of a bus in the same account and region. */
  readonly bus: string;
}

/**
 * A pattern of EventBridge events.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @example
 * const pattern: EventPattern = { source: ["compute"], detail: { state: ["stopped"] } };
 */
export interface EventPattern {
  readonly source?: readonly PatternRule[];
  readonly "detail-type"?: readonly PatternRule[];
  readonly detail?: FilterPattern;
  readonly resources?: readonly PatternRule[];
  readonly account?: readonly PatternRule[];
  readonly region?: readonly PatternRule[];
}

/** The bus that every account has. It carries the events of AWS services. */
export const DEFAULT_BUS_NAME = "default";

export const createEventSource = (
  pattern: EventPattern,
  { bus = DEFAULT_BUS_NAME }: { readonly bus?: string } = {},
): EventSource => ({ kind: "events", pattern, bus });

/**
 * Handles messages from outside of the store, from its own queue. If it throws, the message is retried with backoff;
 * after the last retry it moves to the dead-letter queue.
 * @example
 * const servers: InboundDefinition<{ id: string }, void, void> = {
 *   about: "Follows the state of servers.",
 *   from: need.events({ source: ["compute"] }),
 *   schema: z.object({ id: z.string() }),
 *   run: ({ detail }, { log }) => log.info("A server changed", { id: detail.id }),
 * };
 */
export interface InboundDefinition<Detail, Config, Services> extends QueueOptions {
  /** One sentence. */
  readonly about: string;
  /**
   * Events of a bus: `need.events({ source: ["compute"] })`; or who else may send to the part's queue:
   * `need.messages({ from: ["arn:aws:sns:eu-central-1:123456789012:orders"] })`. Without it, users and roles of the
   * account send.
   */
  readonly from?: InboundSource | ((config: Config) => InboundSource | undefined);
  /**
   * Validates `detail`. An invalid message moves to the dead-letter queue without a retry. Not validated when absent.
   */
  readonly schema?: StandardSchema<unknown, Detail>;
  /** Whether repeated deliveries are harmless; then no record of deliveries is kept. */
  readonly idempotent?: boolean;
  /** Whether the options make use of the part. Without it, it has no queue. True when absent. */
  readonly when?: (config: Config) => boolean;
  readonly run: (
    message: InboundMessage<DetailOf<Detail>>,
    context: DeliveryContext<Config, Services>,
  ) => Promise<ListenerOutcome> | ListenerOutcome;
}

/** What fills the queue of an inbound part. */
type InboundSource = EventSource | MessageSource;

/** Without a schema, all that is known is that it is JSON. */
type DetailOf<Detail> = unknown extends Detail ? Json : Detail;

export interface InboundPart<Config, Services, T extends PluginTypes> {
  readonly inbound?: {
    readonly [Name in keyof T["inbound"]]: InboundDefinition<T["inbound"][Name], Config, NoInfer<Services>>;
  };
}

export interface InboundManifest {
  readonly about: string;
  readonly schema?: StandardSchema;
  /** The bus and pattern, or other senders; `undefined` if only users and roles of the account send. */
  readonly from: InboundSource | undefined;
  readonly idempotent: boolean;
  readonly queue: ResolvedQueueOptions;
}

/** Runs the part with a message whose `detail` its schema has parsed. */
export type InboundInstance = (message: InboundMessage<unknown>, context: ListenerContext) => Promise<ListenerOutcome>;

export const inbound: Part<Named<InboundManifest>, Named<InboundInstance>> = {
  kind: "object",
  shape: {
    about: "text!",
    from: "any",
    schema: "schema",
    idempotent: "flag",
    when: "function",
    ...QUEUE_SHAPE,
    run: "function!",
  } satisfies ShapeOf<InboundDefinition<never, never, never>>,
  shapeIssues: (value) =>
    Object.entries(value).flatMap(([name, part]) =>
      isObject(part) && isObject(part.batch)
        ? findShapeIssues(part.batch, BATCH_SHAPE, ["inbound", name, "batch"])
        : [],
    ),
  resolve: (definition, config) =>
    mapValues(usedParts(definition, config), ({ about, from, schema, idempotent = false, ...rest }) => ({
      about,
      ...(schema && { schema }),
      from: typeof from === "function" ? from(config) : from,
      idempotent,
      queue: resolveQueueOptions(rest),
    })),
  check: (plugin, { plugins }) => [
    ...Object.entries(plugin.inbound).flatMap(([name, { queue }]) => queueOptionIssues(`inbound.${name}`, queue)),
    ...queueNameIssues("inbound", plugin, plugins),
    ...sourceIssues(plugin),
  ],
  bind: (definition, context) =>
    mapValues(
      definition.inbound,
      ({ run }) =>
        async (message, delivery) =>
          // Parsed by the part's schema, or JSON without one.
          run(message as InboundMessage, { ...context, ...delivery }),
    ),
};

const usedParts = ({ inbound = {} }: AnyDefinition, config: unknown): NonNullable<AnyDefinition["inbound"]> =>
  Object.fromEntries(Object.entries(inbound).filter(([, { when }]) => when?.(config) !== false));

const BATCH_SHAPE = { size: "any!", window: "any" } satisfies ShapeOf<
  NonNullable<InboundDefinition<never, never, never>["batch"]>
>;

/** Characters of a rule's pattern. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN_CHARS = 2048;
const FIELDS = ["source", "detail-type", "detail", "resources", "account", "region"];

const sourceIssues = (plugin: PluginManifest): PartIssue[] =>
  Object.entries(plugin.inbound).flatMap(([name, { from, queue }]) => {
    const path = `inbound.${name}.from`;
    if (from === undefined) return [];
    if (from?.kind === "messages") return senderIssues(path, from, queue.ordered);
    if (from?.kind !== "events")
      return [
        { path, message: 'must be created by the kit: need.events({ source: ["compute"] }) or need.messages(…).' },
      ];
    const { pattern, bus } = from;
    if (!/^[\w./-]{1,256}$/.test(bus))
      return [{ path, message: `'${bus}' is not a bus name. Use letters, digits and ._-/.` }];
    if (Object.keys(pattern).length === 0)
      return [{ path, message: 'has an empty pattern. Name the events: need.events({ source: ["compute"] }).' }];
    if (JSON.stringify(pattern).length > MAX_PATTERN_CHARS)
      return [{ path, message: `has more than the ${MAX_PATTERN_CHARS} characters that EventBridge allows.` }];
    const issues = patternIssues({ ...pattern }, path, (field) =>
      FIELDS.includes(field) ? undefined : `events have no such field. ${didYouMean(field, FIELDS)}`,
    );
    return issues.length > 0 ? issues : eventBridgePatternIssues({ ...pattern }, path);
  });
