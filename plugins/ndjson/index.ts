import { definePlugin, type Json, type JsonObject } from "@kintoun/kit";

/** Renders lists as one line of JSON per entry, other responses as one line. https://github.com/ndjson/ndjson-spec */
export const ndjson = definePlugin({
  name: "ndjson",
  about: "Renders lists as newline-delimited JSON when the Accept header asks for it.",
  renderers: {
    ndjson: {
      types: ["application/x-ndjson"],
      about: "One line for each entry of a list.",
      render: ({ body }) => formatLine(body),
      list: formatLines,
    },
  },
});

const formatLine = (value: Json): string => `${JSON.stringify(value)}\n`;

async function* formatLines(entries: AsyncIterable<JsonObject>): AsyncGenerator<string> {
  for await (const entry of entries) yield formatLine(entry);
}
