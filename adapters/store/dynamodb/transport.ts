import { randomUUID } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { CancellationReason, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import { DynamoDbError, type Operations, type Send } from "./operations.ts";
import { createSigner } from "./sigv4.ts";

/** Connections kept open side by side: a request needs two at once. */
const SOCKETS = 64;
/** Tries at one call, and the longest pause between two, in ms. */
const TRIES = 6;
const LONGEST_PAUSE = 2000;
/** Silence after which a call is given up and tried again, in ms. */
const SILENCE = 5000;

/** Faults that pass, by code. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const PASSING = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "ServiceUnavailable",
  "ThrottlingException",
  "TransactionInProgressException",
]);

/**
 * Calls DynamoDB in its JSON protocol over kept connections, signed. The SDK's client lends endpoint, region and credentials; its
 * middleware costs several times what the call does. What passes is tried again; what stays is a 503 that says to come back.
 * Repeating is safe: a transaction bears a token for it, and every other write is conditional or the same twice.
 */
export const createTransport = (client: DynamoDBClient): { send: Send; close(): void } => {
  const sign = createSigner();
  const agents = {
    "http:": new http.Agent({ keepAlive: true, maxSockets: SOCKETS }),
    "https:": new https.Agent({ keepAlive: true, maxSockets: SOCKETS }),
  };
  let endpoint: Promise<{ url: URL; region: string }> | undefined;

  const attempt = async (operation: keyof Operations, body: string): Promise<Answer> => {
    endpoint ??= endpointOf(client);
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
    for (let tries = 1; ; tries++) {
      let failure: Error;
      try {
        const { status, text } = await attempt(operation, body);
        if (status === 200) return JSON.parse(text);
        failure = toError(status, text);
        if (!PASSING.has(failure.name)) throw failure;
      } catch (error) {
        if (error instanceof DynamoDbError && !PASSING.has(error.name)) throw error;
        failure = error instanceof Error ? error : new Error(String(error));
      }
      if (tries === TRIES) throw new Failure("BACKEND", { cause: failure });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(LONGEST_PAUSE, 25 * 2 ** tries)));
    }
  };
  return {
    send,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

const endpointOf = async ({ config }: DynamoDBClient): Promise<{ url: URL; region: string }> => {
  const region = await config.region();
  const given = config.endpoint && (await config.endpoint());
  if (given)
    return {
      region,
      url: new URL(`${given.protocol}//${given.hostname}${given.port === undefined ? "" : `:${given.port}`}`),
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
): Promise<Answer> =>
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
    request.setTimeout(SILENCE, () =>
      request.destroy(new DynamoDbError("RequestTimeout", `DynamoDB was silent for ${SILENCE} ms`)),
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

/** The error that an answer tells; one that tells none is taken for a fault that passes. */
const toError = (status: number, text: string): DynamoDbError => {
  try {
    const told: { __type?: string; message?: string; Message?: string; CancellationReasons?: CancellationReason[] } =
      JSON.parse(text);
    const name = told.__type?.split("#").at(-1) ?? (status >= 500 ? "InternalServerError" : `HTTP ${status}`);
    return new DynamoDbError(name, told.message ?? told.Message ?? name, told.CancellationReasons);
  } catch {
    return new DynamoDbError(status >= 500 ? "ServiceUnavailable" : `HTTP ${status}`, `DynamoDB answered ${status}`);
  }
};
