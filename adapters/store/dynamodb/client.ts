import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import { type Send, sdkSend } from "./send.ts";

/** Connections kept open side by side: a request needs two at once. */
const SOCKETS = 64;

export const openDynamoDb = (config: DynamoDBClientConfig = {}): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 2000, requestTimeout: 8000, throwOnRequestTimeout: true, httpAgent: { maxSockets: SOCKETS, keepAlive: true }, httpsAgent: { maxSockets: SOCKETS, keepAlive: true } },
    ...config,
  });

/** The client as the store uses it: what is no fault of the request becomes a 503 that says to come back. */
export const sendThrough = (client: DynamoDBClient): Send => {
  const send = sdkSend(client);
  return async (operation, input) => {
    try {
      return await send(operation, input);
    } catch (error) {
      throw isPassing(error) ? new Failure("BACKEND", { cause: error }) : error;
    }
  };
};

const PASSING = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "ThrottlingException",
  "TimeoutError",
]);

const isPassing = (error: unknown): boolean =>
  error instanceof Error && (PASSING.has(error.name) || "$retryable" in error || ("code" in error && /^E[A-Z]+$/.test(String(error.code))));
