import type { JsonObject } from "../../lib/json.ts";

/**
 * The port to an event bus, which delivers each event to the targets of the matching rules.
 * @example
 * const announce = (bus: Bus): Promise<void> => bus.put([{ source: "blog", type: "post", detail: { id: "a" } }]);
 */
export interface Bus {
  /**
   * Publishes events in as few calls as possible. Rejects when the bus does not accept all events; some may have been
   * accepted.
   */
  put(events: readonly BusEvent[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * An event on a bus.
 * @example
 * const event: BusEvent = { source: "blog", type: "post", detail: { id: "a" } };
 */
export interface BusEvent {
  /** The publisher, e.g. `compute`. Events of AWS itself start with `aws.`. */
  readonly source: string;
  /** What happened, e.g. `compute.instance.update` (EventBridge's `detail-type`). */
  readonly type: string;
  readonly detail: JsonObject;
}
