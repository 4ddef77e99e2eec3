import { closeAll, type Opening, openSurroundings } from "../../app/open.ts";
import { openQueues } from "../../app/queue.ts";
import { type StreamImages, streamReader } from "../../app/stream-record.ts";
import { subscriptions } from "../../config/listeners.ts";
import type { Told } from "../../core/events/dispatch.ts";
import type { Subscription } from "../../core/events/listener.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Meter } from "../../core/ports/meter.ts";
import type { Queue } from "../../core/ports/queue.ts";

/** What `functions/dispatch` is made of. */
export interface Dispatch {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /** What a record of the table's stream tells of, if it is about anything that there is. */
  readonly toldBy: (images: StreamImages) => Told | undefined;
  readonly log: Log;
  readonly meter: Meter;
  close(): Promise<void>;
}

export const openDispatch = async (opening: Opening): Promise<Dispatch> => {
  const around = openSurroundings(opening);
  return {
    queue: openQueues(opening, around),
    subscriptions: subscriptions(opening.config),
    toldBy: streamReader(opening),
    log: around.log,
    meter: around.meter,
    close: () => closeAll(around),
  };
};
