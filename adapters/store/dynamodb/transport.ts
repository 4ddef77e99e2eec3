import { randomUUID } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { CancellationReason, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import { backoffMs, sleep } from "../../../lib/util/backoff.ts";
import { DynamoDbError, type Operations, type Send } from "./operations.ts";
import { createSigner } from "./sigv4.ts";

/** Maximum number of open connections. A request uses up to two at once. */
const MAX_SOCKETS = 64;
const MAX_ATTEMPTS = 6;
const BASE_PAUSE_MS = 25;
const MAX_PAUSE_MS = 2000;
/** A call without a response is aborted and retried after this time. */
const TIMEOUT_MS = 5000;

/**
 * Error codes that are retried.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const RETRYABLE_ERRORS = new Set([
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
]);

/**
 * Creates a transport that calls DynamoDB's JSON protocol over keep-alive connections. Takes endpoint, region and
 * credentials from the SDK's client, but not its middleware, which costs several times more than the call. Retries
 * transient errors and then rejects with a 503 failure. Retries are safe: transactions carry a token, and all other
 * writes are conditional or idempotent.
 */
export const createTransport = (client: DynamoDBClient): { send: Send; close(): void } => {
  const sign = createSigner();
  const agents = {
    "http:": new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    "https:": new https.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
  };
  let endpoint: Promise<{ url: URL; region: string }> | undefined;

  const call = async (operation: keyof Operations, body: string): Promise<HttpResponse> => {
    endpoint ??= resolveEndpoint(client);
    const [{ url, region }, credentials] = await Promise.all([endpoint, client.config.credentials()]);
    const headers = sign(credentials, {
      host: url.host,
      region,
      target: `DynamoDB_20120810.${operation}`,
      body,
      now: Date.now() + client.config.systemClockOffset,
    });
    return post(url, agents, headers, body);
  };

  const send: Send = async (operation, input) => {
    const body = JSON.stringify(
      operation === "TransactWriteItems" ? { ClientRequestToken: randomUUID(), ...input } : input,
    );
    for (let attempt = 1; ; attempt++) {
      let failure: Error;
      try {
        const { status, text } = await call(operation, body);
        if (status === 200) return JSON.parse(text);
        failure = parseError(status, text);
        if (!RETRYABLE_ERRORS.has(failure.name)) throw failure;
      } catch (error) {
        if (error instanceof DynamoDbError && !RETRYABLE_ERRORS.has(error.name)) throw error;
        failure = error instanceof Error ? error : new Error(String(error));
      }
      if (attempt === MAX_ATTEMPTS) throw new Failure("BACKEND", { cause: failure });
      await sleep(backoffMs(attempt, BASE_PAUSE_MS, MAX_PAUSE_MS));
    }
  };
  return {
    send,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
};

interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

const resolveEndpoint = async ({ config }: DynamoDBClient): Promise<{ url: URL; region: string }> => {
  const region = await config.region();
  const custom = config.endpoint && (await config.endpoint());
  if (custom)
    return {
      region,
      url: new URL(`${custom.protocol}//${custom.hostname}${custom.port === undefined ? "" : `:${custom.port}`}`),
    };
  const { url } = config.endpointProvider({
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
  });
  return { region, url };
};

const post = (
  url: URL,
  agents: { "http:": http.Agent; "https:": https.Agent },
  headers: Record<string, string>,
  body: string,
): Promise<HttpResponse> =>
  new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      hostname: url.hostname,
      port: url.port,
      path: "/",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    };
    const request =
      url.protocol === "https:"
        ? https.request({ ...options, agent: agents["https:"] })
        : http.request({ ...options, agent: agents["http:"] });
    request.setTimeout(TIMEOUT_MS, () =>
      request.destroy(new DynamoDbError("RequestTimeout", `DynamoDB did not respond within ${TIMEOUT_MS} ms`)),
    );
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.end(body);
  });

/** Parses an error response. Without a code, a 5xx status counts as a transient error. */
const parseError = (status: number, text: string): DynamoDbError => {
  try {
    const error: { __type?: string; message?: string; Message?: string; CancellationReasons?: CancellationReason[] } =
      JSON.parse(text);
    const name = error.__type?.split("#").at(-1) ?? (status >= 500 ? "InternalServerError" : `HTTP ${status}`);
    return new DynamoDbError(name, error.message ?? error.Message ?? name, error.CancellationReasons);
  } catch {
    return new DynamoDbError(
      status >= 500 ? "ServiceUnavailable" : `HTTP ${status}`,
      `DynamoDB responded with status ${status}`,
    );
  }
};
