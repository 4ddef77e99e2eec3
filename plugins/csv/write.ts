import type { Json, JsonObject } from "@kintoun/kit";

/** Maximum number of entries that are read to choose the columns. */
const MAX_SAMPLED_ENTRIES = 1000;
const MAX_COLUMNS = 250;
/** The column of the fields that have no column. */
const OTHERS_COLUMN = "_others";

/**
 * Writes a list as a table. The columns are those of the query's `_fields`, or of the first {@link MAX_SAMPLED_ENTRIES}
 * entries. The last column has all other fields as JSON.
 */
export async function* writeTable(
  entries: AsyncIterable<JsonObject>,
  { query }: { readonly query: string },
): AsyncGenerator<string> {
  const fields = new URLSearchParams(query).get("_fields")?.split(",").filter(Boolean);
  const rows = entries[Symbol.asyncIterator]();
  const first: Row[] = [];
  let ended = false;
  while (!ended && first.length < MAX_SAMPLED_ENTRIES) {
    const { done, value } = await rows.next();
    if (done === true) ended = true;
    else first.push(flattenObject(value, fields));
  }
  const columns = chooseColumns(first, fields);
  const isComplete =
    fields !== undefined || (ended && first.every((row) => [...row.keys()].every((column) => columns.has(column))));
  const cellsOf = (row: Row): string[] => [
    ...[...columns].map((column) => formatCell(row.get(column))),
    ...(isComplete ? [] : [formatOthers(row, columns)]),
  ];

  yield formatLine([...columns, ...(isComplete ? [] : [OTHERS_COLUMN])].map(formatCell));
  for (const row of first) yield formatLine(cellsOf(row));
  for (
    let next = ended ? undefined : await rows.next();
    next !== undefined && next.done !== true;
    next = await rows.next()
  ) {
    yield formatLine(cellsOf(flattenObject(next.value, fields)));
  }
}

/** Writes a response that is not a list as a table of one row: the object's data, or the whole response. */
export const writeRow = (body: Json): string => {
  const row = flattenObject(getData(body));
  return formatLine([...row.keys()].map(formatCell)) + formatLine([...row.values()].map(formatCell));
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const getData = (body: Json): JsonObject => {
  if (!isObject(body)) return { value: body };
  return isObject(body.data) ? body.data : body;
};

const chooseColumns = (rows: readonly Row[], fields: readonly string[] | undefined): ReadonlySet<string> => {
  const columns = new Set(["id", "last_modified", ...(fields ?? [])]);
  if (fields === undefined)
    for (const row of rows) for (const column of row.keys()) if (columns.size < MAX_COLUMNS) columns.add(column);
  return columns;
};

const formatOthers = (row: Row, columns: ReadonlySet<string>): string => {
  const others = [...row].filter(([column]) => !columns.has(column));
  return others.length === 0 ? "" : formatCell(Object.fromEntries(others));
};

/** The cells of a row by column. */
type Row = ReadonlyMap<string, Json>;

/**
 * The fields of an object by path: `{ a: { b: 1 } }` has `a.b`. Lists and empty objects are not flattened.
 * @param whole paths of further objects that are not flattened
 */
const flattenObject = (object: JsonObject, whole: readonly string[] = []): Row => {
  const row = new Map<string, Json>();
  const add = (path: string, value: Json): void => {
    const inner =
      typeof value === "object" && value !== null && !Array.isArray(value) && !whole.includes(path)
        ? Object.entries(value)
        : [];
    for (const [key, field] of inner) add(`${path}.${key}`, field);
    if (inner.length === 0 && !row.has(path)) row.set(path, value);
  };
  for (const [key, value] of Object.entries(object)) add(key, value);
  return row;
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
 * Prepends a quote to text that a spreadsheet would run as a formula.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const escapeFormula = (text: string): string =>
  /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(text) ? `'${text}` : text;

/** Quotes a cell that contains a separator; some locales separate cells by semicolons or tabs. */
const quoteCell = (text: string): string =>
  /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
