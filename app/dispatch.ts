import { changeOf, queuedIn, type StreamImages } from "../adapters/store/dynamodb/stream.ts";
import { works } from "../config/running.ts";
import { subscriptions } from "../config/topology.ts";
import type { Told } from "../core/events/dispatch.ts";
import type { Subscription } from "../core/events/listener.ts";
import type { Log } from "../core/ports/log.ts";
import type { Meter } from "../core/ports/meter.ts";
import type { Queue } from "../core/ports/queue.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openQueues } from "./queue.ts";

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
  const working = new Set(opening.config.plugins.filter(works).map(({ name }) => name));
  return {
    queue: openQueues(opening, around),
    subscriptions: subscriptions(opening.config),
    toldBy: (images) => {
      const queued = queuedIn(images);
      if (queued !== undefined) return working.has(queued.plugin) ? queued : undefined;
      return changeOf(opening.config.resources, images);
    },
    log: around.log,
    meter: around.meter,
    close: () => closeAll(around),
  };
};
