import type { JsonSchema } from "../../components/index.ts";
import type { ObjectData } from "./object-ref.ts";

/** More columns do not fit: a record's own page shows all of its fields. */
const MAX_COLUMNS = 6;
/** Columns of their own kind, or without interest. */
const HIDDEN_FIELDS = new Set(["id", "last_modified", "schema", "attachment"]);

/**
 * Chooses the fields that a table of records shows: those that the collection names in `displayFields`, those of its schema,
 * then those that most of the records have.
 */
export const chooseFields = (collection: ObjectData | undefined, records: readonly ObjectData[]): readonly string[] => {
  const displayed = collection?.displayFields;
  if (Array.isArray(displayed) && displayed.length > 0)
    return displayed.filter((name) => typeof name === "string").slice(0, MAX_COLUMNS);
  const counts = new Map<string, number>();
  for (const record of records) for (const name of Object.keys(record)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const { properties = {} } = (collection?.schema ?? {}) as JsonSchema;
  const found = [...counts].toSorted(([, one], [, other]) => other - one).map(([name]) => name);
  return [...new Set([...Object.keys(properties), ...found])]
    .filter((name) => !HIDDEN_FIELDS.has(name))
    .slice(0, MAX_COLUMNS);
};

/** Makes a schema for a form from an object: its fields with simple values, and objects of these. */
export const inferSchema = (object: Readonly<Record<string, unknown>>, depth = 0): JsonSchema => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, inferValue(value, depth)])),
});

const inferValue = (value: unknown, depth: number): JsonSchema => {
  switch (typeof value) {
    case "string":
      return { type: "string" };
    case "number":
    case "bigint":
      return { type: "number" };
    case "boolean":
      return { type: "boolean" };
    default:
      return depth < 2 && value !== null && !Array.isArray(value) && Object.keys(value as object).length > 0
        ? inferSchema(value as Readonly<Record<string, unknown>>, depth + 1)
        : {};
  }
};
