import type { Json, JsonObject } from "@kintoun/kit";

/** The mapping of a collection: its JSON Schema decides the types of the fields that the schema names. */
export const toMapping = (schema: Json | undefined): JsonObject => ({ properties: toProperties(schema) });

const TYPES: Readonly<Record<string, JsonObject>> = {
  string: { type: "text", fields: { keyword: { type: "keyword", ignore_above: 256 } } },
  integer: { type: "long" },
  number: { type: "double" },
  boolean: { type: "boolean" },
};

const toProperties = (schema: Json | undefined): JsonObject => {
  const { properties } = asObject(schema);
  return Object.fromEntries(
    Object.entries(asObject(properties)).flatMap(([name, value]) => {
      const field = toField(value);
      return field === undefined ? [] : [[name, field]];
    }),
  );
};

/** The elements of an array are indexed like a single value. Without a known type, OpenSearch chooses by the value. */
const toField = (schema: Json): JsonObject | undefined => {
  const { type, format, items } = asObject(schema);
  if (type === "object") return { properties: toProperties(schema) };
  if (type === "array") return items === undefined ? undefined : toField(items);
  if (type === "string" && (format === "date" || format === "date-time")) return { type: "date" };
  return typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
};

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
