import { Failure } from "../../../core/errors.ts";
import type { Item } from "./items.ts";

/**
 * The format of the table and its items. Raise it with every change that older versions of Kintoun would not understand,
 * and convert older tables. Version 0.2 and before have format 1, which has no number.
 */
const TABLE_FORMAT = 2;

/** The key of the item that holds the table's format. A table of AWS gets it when its format changes. */
export const FORMAT_KEY: Item = { pk: { S: "meta#" }, sk: { S: "#" } };

export const FORMAT_ITEM: Item = { ...FORMAT_KEY, format: { N: String(TABLE_FORMAT) } };

/** Returns why this version cannot use a table, or `undefined`. @param item the item of {@link FORMAT_KEY}, if any */
export const findFormatIssue = (table: string, item: Item | undefined): string | undefined => {
  const format = item?.format?.N;
  if (format === undefined || Number(format) === TABLE_FORMAT) return undefined;
  return Number(format) > TABLE_FORMAT
    ? `The table '${table}' has format ${format}, and this version of Kintoun knows formats up to ${TABLE_FORMAT}. Use the version that has written the table, or a newer one.`
    : `The table '${table}' has format ${format}, and this version of Kintoun needs format ${TABLE_FORMAT}. Copy the objects into a new store through the HTTP API.`;
};

/** Throws 503 when this version cannot use a table. */
export const requireFormat = (table: string, item: Item | undefined): void => {
  const message = findFormatIssue(table, item);
  if (message !== undefined) throw new Failure("BACKEND", { message });
};
