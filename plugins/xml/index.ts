import { definePlugin } from "@kintoun/kit";
import { writeDocument, writeList } from "./write.ts";

/** Renders responses as XML: one element for each key, `item` for each entry of a list. */
export const xml = definePlugin({
  name: "xml",
  about: "Renders responses as XML when the Accept header asks for it.",
  renderers: {
    xml: {
      types: ["application/xml", "text/xml"],
      about: "One element for each key, one item for each entry of a list.",
      render: ({ body }) => writeDocument(body),
      list: writeList,
    },
  },
});
