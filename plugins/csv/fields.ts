import type { Json, JsonObject } from "@kintoun/kit";

/** The column of the fields that have no column. It holds JSON. */
export const OTHERS_COLUMN = "_others";

/** A value that is not flattened further, and the keys that lead to it. */
interface Field {
  readonly keys: readonly string[];
  readonly value: Json;
}

/** The name of a field's column: `author.name` for the field `name` of the object `author`. */
const columnOf = ({ keys }: Field): string => keys.join(".");

/** The names that columns may have. The field `_others` has no column of its own, because the name is taken. */
export const columnsOf = (fields: readonly Field[]): readonly string[] =>
  fields.map(columnOf).filter((name) => name !== OTHERS_COLUMN);

/**
 * The fields of an object, including those of the objects in it. Lists and empty objects are not flattened.
 * @param whole columns of further objects that are not flattened
 */
export const flattenObject = (object: JsonObject, whole: ReadonlySet<string> = new Set()): readonly Field[] => {
  const fields: Field[] = [];
  const add = (keys: readonly string[], value: Json): void => {
    const isFlattened =
      typeof value === "object" && value !== null && !Array.isArray(value) && !whole.has(keys.join("."));
    const inner = isFlattened ? Object.entries(value) : [];
    for (const [key, innerValue] of inner) add([...keys, key], innerValue);
    if (inner.length === 0) fields.push({ keys, value });
  };
  for (const [key, value] of Object.entries(object)) add([key], value);
  return fields;
};

interface Row {
  /** Values by column. */
  readonly cells: ReadonlyMap<string, Json>;
  /** The object with only the fields that have no cell; `undefined` if there are none. */
  readonly others: JsonObject | undefined;
}

/** Distributes fields over columns. Of several fields with the same column, the most nested one gets the cell. */
export const createRow = (fields: readonly Field[], columns: ReadonlySet<string>): Row => {
  const placed = new Map<string, Field>();
  for (const field of fields) {
    const column = columnOf(field);
    if (columns.has(column) && field.keys.length > (placed.get(column)?.keys.length ?? 0)) placed.set(column, field);
  }
  const others = fields.filter((field) => placed.get(columnOf(field)) !== field);
  return {
    cells: new Map([...placed].map(([column, { value }]) => [column, value])),
    others: others.length === 0 ? undefined : nestFields(others, 0),
  };
};

/** The object that was flattened to these fields. */
const nestFields = (fields: readonly Field[], depth: number): JsonObject =>
  Object.fromEntries(
    [...Map.groupBy(fields, ({ keys }) => keys[depth] ?? "")].map(([key, inner]) => {
      const [first] = inner;
      return [key, first?.keys.length === depth + 1 ? first.value : nestFields(inner, depth + 1)];
    }),
  );
