import { randomUUID } from "node:crypto";
import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import type { AwsConnection } from "../../../lib/aws/connection.ts";
import { AwsError, createJsonClient, type JsonService } from "../../../lib/aws/json-client.ts";
import { DynamoDbError, type Send } from "./operations.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const DYNAMODB: JsonService = {
  name: "dynamodb",
  target: "DynamoDB_20120810",
  retryableErrors: new Set([
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "ThrottlingException",
    // A write of a single item, while a transaction holds the item.
    "TransactionConflictException",
    "TransactionInProgressException",
  ]),
  // A call takes at most 8.5 s with the time-out of its last attempt, so that a request with several calls can respond.
  retryLimits: { maxAttempts: 6, maxMs: 4500, basePauseMs: 50, maxPauseMs: 1000 },
};

/**
 * Creates a transport that calls DynamoDB without the SDK's client, which takes longer to load and to call. Retries
 * transient errors and then rejects with a 503 failure. Retries are safe: transactions carry a token, and all other
 * writes are conditional or idempotent.
 */
export const createTransport = (connection: AwsConnection): { readonly send: Send; readonly close: () => void } => {
  const { call, close } = createJsonClient(DYNAMODB, connection);
  const send: Send = async (operation, input) => {
    const body = JSON.stringify(
      operation === "TransactWriteItems" ? { ClientRequestToken: randomUUID(), ...input } : input,
    );
    try {
      return JSON.parse(await call(operation, body));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.isTransient) throw new Failure("BACKEND", { cause: error });
      throw new DynamoDbError(
        error.name,
        error.message,
        error.body.CancellationReasons as readonly CancellationReason[] | undefined,
      );
    }
  };
  return { send, close };
};
