import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { pluginInbound } from "../config/inbound.ts";
import { encodeBody } from "../core/events/packed.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { matches } from "../lib/event-pattern.ts";
import { isObject, type JsonObject } from "../lib/json.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";

export interface EventBusOptions {
  /** Whose inbound parts are brought what is like their patterns. */
  readonly plugins: readonly ReadPlugin[];
  readonly sqs: SQSClient;
  /** Queues' URLs by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What EventBridge takes in one call: entries, bytes. */
const MOST_ENTRIES = 10;
const LARGEST = 256 * 1024;
const TARGET = "AWSEvents.PutEvents";

/** EventBridge, as far as events are put to it and brought to queues, on loopback. A bus is there as soon as somebody names it. */
export const startEventBus = async (
  options: EventBusOptions,
): Promise<{ readonly client: EventBridgeClientConfig; stop(): Promise<void> }> => {
  const server = createServer((request, response) => {
    void answer(options, request)
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

const answer = async (options: EventBusOptions, request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Escaped in JSON, an entry may be some times as long.
    if (bytes > 6 * LARGEST) return refused("The request is too large");
    chunks.push(chunk);
  }
  const target = request.headers["x-amz-target"];
  if (target !== TARGET)
    return {
      status: 400,
      body: {
        __type: "UnknownOperationException",
        message: `The embedded bus knows ${TARGET} alone, and not ${target}`,
      },
    };
  const asked = parsed(Buffer.concat(chunks).toString("utf8"));
  const entries = isObject(asked) && Array.isArray(asked.Entries) ? asked.Entries : [];
  if (entries.length < 1 || entries.length > MOST_ENTRIES)
    return refused(`'entries' must have 1 to ${MOST_ENTRIES} entries`);
  if (entries.reduce<number>((sum, entry) => sum + sizeOf(entry), 0) > LARGEST)
    return refused("Total size of the entries in the request is over the limit.");

  const Entries = [];
  for (const entry of entries)
    Entries.push(
      await put(options, isObject(entry) ? entry : {}).catch((error: unknown) =>
        wrong("InternalFailure", String(error)),
      ),
    );
  return { status: 200, body: { FailedEntryCount: Entries.filter((result) => "ErrorCode" in result).length, Entries } };
};

/** Of one entry; the others are told nevertheless. */
const wrong = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });

const refused = (message: string) => ({ status: 400, body: { __type: "ValidationException", message } });

const sizeOf = (entry: unknown): number =>
  isObject(entry)
    ? [entry.Source, entry.DetailType, entry.Detail].reduce<number>(
        (sum, text) => sum + Buffer.byteLength(String(text ?? "")),
        0,
      )
    : 0;

/** Puts one entry on the queues of those whose patterns it is like. */
const put = async (
  { plugins, sqs, urls, now }: EventBusOptions,
  { Source, DetailType, Detail, EventBusName, Resources, Time }: JsonObject,
) => {
  for (const [name, text] of Object.entries({ Source, DetailType, Detail })) {
    if (typeof text !== "string" || text === "")
      return wrong("InvalidArgument", `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  if (String(Source).startsWith("aws.")) return wrong("NotAuthorizedForSource", "Not authorized for the source.");
  const detail = parsed(String(Detail));
  if (!isObject(detail)) return wrong("MalformedDetail", "Detail is malformed.");
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
    if (from === undefined || from.bus !== bus || !matches({ ...from.pattern }, event)) continue;
    const ordered = queue.ordered && { MessageGroupId: name, MessageDeduplicationId: event.id };
    await sqs.send(new SendMessageCommand({ QueueUrl: urls[name], MessageBody: encodeBody(event), ...ordered }));
  }
  return { EventId: event.id };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
