import type { Json, JsonObject } from "@kintoun/kit";
import { cell, line, type Row, rowOf } from "./cells.ts";

/** Entries whose fields become columns, where `_fields` does not name them. */
const SEEN = 1000;
/** Columns at most. */
const MOST_COLUMNS = 250;
/** The column of fields that have none of their own. */
const OTHERS = "_others";

/** A list as a table: what the columns are, its first thousand entries say, or `_fields`; what has no column stands in the last, as JSON. */
export async function* writeTable(
  entries: AsyncIterable<JsonObject>,
  { query }: { readonly query: string },
): AsyncGenerator<string> {
  const fields = new URLSearchParams(query).get("_fields")?.split(",").filter(Boolean);
  const rows = entries[Symbol.asyncIterator]();
  const first: Row[] = [];
  let ended = false;
  while (!ended && first.length < SEEN) {
    const { done, value } = await rows.next();
    if (done === true) ended = true;
    else first.push(rowOf(value, fields));
  }
  const columns = columnsOf(first, fields);
  const isWhole =
    fields !== undefined || (ended && first.every((row) => [...row.keys()].every((column) => columns.has(column))));
  const cellsOf = (row: Row): string[] => [
    ...[...columns].map((column) => cell(row.get(column))),
    ...(isWhole ? [] : [othersOf(row, columns)]),
  ];

  yield line([...columns, ...(isWhole ? [] : [OTHERS])].map(cell));
  for (const row of first) yield line(cellsOf(row));
  for (
    let next = ended ? undefined : await rows.next();
    next !== undefined && next.done !== true;
    next = await rows.next()
  ) {
    yield line(cellsOf(rowOf(next.value, fields)));
  }
}

/** An answer that is no list as a table of one row: an object's data, or all that is answered. */
export const writeRow = (body: Json): string => {
  const row = rowOf(dataIn(body));
  return line([...row.keys()].map(cell)) + line([...row.values()].map(cell));
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const dataIn = (body: Json): JsonObject => {
  if (!isObject(body)) return { value: body };
  return isObject(body.data) ? body.data : body;
};

const columnsOf = (rows: readonly Row[], fields: readonly string[] | undefined): ReadonlySet<string> => {
  const columns = new Set(["id", "last_modified", ...(fields ?? [])]);
  if (fields === undefined)
    for (const row of rows) for (const column of row.keys()) if (columns.size < MOST_COLUMNS) columns.add(column);
  return columns;
};

const othersOf = (row: Row, columns: ReadonlySet<string>): string => {
  const others = [...row].filter(([column]) => !columns.has(column));
  return others.length === 0 ? "" : cell(Object.fromEntries(others));
};
