import { definePlugin, fillTemplate, need, publisherOptions } from "@kintoun/kit";
import * as z from "zod";

/** Characters of an event's type. */
const LONGEST_TYPE = 128;

const options = z.strictObject({
  ...publisherOptions(z),
  /** The bus, of the same account and region. */
  bus: z
    .string()
    .regex(/^[\w./-]{1,256}$/, "Letters, digits and ._-/ name a bus")
    .default("default"),
  /** Who the events are told to be from. */
  source: z
    .string()
    .min(1)
    .max(256)
    .refine((source) => !source.startsWith("aws."), "AWS's own events alone are from aws.…")
    .default("kintoun"),
  /** Their `detail-type`; `{…}` takes `{listener}`, `{event_id}`, `{request_id}` or a field of the item, such as `{item.kind}`. The listener where it comes to nothing. */
  detailType: z.string().min(1).default("{listener}"),
});

type EventBridgeOptions = z.input<typeof options> & {
  /** What this one is called, where there are several. */
  readonly name?: string;
};

/** Tells listeners' items to whoever has a rule on a bus. */
export const eventbridge = ({ name = "eventbridge", ...given }: EventBridgeOptions = {}) =>
  definePlugin({
    name,
    about: "Tells listeners' items to a bus of EventBridge.",
    config: options,
    needs: ({ bus }) => ({ bus: need.bus({ name: bus }) }),
    setup: ({ resources }) => resources,
    publishers: {
      bus: {
        about: "Tells each item as an event.",
        from: ({ from }) => from,
        where: ({ where }) => where,
        publish: (items, { config, services: { bus }, listener, event_id, request_id }) =>
          bus.put(
            items.map((item) => {
              const type = [...fillTemplate(config.detailType, { listener, event_id, request_id, item })]
                .slice(0, LONGEST_TYPE)
                .join("");
              return { source: config.source, type: type || listener, detail: item };
            }),
          ),
      },
    },
  })(given);
