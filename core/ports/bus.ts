import type { JsonObject } from "../../lib/json.ts";

/** The port to a bus of events: whoever has a rule that an event is like gets it. */
export interface Bus {
  /** Hands events over, in as few calls as the limits allow. Rejects when not all of them were taken; those that were are then told nevertheless. */
  put(events: readonly BusEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface BusEvent {
  /** Who tells it, such as `compute`; `aws.` begins what AWS itself tells. */
  readonly source: string;
  /** What has happened, such as `compute.instance.update`: its `detail-type`. */
  readonly type: string;
  readonly detail: JsonObject;
}
