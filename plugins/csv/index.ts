import { definePlugin } from "@kintoun/kit";
import { writeRow, writeTable } from "./write.ts";

/** Answers as tables that spreadsheets read. */
export const csv = definePlugin({
  name: "csv",
  about: "Lists are tables of comma-separated values for those whose Accept asks for it.",
  renderers: {
    csv: {
      types: ["text/csv"],
      about: "A row for each entry of a list, a column for each field.",
      render: ({ body }) => writeRow(body),
      list: writeTable,
    },
  },
});
