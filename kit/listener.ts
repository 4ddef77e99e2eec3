import type { ChangeEvent } from "../core/events/event.ts";
import type { EventName, Heard } from "../core/events/listener.ts";
import type { EventOf } from "./event-name.ts";
import type { Places } from "./places.ts";
import type { Tools } from "./tools.ts";

/** Runs for each matching event on a queue of its own; when it throws, it is called again later, and after some tries the event is parked. */
export interface ListenerDefinition<Config, Services, Name extends string = EventName> extends Places<Config> {
  readonly on: readonly Name[];
  /** True where a repetition does no harm: spares the record that keeps repetitions away. */
  readonly idempotent?: boolean;
  readonly run: (event: EventOf<Name, ChangeEvent>, tools: ListenerTools<Config, Services>) => Promise<Heard> | Heard;
}

export interface ListenerTools<Config, Services> extends Tools<Config, Services> {
  /** Aborted shortly before the worker's time is up. */
  readonly signal: AbortSignal;
}
