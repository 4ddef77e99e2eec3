import type { Pattern } from "../lib/event-pattern.ts";
import type { JsonObject } from "../lib/json.ts";
import type { PluginContext } from "./tools.ts";

/** Gets what listeners, and what comes in, return to be told on: to a topic, a bus, another system. At least once, side by side with other publishers. */
export interface PublisherDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Listeners and inbound parts whose items it takes, as `<plugin>-<listener>`; all when absent. */
  readonly from?: (config: Config) => readonly string[] | undefined;
  /** What an item must be like: `{ kind: ["order"] }`; it gets those alone that are so. Anything when absent. */
  readonly where?: (config: Config) => Pattern | undefined;
  /** When it throws, the event comes again, to those publishers that have failed on it. */
  readonly publish: (items: readonly JsonObject[], tools: PublisherContext<Config, Services>) => Promise<void>;
}

export interface PublisherContext<Config, Services> extends PluginContext<Config, Services>, PublishOrigin {}

/** What items came of: lets receivers tell repetitions apart. */
export interface PublishOrigin {
  /** The listener, or inbound part, as `<plugin>-<listener>`. */
  readonly listener: string;
  /** The event, the same when it comes again; of several that were taken in one call, the first. */
  readonly event_id: string;
  /** The request that made the change, as the log names it; absent for what no request made. */
  readonly request_id?: string;
}
