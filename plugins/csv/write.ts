import { type Json, type JsonObject, readFields } from "@kintoun/kit";
import { columnsOf, createRow, flattenObject, OTHERS_COLUMN } from "./fields.ts";

/** Maximum number of entries that are read to choose the columns. */
const MAX_SAMPLED_ENTRIES = 1000;
const MAX_COLUMNS = 250;

type Fields = ReturnType<typeof flattenObject>;

/**
 * Writes a list as a table. The columns are those of the query's `_fields`, or of the first {@link MAX_SAMPLED_ENTRIES}
 * entries. If a field may have no column, the last column has all such fields as JSON.
 */
export async function* writeTable(
  entries: AsyncIterable<JsonObject>,
  { query }: { readonly query: string },
): AsyncGenerator<string> {
  const selected = readFields(new URLSearchParams(query));
  const whole = new Set(selected);
  const iterator = entries[Symbol.asyncIterator]();
  const first: Fields[] = [];
  let ended = false;
  while (!ended && first.length < MAX_SAMPLED_ENTRIES) {
    const { done, value } = await iterator.next();
    if (done === true) ended = true;
    else first.push(flattenObject(value, whole));
  }
  const columns = chooseColumns(first, selected);
  const hasOthers = ended
    ? first.some((fields) => createRow(fields, columns).others !== undefined)
    : selected?.every(isAlwaysOneColumn) !== true;

  yield formatLine([...columns, ...(hasOthers ? [OTHERS_COLUMN] : [])].map(formatCell));
  for (const fields of first) yield formatRow(fields, columns, hasOthers);
  for (
    let next = ended ? undefined : await iterator.next();
    next !== undefined && next.done !== true;
    next = await iterator.next()
  ) {
    yield formatRow(flattenObject(next.value, whole), columns, hasOthers);
  }
}

/** Whether every value that `_fields` selects by this name has the column of this name. `a.b` also selects an `a` that is a string. */
const isAlwaysOneColumn = (name: string): boolean => !name.includes(".") && name !== OTHERS_COLUMN;

/** Writes a response that is not a list as a table of one row: the object's data, or the whole response. */
export const writeRow = (body: Json): string => {
  const fields = flattenObject(getData(body));
  const columns = new Set(columnsOf(fields));
  const hasOthers = createRow(fields, columns).others !== undefined;
  return (
    formatLine([...columns, ...(hasOthers ? [OTHERS_COLUMN] : [])].map(formatCell)) +
    formatRow(fields, columns, hasOthers)
  );
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const getData = (body: Json): JsonObject => {
  if (!isObject(body)) return { value: body };
  return isObject(body.data) ? body.data : body;
};

const chooseColumns = (rows: readonly Fields[], selected: readonly string[] | undefined): ReadonlySet<string> => {
  const columns = new Set(["id", "last_modified"]);
  for (const name of selected ?? []) if (name !== OTHERS_COLUMN) columns.add(name);
  if (selected === undefined)
    for (const fields of rows)
      for (const column of columnsOf(fields)) if (columns.size < MAX_COLUMNS) columns.add(column);
  return columns;
};

const formatRow = (fields: Fields, columns: ReadonlySet<string>, hasOthers: boolean): string => {
  const { cells, others } = createRow(fields, columns);
  const line = [...columns].map((column) => formatCell(cells.get(column)));
  return formatLine([...line, ...(hasOthers ? [formatCell(others)] : [])]);
};

/** Formats strings as they are, `null` and `undefined` as nothing, everything else as JSON. */
const formatCell = (value: Json | undefined): string => {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value === "" ? '""' : quoteCell(escapeFormula(value));
  return quoteCell(JSON.stringify(value));
};

/** A line of RFC 4180. */
const formatLine = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

/**
 * Prepends a quote to text that a spreadsheet would run as a formula, and to text that looks as if this had been done.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const escapeFormula = (text: string): string =>
  /^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(text) ? `'${text}` : text;

/** Quotes a cell that contains a separator; some locales separate cells by semicolons or tabs. */
const quoteCell = (text: string): string =>
  /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
