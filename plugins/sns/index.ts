import { createHash } from "node:crypto";
import { definePlugin, fillTemplate, need, publisherOptions } from "@kintoun/kit";
import * as z from "zod";

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const ATTRIBUTE_NAME = /^(?!(?:aws|amazon)\.|\.|.*\.\.|.*\.$)[\w.-]{1,256}$/i;
/** SNS allows ten. One is used for the cause chain. */
const MAX_ATTRIBUTES = 9;

const options = z.strictObject({
  ...publisherOptions({ any: z.any, array: z.array, record: z.record, string: z.string }),
  /** ARN of the topic. That of a FIFO topic ends in `.fifo`. */
  arn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/,
      "must be the ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:news",
    ),
  /**
   * Template of the subject of mails. It can contain `{listener}`, `{event_id}`, `{request_id}` and fields of the item,
   * such as `{item.title}`. Default: no subject.
   */
  subject: z.string().default(""),
  /**
   * Templates of message attributes, for the filters of subscribers: at most 9. Empty attributes are left out.
   * Default: `listener` and `event_id`.
   */
  attributes: z
    .record(z.string(), z.string())
    .refine(
      (attributes) => Object.keys(attributes).every((name) => ATTRIBUTE_NAME.test(name)),
      "must have names of letters, digits, _ and -, with single dots between them, that do not begin with AWS. or Amazon.",
    )
    .refine(
      (attributes) => Object.keys(attributes).length <= MAX_ATTRIBUTES,
      `must have at most ${MAX_ATTRIBUTES} attributes`,
    )
    .default({ listener: "{listener}", event_id: "{event_id}" }),
  /** Template of the message group of a FIFO topic. Default: `{listener}`. */
  group: z.string().default("{listener}"),
});

/** Publishes the items of listeners to an SNS topic. */
export const sns = definePlugin({
  name: "sns",
  about: "Publishes the items of listeners to an SNS topic.",
  config: options,
  needs: ({ arn }) => ({ topic: need.topic({ arn }) }),
  setup: ({ resources }) => resources,
  publishers: {
    topic: {
      about: "Publishes each item as a message.",
      from: ({ from }) => from,
      where: ({ where }) => where,
      publish: (items, { config, services: { topic }, listener, event_id, request_id }) =>
        topic.publish(
          items.map((item, index) => {
            const body = JSON.stringify(item);
            const fill = (template: string) => fillTemplate(template, { listener, event_id, request_id, item });
            return {
              body,
              subject: fill(config.subject),
              attributes: Object.fromEntries(
                Object.entries(config.attributes).map(([attribute, template]) => [attribute, fill(template)]),
              ),
              group: fill(config.group),
              // Repeated deliveries of an event publish the same ids, so that a FIFO topic drops the duplicates.
              id: createHash("sha256")
                .update(JSON.stringify([listener, event_id, index, body]))
                .digest("hex"),
            };
          }),
        ),
    },
  },
});
