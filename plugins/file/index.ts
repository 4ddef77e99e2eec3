import { definePlugin, need, publisherOptions } from "@kintoun/kit";
import * as z from "zod";

const options = z.strictObject({
  ...publisherOptions(z),
  /** Relative to where the store is started. */
  path: z.string().min(1),
});

type FileOptions = z.input<typeof options> & {
  /** What this one is called, where there are several. */
  readonly name?: string;
};

/** Keeps listeners' items in a file of the machine that it runs on: a laptop's, or a container's. */
export const file = ({ name = "file", ...given }: FileOptions) =>
  definePlugin({
    name,
    about: "Appends listeners' items to a file, a line of JSON each.",
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
  })(given);
