import { type AppOptions, closeApp, createAppContext } from "../../app/open.ts";
import { createQueues } from "../../app/queue.ts";
import { type StreamImages, streamReader } from "../../app/stream-record.ts";
import { subscriptions } from "../../config/listeners.ts";
import type { StreamEntry } from "../../core/events/dispatch.ts";
import type { Subscription } from "../../core/events/listener.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Meter } from "../../core/ports/meter.ts";
import type { Queue } from "../../core/ports/queue.ts";

/** What `functions/dispatch` is made of. */
export interface Dispatcher {
  readonly queue: Queue;
  readonly subscriptions: readonly Subscription[];
  /** What a record of the table's stream tells of, if it is about anything that there is. */
  readonly readStreamRecord: (images: StreamImages) => StreamEntry | undefined;
  readonly log: Log;
  readonly meter: Meter;
  close(): Promise<void>;
}

export const createDispatcher = async (options: AppOptions): Promise<Dispatcher> => {
  const app = createAppContext(options);
  return {
    queue: createQueues(options, app),
    subscriptions: subscriptions(options.config),
    readStreamRecord: streamReader(options),
    log: app.log,
    meter: app.meter,
    close: () => closeApp(app),
  };
};
