import type {
  ChangeMessageVisibilityRequest,
  DeleteMessageRequest,
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  ReceiveMessageRequest,
  ReceiveMessageResult,
  SendMessageBatchRequest,
  SendMessageBatchResult,
  SendMessageRequest,
  SendMessageResult,
} from "@aws-sdk/client-sqs";
import type { AwsConnection } from "../../lib/aws/connection.ts";
import { createJsonClient, type JsonService } from "../../lib/aws/json-client.ts";

/** The operations of SQS that the store uses, with their inputs and outputs. */
interface Operations {
  ChangeMessageVisibility: [ChangeMessageVisibilityRequest, object];
  DeleteMessage: [DeleteMessageRequest, object];
  GetQueueAttributes: [GetQueueAttributesRequest, GetQueueAttributesResult];
  ReceiveMessage: [ReceiveMessageRequest, ReceiveMessageResult];
  SendMessage: [SendMessageRequest, SendMessageResult];
  SendMessageBatch: [SendMessageBatchRequest, SendMessageBatchResult];
}

/** Calls SQS. Rejects with an error whose name is the error code, such as `QueueDoesNotExist`. */
export type SqsSend = <Name extends keyof Operations>(
  operation: Name,
  input: Operations[Name][0],
) => Promise<Operations[Name][1]>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html */
const SQS: JsonService = {
  name: "sqs",
  target: "AmazonSQS",
  retryableErrors: new Set(["KmsThrottled", "RequestThrottled", "RequestTimeout", "ThrottlingException"]),
  retryLimits: { maxAttempts: 5, maxMs: 8000, basePauseMs: 100, maxPauseMs: 2000 },
};

/**
 * Creates a transport that calls SQS without the SDK's client, which takes longer to load and to call. Retries transient
 * errors.
 */
export const createSqsTransport = (
  connection: AwsConnection,
): { readonly send: SqsSend; readonly close: () => void } => {
  const { call, close } = createJsonClient(SQS, connection);
  return {
    // Some operations answer without a body.
    send: async (operation, input) => JSON.parse((await call(operation, JSON.stringify(input))) || "{}"),
    close,
  };
};
