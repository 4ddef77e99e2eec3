import { createHash } from "node:crypto";
import {
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SNSClient,
  type SNSClientConfig,
} from "@aws-sdk/client-sns";
import { PermanentError } from "../../core/events/delivery-errors.ts";
import { CAUSES_ATTRIBUTE } from "../../core/events/provenance.ts";
import type { Topic, TopicMessage } from "../../core/ports/topic.ts";
import { type Rejection, sendWithRetries } from "../../lib/util/send-with-retries.ts";
import { toSendableJson, toSendableText } from "../../lib/util/sendable-text.ts";
import { splitIntoBatches } from "../../lib/util/split-into-batches.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";

/** Limits of one call. https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const LIMITS = { maxItems: 10, maxBytes: 256 * 1024 };
const MAX_SUBJECT_CHARS = 99;

/** Limit of SQS subscriptions with raw delivery. A message with more attributes is not delivered to them at all. */
const MAX_ATTRIBUTES = 10;

interface SnsTopicOptions {
  readonly arn: string;
  readonly client?: SNSClientConfig;
  /** Returns the cause chain of the current messages. Throws when the chain is too long. */
  readonly causes: () => readonly string[];
}

/** Creates a topic that publishes to SNS. It is ordered if its ARN ends in `.fifo`. */
export const createSnsTopic = ({ arn, client: config = {}, causes }: SnsTopicOptions): Topic => {
  const ordered = arn.endsWith(".fifo");
  const client = new SNSClient({ maxAttempts: 5, ...toRegion(arn), ...config });
  const send = async (messages: readonly TopicMessage[]): Promise<RefusedMessage[]> => {
    const refused: RefusedMessage[] = [];
    for (const batch of splitIntoBatches(messages, measureMessage, LIMITS)) {
      const PublishBatchRequestEntries = batch.map((message, index) => ({
        Id: String(index),
        ...toEntry(message, ordered),
      }));
      const { Failed = [] } = await client.send(new PublishBatchCommand({ TopicArn: arn, PublishBatchRequestEntries }));
      for (const { Id, Code, Message = "", SenderFault = false } of Failed) {
        refused.push({
          item: batch[Number(Id)] as TopicMessage,
          reason: `${Code}: ${Message}`,
          transient: !SenderFault && !ordered,
        });
      }
      // Later messages must not overtake a refused one.
      if (ordered && refused.length > 0) break;
    }
    return refused;
  };
  return {
    async publish(published) {
      const causesAttribute = { [CAUSES_ATTRIBUTE]: causes().join(",") };
      const messages = published.map(
        ({ attributes = {}, ...message }): TopicMessage => ({
          ...message,
          attributes:
            Object.keys(attributes).length < MAX_ATTRIBUTES ? { ...attributes, ...causesAttribute } : attributes,
        }),
      );
      for (const [index, message] of messages.entries()) {
        const bytes = measureMessage(message);
        if (bytes > LIMITS.maxBytes)
          throw new PermanentError(
            `Message ${index} of ${messages.length} has ${bytes} bytes; the maximum of a topic is ${LIMITS.maxBytes}`,
          );
      }
      const [first, ...others] = await sendWithRetries(messages, send);
      if (first !== undefined)
        throw new Error(`The topic refused ${others.length + 1} of ${messages.length} messages: ${first.reason}`);
    },
    async close() {
      client.destroy();
    },
  };
};

interface RefusedMessage extends Rejection<TopicMessage> {
  readonly reason: string;
}

/** A topic is only reachable in its own region. */
const toRegion = (arn: string) => ({ region: arn.split(":")[3] as string });

const toEntry = (
  { body, subject = "", attributes = {}, group, id }: TopicMessage,
  ordered: boolean,
): Omit<PublishBatchRequestEntry, "Id"> => {
  const subjectLine = toSubject(subject);
  const present = Object.entries(attributes).filter(([, value]) => value !== "");
  return {
    Message: toSendableJson(body),
    ...(subjectLine !== "" && { Subject: subjectLine }),
    ...(present.length > 0 && {
      MessageAttributes: Object.fromEntries(
        present.map(([name, value]) => [name, { DataType: "String", StringValue: toSendableText(value) }]),
      ),
    }),
    ...(ordered && { MessageGroupId: toSnsId(group), MessageDeduplicationId: toSnsId(id) }),
  };
};

/** SNS rejects control characters and long subjects. */
const toSubject = (text: string): string =>
  truncateText(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), MAX_SUBJECT_CHARS).trim();

/** Size in bytes as SNS counts it, including attributes. */
const measureMessage = ({ body, subject = "", attributes = {} }: TopicMessage): number =>
  Buffer.byteLength(body) +
  Buffer.byteLength(subject) +
  Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + name.length + "String".length + Buffer.byteLength(value),
    0,
  );

/** SNS ids have at most 128 characters. */
const toSnsId = (text: string): string => createHash("sha256").update(text).digest("hex");
