import { randomUUID } from "node:crypto";
import {
  DeleteRuleCommand,
  type EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { FilterPattern } from "../lib/filter-pattern.ts";

export interface WatchBusOptions {
  readonly events: EventBridgeClient;
  readonly sqs: SQSClient;
  /** The name of the bus. */
  readonly bus: string;
  /** An EventBridge pattern. */
  readonly pattern: FilterPattern;
  readonly signal: AbortSignal;
  /** Called when events are received from now on. */
  readonly onReady: () => void;
  /** Called with each event, as EventBridge sends it: JSON. */
  readonly onEvent: (event: string) => void;
}

/** Seconds for which a queue keeps events that were not received: the minimum of SQS. */
const RETENTION_SECONDS = 60;
/** Seconds that a call waits for messages. */
const WAIT_SECONDS = 5;
const TARGET_ID = "watch";

/**
 * Follows the events of a bus until it is stopped, by a rule and a queue of its own, which it removes at the end. Other
 * receivers get their events as before.
 */
export const watchBus = async (options: WatchBusOptions): Promise<void> => {
  const { events, sqs, bus, pattern, onReady } = options;
  const name = `kintoun-watch-${randomUUID()}`;
  const { QueueUrl: url = "" } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { MessageRetentionPeriod: String(RETENTION_SECONDS) } }),
  );
  const cleanUp: (() => Promise<unknown>)[] = [() => sqs.send(new DeleteQueueCommand({ QueueUrl: url }))];
  try {
    const arn = await readQueueArn(sqs, url);
    const rule = { Name: name, EventBusName: bus };
    const { RuleArn = "" } = await events.send(
      new PutRuleCommand({ ...rule, EventPattern: JSON.stringify(pattern), Description: "kintoun events watch" }),
    );
    cleanUp.unshift(() => events.send(new DeleteRuleCommand(rule)));
    await allowRule(sqs, { url, arn, rule: RuleArn });
    await events.send(new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets: [{ Id: TARGET_ID, Arn: arn }] }));
    cleanUp.unshift(() => events.send(new RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: [TARGET_ID] })));
    onReady();
    await receiveEvents(url, options);
  } finally {
    for (const step of cleanUp) await step();
  }
};

const readQueueArn = async (sqs: SQSClient, url: string): Promise<string> => {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] });
  return (await sqs.send(command)).Attributes?.QueueArn ?? "";
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions */
const allowRule = async (
  sqs: SQSClient,
  { url, arn, rule }: { readonly url: string; readonly arn: string; readonly rule: string },
): Promise<void> => {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": rule } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy } }));
};

const receiveEvents = async (
  url: string,
  { sqs, signal, onEvent }: Pick<WatchBusOptions, "sqs" | "signal" | "onEvent">,
): Promise<void> => {
  const receive = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: WAIT_SECONDS });
  while (!signal.aborted) {
    const response = await sqs.send(receive, { abortSignal: signal }).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    const Messages = response?.Messages ?? [];
    for (const { Body = "" } of Messages) onEvent(Body);
    if (Messages.length === 0) continue;
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  }
};
