import type { Data } from "../core/data.ts";
import type { ChangeEvent } from "../core/events/event.ts";
import type { ObjectChange } from "../core/hooks.ts";
import type { JsonObject } from "../lib/json.ts";
import type { EventOf, OwnEventName } from "./event-name.ts";
import type { HookPoint } from "./hook-point.ts";
import type { CollectionFilter } from "./places.ts";
import type { PluginContext } from "./tools.ts";

/** What a plugin does within requests and long operations, by the hooks' names. */
export interface HooksDefinition<Before, After, Points, Config, Services> {
  /** Before a change is stored. */
  readonly before?: { readonly [Hook in keyof Before]: BeforeHook<Config, Services, Before[Hook]> };
  /** Once a change is committed, before it is answered. */
  readonly after?: { readonly [Hook in keyof After]: AfterHook<Config, Services, After[Hook]> };
  /** At named points of the store's long operations, or of another plugin. */
  readonly at?: { readonly [Hook in keyof Points]: PointHook<Points[Hook], Config, Services> };
}

/** May change the object, refuse the request (`throw refuse(…)`), or change other objects in the same transaction. May run again when somebody came between. */
export interface BeforeHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Seconds it may take, 2 when absent; a request whose hook takes longer is answered by a 503 and changes nothing. */
  readonly timeout?: number;
  /** @returns the data to store instead, if any */
  readonly run: (
    change: EventOf<Name, ObjectChange>,
    tools: PluginContext<Config, Services> & {
      /** The store as this transaction has it; what is changed through it is committed together with the object, or not at all. */
      readonly data: Data;
    },
  ) => Instead | Promise<Instead>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: many hooks return nothing
type Instead = JsonObject | undefined | void;

/** What requests do: the end of what is below something deleted is told to listeners alone. */
export type ChangeName<Own extends string> = Exclude<OwnEventName<Own>, `${string}.purge`>;

/** Can't change the answer; its failure is logged. */
export interface AfterHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Seconds it may take, 2 when absent; then the answer goes out without it. */
  readonly timeout?: number;
  readonly run: (event: EventOf<Name, ChangeEvent>, tools: PluginContext<Config, Services>) => void | Promise<void>;
}

/** Runs where its point is reached, within that operation. At a point that may be vetoed, `throw refuse(…)` vetoes. */
export interface PointHook<Params, Config, Services> {
  readonly point: HookPoint<Params>;
  /** Seconds it may take, 10 when absent. */
  readonly timeout?: number;
  readonly run: (params: Params, tools: PluginContext<Config, Services>) => void | Promise<void>;
}
