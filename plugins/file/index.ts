import { definePlugin, need, publisherOptions } from "@kintoun/kit";
import * as z from "zod";

const options = z.strictObject({
  ...publisherOptions({ any: z.any, array: z.array, record: z.record, string: z.string }),
  /** Path of the file, relative to the working directory. */
  path: z.string().min(1),
});

/** Appends the items that listeners publish to a local file. Cannot run in a Lambda function. */
export const file = definePlugin({
  name: "file",
  about: "Appends the items that listeners publish to a file, as one line of JSON each.",
  config: options,
  needs: ({ path }) => ({ file: need.file({ path }) }),
  setup: ({ resources }) => resources,
  publishers: {
    lines: {
      about: "Appends each item as a line.",
      from: ({ from }) => from,
      where: ({ where }) => where,
      publish: (items, { services, listener, event_id, request_id }) =>
        services.file.append(
          items.map((item) => `${JSON.stringify({ listener, event_id, request_id, item })}\n`).join(""),
        ),
    },
  },
});
