import { matches, type Pattern } from "../../lib/event-pattern.ts";
import type { JsonObject } from "../../lib/json.ts";
import { isAmong } from "../../lib/util/is-among.ts";
import type { Log } from "../ports/log.ts";
import type { CoreResource } from "../resources.ts";
import type { Action, ChangeEvent } from "./event.ts";

/** An event of the store's own resources; of a plugin's it is `<resource>.<action>` likewise. */
export type EventName = `${CoreResource}.${Action}`;

/** Which events are heard; decided before the queue, so that nobody pays for what nobody hears. */
export interface Filter {
  /** {@link EventName}s, and plugins' own. */
  readonly on: readonly string[];
  /** Bucket ids, `*` in them standing for any characters; all when absent. */
  readonly buckets?: readonly string[] | undefined;
  /** Collection ids likewise; all when absent. */
  readonly collections?: readonly string[] | undefined;
}

/** A queue's name in config, logs and commands, and the filter before it. */
export interface Subscription extends Filter {
  /** `<plugin>-<listener>`. */
  readonly name: string;
  /** What else must hold of the event; anything when absent. */
  readonly where?: Pattern | undefined;
  /** Whether it hears the changes that it made itself. */
  readonly echo?: boolean;
}

/** What runs on the other side of a queue. */
export interface Listener extends Subscription {
  /** Deliveries may repeat without harm, so that no record is kept of them. */
  readonly idempotent: boolean;
  run(event: ChangeEvent, context: ListenerContext): Promise<Outcome> | Outcome;
  /** Takes several at once, where it can. When it fails, each is run alone. */
  readonly runBatch?: ((events: readonly ChangeEvent[], context: ListenerContext) => Promise<void>) | undefined;
}

export interface ListenerContext {
  readonly log: Log;
  /** Aborted shortly before the worker's time is up. */
  readonly signal: AbortSignal;
}

/** `again`: not finished, and to be called once more with the same event. */
// biome-ignore lint/suspicious/noConfusingVoidType: most listeners return nothing
export type Outcome = "again" | void;

/** What a plugin's listener comes to; `publish`: what plugins' publishers are to tell on. */
export type Heard = Outcome | { readonly publish: readonly JsonObject[] };

export const hears = (
  { on, buckets, collections }: Filter,
  event: Pick<ChangeEvent, "resource_name" | "action" | "bucket_id" | "collection_id">,
): boolean =>
  on.includes(`${event.resource_name}.${event.action}`) &&
  isAmong(buckets, event.bucket_id) &&
  isAmong(collections, event.collection_id);

/** Whether an event is to be put on a listener's queue. */
export const isFor = (subscription: Subscription, event: ChangeEvent): boolean =>
  hears(subscription, event) &&
  (subscription.echo === true || event.cause?.at(-1) !== subscription.name) &&
  (subscription.where === undefined || matches(subscription.where, event));
