import { definePlugin, type Json, type JsonObject } from "@kintoun/kit";

/** Answers as lines of JSON (https://github.com/ndjson/ndjson-spec): one for each entry of a list, or one for an answer that is none. */
export const ndjson = definePlugin({
  name: "ndjson",
  about: "Lists are JSON, entry by entry, each on a line, for those whose Accept asks for it.",
  renderers: {
    ndjson: {
      types: ["application/x-ndjson"],
      about: "Each entry of a list on a line.",
      render: ({ body }) => lineOf(body),
      list: linesOf,
    },
  },
});

const lineOf = (value: Json): string => `${JSON.stringify(value)}\n`;

async function* linesOf(entries: AsyncIterable<JsonObject>): AsyncGenerator<string> {
  for await (const entry of entries) yield lineOf(entry);
}
