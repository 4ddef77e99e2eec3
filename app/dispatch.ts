import type { Subscription } from "../core/events/listener.ts";
import type { Queue } from "../core/events/queue.ts";
import type { Log } from "../core/log.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openQueues } from "./queue.ts";
import { subscriptions } from "./topology.ts";

export { changeOf } from "../adapters/store/dynamodb/stream.ts";

/** What `functions/dispatch` is made of. */
export interface Dispatch {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  readonly log: Log;
  close(): Promise<void>;
}

export const openDispatch = async (opening: Opening): Promise<Dispatch> => {
  const around = openSurroundings(opening);
  return { queue: openQueues(opening, around), subscriptions: subscriptions(opening.config), log: around.log, close: () => closeAll(around) };
};
