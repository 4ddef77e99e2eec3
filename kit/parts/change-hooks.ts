import type { Data } from "../../core/data.ts";
import type { ChangeEvent } from "../../core/events/event.ts";
import type { ObjectChange } from "../../core/hooks.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { PluginContext } from "../context.ts";
import type { CollectionFilter, EventOf } from "../event-filter.ts";

/**
 * Runs before a change is stored. It may change the object, add to its permissions, reject the request
 * (`throw refuse(…)`), or change other objects in the same transaction. It runs again if the transaction is retried.
 * @example
 * const stamp: BeforeHook<void, void, "record.create"> = {
 *   on: ["record.create"],
 *   run: (change) => ({ ...change.new, reviewed: false }),
 * };
 */
export interface BeforeHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Time limit in seconds, 2 when absent. After it the request fails with 503 and changes nothing. */
  readonly timeout?: number;
  /** @returns the data to store instead, if any */
  readonly run: (
    change: EventOf<Name, ObjectChange>,
    context: PluginContext<Config, Services> & {
      /** The store within this transaction. Changes through it are committed together with the object. */
      readonly data: Data;
      /**
       * Adds principals to the permissions that the object will have. The plugin's needs must give it `write` on the
       * object.
       */
      readonly grant: Grant;
    },
  ) => NewData | Promise<NewData>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: many hooks return nothing
type NewData = JsonObject | undefined | void;

/** Adds principals to the permissions of an object. */
export type Grant = (permissions: Readonly<Record<string, readonly string[]>>) => void;

/**
 * Runs after a change is committed and before the response is sent. It cannot change the response; its failure is
 * logged.
 * @example
 * const log: AfterHook<void, void, "record.delete"> = {
 *   on: ["record.delete"],
 *   run: (event, { log }) => log.info("A record was deleted", { uri: event.uri }),
 * };
 */
export interface AfterHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Time limit in seconds, 2 when absent. After it the response is sent. */
  readonly timeout?: number;
  readonly run: (event: EventOf<Name, ChangeEvent>, context: PluginContext<Config, Services>) => void | Promise<void>;
}
