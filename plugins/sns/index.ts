import { createHash } from "node:crypto";
import { definePlugin, fillTemplate, need, publisherOptions } from "@kintoun/kit";
import * as z from "zod";

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const ATTRIBUTE = /^(?!(?:aws|amazon)\.|\.|.*\.\.|.*\.$)[\w.-]{1,256}$/i;
/** Ten, of which one tells what the message came of. */
const MOST_ATTRIBUTES = 9;

const options = z.strictObject({
  ...publisherOptions(z),
  /** The topic; an ordered one ends in `.fifo`. */
  arn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/,
      "The ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:news",
    ),
  /** For subscribers by mail; `{…}` takes `{listener}`, `{event_id}`, `{request_id}` or a field of the item, such as `{item.title}`. */
  subject: z.string().default(""),
  /** What subscribers may filter by, templates likewise; what is empty is left out. */
  attributes: z
    .record(z.string(), z.string())
    .refine(
      (attributes) => Object.keys(attributes).every((name) => ATTRIBUTE.test(name)),
      "Letters, digits and _-, with dots between them, name an attribute; AWS. and Amazon. begin none",
    )
    .refine(
      (attributes) => Object.keys(attributes).length <= MOST_ATTRIBUTES,
      `Subscribers who get messages as they are get ${MOST_ATTRIBUTES} attributes at most`,
    )
    .default({ listener: "{listener}", event_id: "{event_id}" }),
  /** Of an ordered topic: what a message is one of a series of, a template likewise. */
  group: z.string().default("{listener}"),
});

type SnsOptions = z.input<typeof options> & {
  /** What this one is called, where there are several. */
  readonly name?: string;
};

/** Tells listeners' items to those who have subscribed to a topic. */
export const sns = ({ name = "sns", ...given }: SnsOptions) =>
  definePlugin({
    name,
    about: "Tells listeners' items to a topic of SNS.",
    config: options,
    needs: ({ arn }) => ({ topic: need.topic({ arn }) }),
    setup: ({ resources }) => resources,
    publishers: {
      topic: {
        about: "Tells each item as a message.",
        from: ({ from }) => from,
        where: ({ where }) => where,
        publish: (items, { config, services: { topic }, listener, event_id, request_id }) =>
          topic.publish(
            items.map((item, place) => {
              const body = JSON.stringify(item);
              const fill = (template: string) => fillTemplate(template, { listener, event_id, request_id, item });
              return {
                body,
                subject: fill(config.subject),
                attributes: Object.fromEntries(
                  Object.entries(config.attributes).map(([attribute, template]) => [attribute, fill(template)]),
                ),
                group: fill(config.group),
                // The same item of the same event is told once, also where the event comes again.
                id: createHash("sha256")
                  .update(JSON.stringify([listener, event_id, place, body]))
                  .digest("hex"),
              };
            }),
          ),
      },
    },
  })(given);
