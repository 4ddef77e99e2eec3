import type { ChangeEvent } from "../core/events/event.ts";
import type { EventName, ListenerOutcome } from "../core/events/listener.ts";
import type { Pattern } from "../lib/event-pattern.ts";
import type { EventOf } from "./event-name.ts";
import type { CollectionFilter } from "./places.ts";
import type { QueueOptions } from "./queue-options.ts";
import type { PluginContext } from "./tools.ts";

/** Runs for each matching event on a queue of its own; when it throws, it is called again, `later` when it says so, and after some tries the event is parked. */
export interface ListenerDefinition<Config, Services, Name extends string = EventName>
  extends CollectionFilter<Config>,
    Omit<QueueOptions, "batch"> {
  /** What it hears of: `["record.create", "record.update"]`; also of its plugin's own resources, and `record.purge` of what was below something deleted. */
  readonly on: readonly Name[];
  /** What else must hold of the event, decided before the queue: `{ new: { status: ["done"] } }`; anything when absent. */
  readonly where?: (config: Config) => Pattern | undefined;
  /** True where it wants to hear also the changes that it made itself; false when absent. */
  readonly echo?: boolean;
  /** True where a repetition does no harm: spares the record that keeps repetitions away. False when absent. */
  readonly idempotent?: boolean;
  /** Each object's events one after the other, in their order: a failing one holds back the later ones of its object, and no others. False when absent. */
  readonly ordered?: boolean;
  readonly batch?: NonNullable<QueueOptions["batch"]> & {
    /** Takes several events in one call; where it throws, `run` takes each alone. */
    readonly run?: (
      events: readonly EventOf<Name, ChangeEvent>[],
      tools: DeliveryContext<Config, Services>,
    ) => Promise<BatchResult> | BatchResult;
  };
  /** Returning is the end of it: with nothing, with `{ publish: items }` for publishers, or with `"requeue"`, which has it called once more with the same event. */
  readonly run: (
    event: EventOf<Name, ChangeEvent>,
    tools: DeliveryContext<Config, Services>,
  ) => Promise<ListenerOutcome> | ListenerOutcome;
}

/** What a call with several events comes to: all of them are done. */
type BatchResult = Exclude<ListenerOutcome, "requeue">;

export interface DeliveryContext<Config, Services> extends PluginContext<Config, Services> {
  /** Aborted when the time that it may take is up. */
  readonly signal: AbortSignal;
}
