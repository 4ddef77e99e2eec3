import type { JsonObject } from "../json.ts";
import type { Log } from "../log.ts";
import type { CoreResource } from "../resources.ts";
import type { Action, ChangeEvent } from "./event.ts";

/** An event of the store's own resources; of a plugin's it is `<resource>.<action>` likewise. */
export type EventName = `${CoreResource}.${Action}`;

/** Which events a listener hears; decided before its queue, so that nobody pays for what nobody hears. */
export interface Filter {
  /** {@link EventName}s, and plugins' own. */
  readonly on: readonly string[];
  /** Bucket ids; all when absent. */
  readonly buckets?: readonly string[] | undefined;
  /** Collection ids; all when absent. */
  readonly collections?: readonly string[] | undefined;
}

/** A queue's name in config, logs and commands, and the filter before it. */
export interface Subscription extends Filter {
  /** `<plugin>-<listener>`. */
  readonly name: string;
}

/** What runs on the other side of a queue. */
export interface Listener extends Subscription {
  /** Deliveries may repeat without harm, so that no record is kept of them. */
  readonly idempotent: boolean;
  run(event: ChangeEvent, context: ListenerContext): Promise<Outcome> | Outcome;
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

export const hears = ({ on, buckets, collections }: Filter, event: Pick<ChangeEvent, "resource_name" | "action" | "bucket_id" | "collection_id">): boolean =>
  on.includes(`${event.resource_name}.${event.action}`) &&
  (buckets === undefined || (event.bucket_id !== undefined && buckets.includes(event.bucket_id))) &&
  (collections === undefined || (event.collection_id !== undefined && collections.includes(event.collection_id)));
