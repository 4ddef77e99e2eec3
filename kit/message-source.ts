import type { PartIssue } from "./parts/part.ts";

/**
 * Senders outside of the store that may send to the queue of an `inbound` part. Created by `need.messages(…)`.
 * @example
 * const source: MessageSource = need.messages({ from: ["arn:aws:sns:eu-central-1:123456789012:orders"] });
 */
export interface MessageSource {
  readonly kind: "messages";
  /**
   * ARNs of SNS topics, which the queue subscribes to; ARNs of S3 buckets; accounts by their 12 digits; ARNs of IAM users
   * and roles.
   */
  readonly from: readonly string[];
}

export const createMessageSource = ({ from }: { readonly from: readonly string[] }): MessageSource => ({
  kind: "messages",
  from,
});

/** What may send to a queue. */
export type Sender =
  | { readonly kind: "topic"; readonly arn: string; readonly region: string; readonly ordered: boolean }
  | { readonly kind: "bucket"; readonly arn: string }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "principal"; readonly arn: string };

/** Parses an entry of {@link MessageSource.from}; `undefined` if it is no sender. */
export const parseSender = (text: unknown): Sender | undefined => {
  if (typeof text !== "string") return undefined;
  const topic = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(\.fifo)?$/.exec(text);
  if (topic !== null) return { kind: "topic", arn: text, region: topic[1] ?? "", ordered: topic[2] !== undefined };
  if (/^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)) return { kind: "bucket", arn: text };
  const account = /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(text)?.[1];
  if (account !== undefined) return { kind: "account", account };
  return /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]{1,512}$/.test(text)
    ? { kind: "principal", arn: text }
    : undefined;
};

/**
 * Maximum of senders, so that the policy of the queue keeps the quotas of SQS.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
const MAX_SENDERS = 20;

/** Issues of a source. @param ordered whether the queue of the part is ordered */
export const senderIssues = (path: string, { from }: MessageSource, ordered: boolean): PartIssue[] => {
  if (!Array.isArray(from) || from.length === 0 || from.length > MAX_SENDERS)
    return [
      {
        path,
        message: `must name 1 to ${MAX_SENDERS} senders: need.messages({ from: ["arn:aws:sns:eu-central-1:123456789012:orders"] }).`,
      },
    ];
  return from.flatMap((text: unknown, index) => {
    const message = senderIssue(parseSender(text), ordered);
    return message === undefined
      ? []
      : [{ path: `${path}.from[${index}]`, message: `${JSON.stringify(text)} ${message}` }];
  });
};

const senderIssue = (sender: Sender | undefined, ordered: boolean): string | undefined => {
  if (sender === undefined)
    return "is not the ARN of an SNS topic, an S3 bucket, an IAM user or role, or the 12 digits of an account.";
  if (!ordered) return undefined;
  if (sender.kind === "topic" && !sender.ordered)
    return "is not a FIFO topic, but the part is ordered. Name a topic that ends in .fifo, or remove `ordered`.";
  return sender.kind === "bucket" ? "cannot send to an ordered part. Remove `ordered`." : undefined;
};
