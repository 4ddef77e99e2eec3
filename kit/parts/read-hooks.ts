import type { HasPrincipal, ObjectRead } from "../../core/hooks.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { PluginContext } from "../context.ts";
import type { CollectionFilter, EventOf } from "../event-filter.ts";

/**
 * Runs before a user sees an object: in a response to a read or a write, in a list, or as a search hit. It may change
 * the data that the user sees, or hide the object (`throw refuse(403, …)`). It changes nothing in the store.
 * @example
 * const hideNotes: ReadHook<void, void, "record.read"> = {
 *   on: ["record.read"],
 *   run: ({ data: { notes: _, ...visible } }) => visible,
 * };
 */
export interface ReadHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Time limit in seconds for all objects of one request or batch, 2 when absent. After it the request fails with 503. */
  readonly timeout?: number;
  /** @returns the data that the user sees instead, if any; `id` and `last_modified` stay */
  readonly run: (
    read: EventOf<Name, ObjectRead>,
    context: PluginContext<Config, Services> & {
      /** Returns whether the user that reads has a principal, such as the URI of a group. */
      readonly hasPrincipal: HasPrincipal;
    },
  ) => ShownData | Promise<ShownData>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: many hooks return nothing
type ShownData = JsonObject | undefined | void;
