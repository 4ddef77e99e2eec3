import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createSqsQueue } from "../../../adapters/queue/sqs.ts";
import { createSqsTransport, type SqsSend } from "../../../adapters/queue/sqs-transport.ts";
import { queueConfigs } from "../../../config/queues.ts";
import { fromRefusedMessage } from "../../../core/events/refused-messages.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import { NOOP_METER } from "../../../core/ports/meter.ts";
import { DISPATCH_FAILURES_QUEUE, type QueueMessage } from "../../../core/ports/queue.ts";
import { dispatchHandler } from "../../../functions/dispatch/app.ts";
import { AwsError } from "../../../lib/aws/json-client.ts";
import { mapValues } from "../../../lib/util/map-values.ts";
import { createQueues, type SqsEngine, startSqs } from "../../../local/sqs.ts";

const QUEUES = ["a", "b", DISPATCH_FAILURES_QUEUE];
const [base] = queueConfigs({ plugins: [] });
const lines: string[] = [];
const log = createJsonLog((line) => lines.push(line));

describe("dispatch with queues that refuse", () => {
  let engine: SqsEngine;
  let client: SQSClient;
  let transport: ReturnType<typeof createSqsTransport>;
  let urls: Readonly<Record<string, string>>;
  /** Names of the errors that calls to queues get. */
  let faults: Readonly<Record<string, string>>;

  beforeAll(async () => {
    engine = await startSqs(undefined);
    client = new SQSClient(engine.client);
    const configs = QUEUES.map((name) => ({ ...(base as NonNullable<typeof base>), name }));
    urls = (await createQueues(client, engine, configs)).urls;
    transport = createSqsTransport(engine.client);
  });
  afterAll(async () => {
    transport.close();
    client.destroy();
    await engine.stop();
  });
  beforeEach(() => {
    faults = {};
    lines.splice(0);
  });

  const send: SqsSend = async (operation, input) => {
    const name = QUEUES.find((queue) => urls[queue] === input.QueueUrl) ?? "";
    const fault = faults[name];
    if (fault === undefined) return transport.send(operation, input);
    throw new AwsError(fault, "injected", { isTransient: false });
  };

  /** Dispatches records that each send one message to a queue. Returns the sequence number to resume from. */
  const dispatch = async (...queues: readonly string[]) => {
    const handler = dispatchHandler({
      queue: createSqsQueue({ send, urls, log: createJsonLog(() => undefined) }),
      subscriptions: [],
      readStreamRecord: ({ NewImage }) => ({ message: NewImage as unknown as QueueMessage }),
      log,
      meter: NOOP_METER,
      onEvent: undefined,
      close: async () => undefined,
    });
    const Records = queues.map((queue, index) => ({
      dynamodb: {
        SequenceNumber: String(index),
        NewImage: {
          queue,
          body: `${queue}${index}`,
          attributes: { causes: "x" },
          trace: "Root=1-5-a",
          id: `e${index}`,
        },
      },
    }));
    const { batchItemFailures } = await handler({ Records } as never);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  const receive = async (queue: string) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: urls[queue],
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
      VisibilityTimeout: 600,
    });
    return (await client.send(command)).Messages ?? [];
  };
  const receiveBodies = async (queue: string) => (await receive(queue)).map(({ Body }) => Body).toSorted();

  it.each([
    "AccessDenied",
    "AccessDeniedException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "KmsAccessDenied",
  ])("keeps the messages of a queue that answers %s, and resumes nothing", async (fault) => {
    faults = { a: fault };

    expect(await dispatch("a", "b", "a")).toEqual([]);
    expect(await receiveBodies("b")).toEqual(["b1"]);
    const kept = await receive(DISPATCH_FAILURES_QUEUE);
    expect(
      kept
        .map(({ Body = "", MessageAttributes }) =>
          fromRefusedMessage(
            Body,
            mapValues(MessageAttributes, ({ StringValue }) => StringValue),
          ),
        )
        .toSorted((one, other) => Number(one?.body.localeCompare(other?.body ?? ""))),
    ).toEqual(
      [0, 2].map((index) => ({
        queue: "a",
        body: `a${index}`,
        attributes: { causes: "x" },
        trace: "Root=1-5-a",
        id: `e${index}`,
      })),
    );
    expect(kept[0]?.MessageAttributes?.error?.StringValue).toBe(`${fault}: injected`);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "ERROR", queue: "a", reason: `${fault}: injected`, event_ids: ["e0", "e2"], messages: 2 },
    ]);
  });

  it.each(["RequestThrottled", "KmsThrottled", "ServiceUnavailable", "ExpiredToken"])(
    "resumes at the first message to a queue that answers %s",
    async (fault) => {
      faults = { a: fault };

      expect(await dispatch("b", "a", "b")).toEqual(["1"]);
      expect(await receiveBodies("b")).toEqual(["b0", "b2"]);
      expect(await receive(DISPATCH_FAILURES_QUEUE)).toEqual([]);
    },
  );

  it("does not keep a message that is sent again with an earlier one", async () => {
    faults = { a: "AccessDenied", b: "RequestThrottled" };

    expect(await dispatch("a", "b", "a")).toEqual(["1"]);
    expect(await receiveBodies(DISPATCH_FAILURES_QUEUE)).toEqual(["a0"]);
  });

  it("resumes at the first message that cannot be kept either", async () => {
    faults = { a: "QueueDoesNotExist", [DISPATCH_FAILURES_QUEUE]: "ServiceUnavailable" };

    expect(await dispatch("b", "a", "b")).toEqual(["1"]);
    expect(await receiveBodies("b")).toEqual(["b0", "b2"]);
  });

  it("keeps a message as large as a queue accepts", async () => {
    faults = { a: "AccessDenied" };
    const handler = dispatchHandler({
      queue: createSqsQueue({ send, urls, log: createJsonLog(() => undefined) }),
      subscriptions: [],
      readStreamRecord: () => ({ message: { queue: "a", body: "x".repeat(1024 * 1024) } }),
      log,
      meter: NOOP_METER,
      onEvent: undefined,
      close: async () => undefined,
    });

    expect(await handler({ Records: [{ dynamodb: { SequenceNumber: "1" } }] } as never)).toEqual({
      batchItemFailures: [],
    });
    expect(await receive(DISPATCH_FAILURES_QUEUE)).toHaveLength(1);
  });
});
