import { definePlugin } from "@kintoun/kit";
import { writeRow, writeTable } from "./write.ts";

/** Renders responses as CSV. */
export const csv = definePlugin({
  name: "csv",
  about: "Renders responses as comma-separated values (CSV) when the Accept header asks for it.",
  renderers: {
    csv: {
      types: ["text/csv"],
      about: "One row for each entry of a list, one column for each field.",
      render: ({ body }) => writeRow(body),
      list: writeTable,
    },
  },
});
