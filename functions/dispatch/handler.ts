import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import type { Dispatch } from "../../app/dispatch.ts";
import { dispatch } from "../../core/events/dispatch.ts";

/** The lambda between the table's stream and the queues. A record that is not handed on is where Lambda begins again. */
export const dispatchHandler =
  (app: Dispatch) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const first = await dispatch(
      app,
      Records.map(({ dynamodb = {} }) => app.toldBy(dynamodb)),
    );
    if (first === undefined) return { batchItemFailures: [] };
    app.log.warn("A change was not handed on", { sequence_number: Records[first]?.dynamodb?.SequenceNumber });
    return { batchItemFailures: [{ itemIdentifier: Records[first]?.dynamodb?.SequenceNumber ?? "" }] };
  };
