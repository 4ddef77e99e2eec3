import type { DeliveryObserver } from "../../core/events/queue-handler.ts";
import { type AppContext, addLogContext } from "../app-context.ts";

/** Follows what the worker of a queue does, for the log and the metrics. @param name the queue's */
export const watchDeliveries = (app: AppContext, name: string): DeliveryObserver => ({
  addLogContext: (facts) => addLogContext(app, facts),
  recordDelivered: (sent, given) => {
    app.meter.add("EventsDelivered", name, sent.length);
    // The clocks of SQS and Lambda may differ by some ms.
    for (const time of sent) app.meter.add("AgeAtDelivery", name, Math.max(0, given - time));
    app.log.debug("The listener was done", { listener: name, events: sent.length, ms: Date.now() - given });
  },
});
