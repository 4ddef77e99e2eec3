import type { DeliveryObserver } from "../../core/events/queue-handler.ts";
import type { Log } from "../../core/ports/log.ts";
import { type AppContext, addLogContext } from "../app-context.ts";

/** Creates the observer that records logs and metrics of deliveries. @param name The name of the queue. */
export const watchDeliveries = (app: AppContext, name: string, log: Log): DeliveryObserver => ({
  addLogContext: (facts) => addLogContext(app, facts),
  recordDelivered: (sent, deliveredAt) => {
    app.meter.add("EventsDelivered", name, sent.length);
    // The clocks of SQS and Lambda may differ by a few ms.
    for (const time of sent) app.meter.add("AgeAtDelivery", name, Math.max(0, deliveredAt - time));
    log.debug("The listener finished", { listener: name, events: sent.length, ms: Date.now() - deliveredAt });
  },
});
