import type * as zod from "zod";
import type { FilterPattern } from "../../lib/filter-pattern.ts";
import type { JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { PluginContext } from "../context.ts";
import { patternIssues } from "../pattern-issues.ts";
import { type Named, type Part, type PartIssue, partNameIssues, type ShapeOf } from "./part.ts";

/**
 * Sends the items that listeners and inbound parts return to another system: a topic, a bus, an API. Publishers run
 * side by side; each item arrives at least once.
 * @example
 * const logItems: PublisherDefinition<void, void> = {
 *   about: "Logs items.",
 *   publish: async (items, { log, listener }) => log.info("Items", { listener, count: items.length }),
 * };
 */
export interface PublisherDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** The listeners and inbound parts whose items it publishes, as `<plugin>-<listener>`; all when absent. */
  readonly from?: (config: Config) => readonly string[] | undefined;
  /** A pattern of the items that it publishes: `{ kind: ["order"] }`; all when absent. */
  readonly where?: (config: Config) => FilterPattern | undefined;
  /** If it throws, the event is retried for the publishers that failed. */
  readonly publish: (items: readonly JsonObject[], context: PublisherContext<Config, Services>) => Promise<void>;
}

interface PublisherContext<Config, Services> extends PluginContext<Config, Services>, PublishOrigin {}

/** What the items were created for. Receivers can detect repetitions by it. */
export interface PublishOrigin {
  /** The listener or inbound part, as `<plugin>-<listener>`. */
  readonly listener: string;
  /** The event's id, the same for repetitions; of several events in one call, the first one's. */
  readonly event_id: string;
  /** The request that made the change; absent if it was not made by a request. */
  readonly request_id?: string;
}

/**
 * The options that publishers have in common, for the plugin's own schema.
 * @param z of the plugin's zod, since the kit contains none. Name the functions one by one: with the whole `z`, bundles contain all of zod
 * @example
 * const common = publisherOptions({ any: z.any, array: z.array, record: z.record, string: z.string });
 * const options = z.strictObject({ ...common, path: z.string() });
 */
export const publisherOptions = (z: Pick<typeof zod, "any" | "array" | "record" | "string">) => {
  // The patterns' rules are checked at the start, like those of all plugins.
  const pattern: zod.ZodType<FilterPattern, FilterPattern> = z.record(z.string(), z.any());
  return {
    /** The listeners and inbound parts whose items it publishes, as `<plugin>-<listener>`; all when absent. */
    from: z.array(z.string()).optional(),
    /** A pattern of the items that it publishes: `{ kind: ["order"] }`; all when absent. */
    where: pattern.optional(),
  };
};

export interface PublishersPart<Config, Services> {
  readonly publishers?: Readonly<Record<string, PublisherDefinition<Config, NoInfer<Services>>>>;
}

export interface PublisherManifest {
  readonly about: string;
  readonly from: readonly string[] | undefined;
  readonly where: FilterPattern | undefined;
}

export type PublisherInstance = (items: readonly JsonObject[], origin: PublishOrigin) => Promise<void>;

export const publishers: Part<Named<PublisherManifest>, Named<PublisherInstance>> = {
  kind: "object",
  shape: { about: "text!", from: "ofOptions", where: "ofOptions", publish: "function!" } satisfies ShapeOf<
    PublisherDefinition<never, never>
  >,
  resolve: (definition, config) =>
    mapValues(definition.publishers, ({ about, from, where }) => ({
      about,
      from: from?.(config),
      where: where?.(config),
    })),
  check: ({ publishers }, { plugins }) => {
    const known = plugins.flatMap(({ name, listeners, inbound }) =>
      [...Object.keys(listeners), ...Object.keys(inbound)].map((part) => `${name}-${part}`),
    );
    return [
      ...Object.entries(publishers).flatMap(([name, { from, where }]) => [
        ...(where === undefined ? [] : patternIssues(where, `publishers.${name}.where`)),
        ...fromIssues(`publishers.${name}.from`, from, known),
      ]),
      ...partNameIssues("publishers", publishers),
    ];
  },
  bind: (definition, context) =>
    mapValues(
      definition.publishers,
      ({ publish }) =>
        async (items, origin) =>
          publish(items, { ...context, ...origin }),
    ),
};

const fromIssues = (path: string, from: readonly string[] | undefined, known: readonly string[]): PartIssue[] => {
  if (from?.length === 0)
    return [
      { path, message: "is empty, so nothing would be published. Remove it to publish the items of all listeners." },
    ];
  return (from ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => ({ path, message: `there is no listener '${name}'. ${didYouMean(name, known)}` }));
};
