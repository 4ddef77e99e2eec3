import { definePlugin, fillTemplate, need, publisherOptions, truncateText } from "@kintoun/kit";
import * as z from "zod";

/** Maximum length of an event's `detail-type`. */
const MAX_TYPE_CHARACTERS = 128;

const options = z
  .strictObject({
    ...publisherOptions({ any: z.any, array: z.array, record: z.record, string: z.string }),
    /** Name of the bus, in the stack's account and region. Default: `default`. */
    bus: z
      .string()
      .regex(/^[\w./-]{1,256}$/, "must be the name of a bus: 1 to 256 letters, digits and . _ - /")
      .default("default"),
    /** `source` of the events: 1 to 256 characters. Default: `kintoun`. */
    source: z
      .string()
      .min(1)
      .max(256)
      .refine((source) => !source.startsWith("aws."), "must not begin with aws., which is reserved for AWS")
      .default("kintoun"),
    /**
     * Template of `detail-type`. It can contain `{listener}`, `{event_id}`, `{request_id}` and fields of the item,
     * such as `{item.kind}`. The listener's name replaces an empty result. Default: `{listener}`.
     */
    detailType: z.string().min(1).default("{listener}"),
  })
  .prefault({});

/** Puts the items that listeners publish on an EventBridge bus. */
export const eventbridge = definePlugin({
  name: "eventbridge",
  about: "Puts the items that listeners publish on an EventBridge bus.",
  config: options,
  needs: ({ bus }) => ({ bus: need.bus({ name: bus }) }),
  setup: ({ resources }) => resources,
  publishers: {
    bus: {
      about: "Puts each item on the bus as an event.",
      from: ({ from }) => from,
      where: ({ where }) => where,
      publish: (items, { config, services: { bus }, listener, event_id, request_id }) =>
        bus.put(
          items.map((item) => {
            const filled = fillTemplate(config.detailType, { listener, event_id, request_id, item });
            const type = truncateText(filled, MAX_TYPE_CHARACTERS);
            return { source: config.source, type: type || listener, detail: item };
          }),
        ),
    },
  },
});
