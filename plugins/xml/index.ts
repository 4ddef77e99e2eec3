import { definePlugin } from "@kintoun/kit";
import { writeDocument, writeList } from "./write.ts";

/** Answers as XML: an element for each key, `item` for each entry of a list. */
export const xml = definePlugin({
  name: "xml",
  about: "Answers are XML for those whose Accept asks for it.",
  renderers: {
    xml: {
      types: ["application/xml", "text/xml"],
      about: "An element for each key, and an item for each entry of a list.",
      render: ({ body }) => writeDocument(body),
      list: writeList,
    },
  },
});
