import { changeOf, type StreamImages } from "../adapters/store/dynamodb/stream.ts";
import type { TableChange } from "../core/events/change.ts";
import type { Subscription } from "../core/events/listener.ts";
import type { Queue } from "../core/events/queue.ts";
import type { Log } from "../core/log.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openQueues } from "./queue.ts";
import { subscriptions } from "./topology.ts";

/** What `functions/dispatch` is made of. */
export interface Dispatch {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /** The change that a record of the table's stream tells of, if it is about anything that there is. */
  readonly changeOf: (images: StreamImages) => TableChange | undefined;
  readonly log: Log;
  close(): Promise<void>;
}

export const openDispatch = async (opening: Opening): Promise<Dispatch> => {
  const around = openSurroundings(opening);
  return {
    queue: openQueues(opening, around),
    subscriptions: subscriptions(opening.config),
    changeOf: (images) => changeOf(opening.config.resources, images),
    log: around.log,
    close: () => closeAll(around),
  };
};
