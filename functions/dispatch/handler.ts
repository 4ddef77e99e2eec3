import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { dispatch } from "../../core/events/dispatch.ts";
import { toFailedMessage } from "../../core/events/failed-record.ts";
import { FAILURES, type QueueMessage } from "../../core/ports/queue.ts";
import type { Dispatch } from "./app.ts";

/** Events that a line of the log names. */
const MOST_NAMED = 20;

/** The lambda between the table's stream and the queues. A record that is not handed on is where Lambda begins again; one that can't be understood is parked. */
export const dispatchHandler =
  (app: Dispatch) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { queue, subscriptions, toldBy, log } = app;
    const numberOf = (place: number) => Records[place]?.dynamodb?.SequenceNumber ?? "";
    const park = async (place: number, error: unknown) => {
      log.error("A change could not be understood; it is parked", { sequence_number: numberOf(place), error });
      const refused = await queue.send([{ to: FAILURES, body: toFailedMessage(Records[place] ?? {}, error) }]);
      if (refused.length > 0)
        throw new Error("What could not be understood could not be parked either", { cause: error });
    };
    const { failed, sent, refused } = await dispatch(
      { queue, subscriptions, park },
      Records.map(
        ({ dynamodb = {} }) =>
          () =>
            toldBy(dynamodb),
      ),
    );
    tell(app, sent);
    if (failed === undefined) return { batchItemFailures: [] };
    const ids = [...new Set(refused.flatMap(({ id }) => id ?? []))];
    log.warn("A change was not handed on", {
      sequence_number: numberOf(failed),
      event_ids: ids.slice(0, MOST_NAMED),
      events: ids.length,
    });
    return { batchItemFailures: [{ itemIdentifier: numberOf(failed) }] };
  };

/** Counts the events that were put on listeners' queues, and logs which, where somebody looks for them. */
const tell = ({ subscriptions, meter, log }: Dispatch, sent: readonly QueueMessage[]): void => {
  for (const { to: listener, id: event_id, request: request_id } of sent) {
    if (!subscriptions.some(({ name }) => name === listener)) continue;
    meter.add("EventsDispatched", listener);
    log.debug("The event was handed on", { listener, event_id, request_id });
  }
};
