import type { DeliveryObserver } from "../../core/events/queue-handler.ts";
import type { Log } from "../../core/ports/log.ts";
import { type AppContext, addLogContext } from "../app-context.ts";

/** Creates the observer that records logs and metrics of deliveries. @param name The name of the queue. */
export const watchDeliveries = (app: AppContext, name: string, log: Log): DeliveryObserver => ({
  addLogContext: (facts) => addLogContext(app, facts),
  recordDelivered: (sent, deliveredAt, eventIds) => {
    recordAttempts(app, name, Date.now() - deliveredAt, eventIds);
    app.meter.add("EventsDelivered", name, sent.length);
    // The clocks of SQS and Lambda may differ by a few ms.
    for (const time of sent) app.meter.add("AgeAtDelivery", name, Math.max(0, deliveredAt - time));
    log.debug("The listener finished", { listener: name, events: sent.length, ms: Date.now() - deliveredAt });
  },
});

/** Records successful attempts. Messages of a batch are received for the first time. */
const recordAttempts = (
  { activity, logContexts }: AppContext,
  listener: string,
  ms: number,
  eventIds?: readonly string[],
): void => {
  if (activity === undefined) return;
  const { attempt, event_id: id } = logContexts.getStore() ?? {};
  const number = eventIds === undefined && typeof attempt === "number" ? attempt : 1;
  for (const event_id of eventIds ?? [typeof id === "string" ? id : undefined])
    activity.record({ activity: "attempt", listener, event_id, attempt: number, ms, outcome: "delivered" });
};
