import { createHash } from "node:crypto";
import {
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SNSClient,
  type SNSClientConfig,
} from "@aws-sdk/client-sns";
import { CAUSES } from "../../core/events/carried-causes.ts";
import { Refused } from "../../core/events/for-good.ts";
import type { Topic, TopicMessage } from "../../core/ports/topic.ts";
import { handOver, type Refusal } from "../../lib/util/hand-over.ts";
import { inBatches } from "../../lib/util/in-batches.ts";
import { sendable, sendableJson } from "../../lib/util/sendable.ts";

/** What SNS takes in one call. https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const LIMITS = { most: 10, bytes: 256 * 1024 };
/** Characters of a subject. */
const LONGEST_SUBJECT = 99;

/** Attributes that come to queues which get messages as they are; one that has more is not brought there at all. */
const MOST_ATTRIBUTES = 10;

interface SnsTopic {
  readonly arn: string;
  readonly client?: SNSClientConfig;
  /** What led to the messages that are published at the moment; throws where nothing more may come of that. */
  readonly causes: () => readonly string[];
}

/** A topic of SNS, ordered where its ARN ends in `.fifo`. */
export const openTopic = ({ arn, client: config = {}, causes }: SnsTopic): Topic => {
  const ordered = arn.endsWith(".fifo");
  const client = new SNSClient({ maxAttempts: 5, ...regionOf(arn), ...config });
  const send = async (messages: readonly TopicMessage[]): Promise<RefusedMessage[]> => {
    const refused: RefusedMessage[] = [];
    for (const batch of inBatches(messages, sizeOf, LIMITS)) {
      const PublishBatchRequestEntries = batch.map((message, place) => ({
        Id: String(place),
        ...toEntry(message, ordered),
      }));
      const { Failed = [] } = await client.send(new PublishBatchCommand({ TopicArn: arn, PublishBatchRequestEntries }));
      for (const { Id, Code, Message = "", SenderFault = false } of Failed) {
        refused.push({
          item: batch[Number(Id)] as TopicMessage,
          why: `${Code}: ${Message}`,
          passing: !SenderFault && !ordered,
        });
      }
      // What comes after it may not overtake it.
      if (ordered && refused.length > 0) break;
    }
    return refused;
  };
  return {
    async publish(given) {
      const beside = { [CAUSES]: causes().join(",") };
      const messages = given.map(
        ({ attributes = {}, ...message }): TopicMessage => ({
          ...message,
          attributes: Object.keys(attributes).length < MOST_ATTRIBUTES ? { ...attributes, ...beside } : attributes,
        }),
      );
      for (const [place, message] of messages.entries()) {
        const bytes = sizeOf(message);
        if (bytes > LIMITS.bytes)
          throw new Refused(
            `Message ${place} of ${messages.length} has ${bytes} bytes, and a topic takes ${LIMITS.bytes}`,
          );
      }
      const [first, ...others] = await handOver(messages, send);
      if (first !== undefined)
        throw new Error(`The topic refused ${others.length + 1} of ${messages.length} messages: ${first.why}`);
    },
    async close() {
      client.destroy();
    },
  };
};

interface RefusedMessage extends Refusal<TopicMessage> {
  readonly why: string;
}

/** A topic is asked where it is. */
const regionOf = (arn: string) => ({ region: arn.split(":")[3] as string });

const toEntry = (
  { body, subject = "", attributes = {}, group, id }: TopicMessage,
  ordered: boolean,
): Omit<PublishBatchRequestEntry, "Id"> => {
  const line = oneLine(subject);
  const given = Object.entries(attributes).filter(([, value]) => value !== "");
  return {
    Message: sendableJson(body),
    ...(line !== "" && { Subject: line }),
    ...(given.length > 0 && {
      MessageAttributes: Object.fromEntries(
        given.map(([name, value]) => [name, { DataType: "String", StringValue: sendable(value) }]),
      ),
    }),
    ...(ordered && { MessageGroupId: hashed(group), MessageDeduplicationId: hashed(id) }),
  };
};

/** As SNS takes a subject: no control characters, and not too many others. */
const oneLine = (text: string): string =>
  [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")].slice(0, LONGEST_SUBJECT).join("").trim();

/** What stands beside a body counts too. */
const sizeOf = ({ body, subject = "", attributes = {} }: TopicMessage): number =>
  Buffer.byteLength(body) +
  Buffer.byteLength(subject) +
  Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + name.length + "String".length + Buffer.byteLength(value),
    0,
  );

/** What SNS takes for an id: 128 characters at most. */
const hashed = (text: string): string => createHash("sha256").update(text).digest("hex");
