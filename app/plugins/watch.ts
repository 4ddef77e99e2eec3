import type { Watch } from "../../core/events/watch.ts";
import { note, type Surroundings } from "./surroundings.ts";

/** Follows what the worker of a queue does, for the log and the metrics. @param name the queue's */
export const watching = (around: Surroundings, name: string): Watch => ({
  note: (facts) => note(around, facts),
  delivered: (sent, given) => {
    around.meter.add("EventsDelivered", name, sent.length);
    // The clocks of SQS and Lambda may differ by some ms.
    for (const time of sent) around.meter.add("AgeAtDelivery", name, Math.max(0, given - time));
    around.log.debug("The listener was done", { listener: name, events: sent.length, ms: Date.now() - given });
  },
});
