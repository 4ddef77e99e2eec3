import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { pluginInbound } from "../config/listeners.ts";
import { encodeBody } from "../core/events/message-body.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { matchesPattern } from "../lib/filter-pattern.ts";
import { isObject, type JsonObject, parseExactJson } from "../lib/json.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";
import { EventRuleError, EventRules } from "./event-rules.ts";

export interface EventBusOptions {
  /** Plugins whose inbound parts receive matching events. */
  readonly plugins: readonly PluginManifest[];
  readonly sqs: SQSClient;
  /** Queue URLs by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Limits of EventBridge per call. */
const MAX_ENTRIES = 10;
const MAX_TOTAL_BYTES = 256 * 1024;
const TARGET = "AWSEvents.";

/**
 * Starts an emulation of EventBridge on loopback, which delivers events to queues. Buses exist as soon as they are
 * named.
 */
export const startEventBus = async (
  options: EventBusOptions,
): Promise<{ readonly client: EventBridgeClientConfig; stop(): Promise<void> }> => {
  const rules = new EventRules(options.sqs);
  const server = createServer((request, response) => {
    void handleRequest({ ...options, rules }, request)
      .catch((error: unknown) => ({ status: 500, body: { __type: "InternalException", message: String(error) } }))
      .then(({ status, body }) =>
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body)),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { client: { endpoint: `http://127.0.0.1:${port}`, ...LOCAL_CREDENTIALS }, stop: () => stop(server) };
};

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface RunningBus extends EventBusOptions {
  readonly rules: EventRules;
}

const handleRequest = async (options: RunningBus, request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Escapes in JSON can multiply the size of an entry.
    if (bytes > 6 * MAX_TOTAL_BYTES) return validationError("The request is too large");
    chunks.push(chunk);
  }
  const target = String(request.headers["x-amz-target"]).replace(TARGET, "");
  const body = parsed(Buffer.concat(chunks).toString("utf8"));
  if (target !== "PutEvents") return handleRule(options, target, isObject(body) ? (body as JsonObject) : {});
  const entries = isObject(body) && Array.isArray(body.Entries) ? body.Entries : [];
  if (entries.length < 1 || entries.length > MAX_ENTRIES)
    return validationError(`'entries' must have 1 to ${MAX_ENTRIES} entries`);
  if (entries.reduce<number>((sum, entry) => sum + sizeOf(entry), 0) > MAX_TOTAL_BYTES)
    return validationError("Total size of the entries in the request is over the limit.");

  const Entries = [];
  for (const entry of entries)
    Entries.push(
      await putEntry(options, isObject(entry) ? entry : {}).catch((error: unknown) =>
        entryError("InternalFailure", String(error)),
      ),
    );
  return { status: 200, body: { FailedEntryCount: Entries.filter((result) => "ErrorCode" in result).length, Entries } };
};

const handleRule = ({ rules }: RunningBus, operation: string, request: JsonObject) => {
  try {
    const answer = rules.handle(operation, request);
    if (answer !== undefined) return { status: 200, body: answer };
    return failure("UnknownOperationException", `The embedded bus does not support ${operation}`);
  } catch (error) {
    if (error instanceof EventRuleError) return failure(error.name, error.message);
    throw error;
  }
};

const failure = (type: string, message: string) => ({ status: 400, body: { __type: type, message } });

/** The error of one entry; the other entries are still delivered. */
const entryError = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });

const validationError = (message: string) => failure("ValidationException", message);

const sizeOf = (entry: unknown): number =>
  isObject(entry)
    ? [entry.Source, entry.DetailType, entry.Detail].reduce<number>(
        (sum, text) => sum + Buffer.byteLength(String(text ?? "")),
        0,
      )
    : 0;

/** Sends an entry to the queues with matching patterns. */
const putEntry = async (
  { plugins, sqs, urls, now, rules }: RunningBus,
  { Source, DetailType, Detail, EventBusName, Resources, Time }: JsonObject,
) => {
  for (const [name, text] of Object.entries({ Source, DetailType, Detail })) {
    if (typeof text !== "string" || text === "")
      return entryError("InvalidArgument", `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  if (String(Source).startsWith("aws.")) return entryError("NotAuthorizedForSource", "Not authorized for the source.");
  const detail = parsed(String(Detail));
  if (!isObject(detail)) return entryError("MalformedDetail", "Detail is malformed.");
  const bus = typeof EventBusName === "string" ? EventBusName.replace(/^arn:[^/]*:event-bus\//, "") : "default";
  const event = {
    version: "0",
    id: randomUUID(),
    "detail-type": DetailType,
    source: Source,
    account: "000000000000",
    time: new Date(typeof Time === "number" ? Time * 1000 : now()).toISOString().replace(/\.\d+Z$/, "Z"),
    region: LOCAL_CREDENTIALS.region,
    resources: Array.isArray(Resources) ? Resources : [],
    detail,
  };
  for (const { name, from, queue } of pluginInbound(plugins)) {
    if (from?.kind !== "events" || from.bus !== bus || !matchesPattern({ ...from.pattern }, event)) continue;
    const ordered = queue.ordered && { MessageGroupId: name, MessageDeduplicationId: event.id };
    await sqs.send(new SendMessageCommand({ QueueUrl: urls[name], MessageBody: encodeBody(event), ...ordered }));
  }
  await rules.deliver(bus, event as JsonObject);
  return { EventId: event.id };
};

const parsed = (text: string): unknown => {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
};
