/**
 * Keywords that only the server checks. Patterns are of other users, and the browser's expressions can take forever; the
 * others would refuse what the server takes once patterns are left out.
 */
const SERVER_KEYWORDS = new Set([
  ...["pattern", "patternProperties", "format", "dependencies"],
  ...["not", "oneOf", "if", "then", "else"],
]);
const MAP_KEYWORDS = new Set(["properties", "definitions", "$defs", "dependentSchemas"]);
const VALUE_KEYWORDS = new Set(["const", "enum", "default", "examples", "required", "type"]);

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy of a schema without the keywords that only the server checks. */
export const toFormSchema = (schema) => {
  if (Array.isArray(schema)) return schema.map(toFormSchema);
  if (!isObject(schema)) return schema;
  const hasPatterns = Object.hasOwn(schema, "patternProperties");
  return Object.fromEntries(
    Object.entries(schema)
      // Properties that a pattern allows are not additional.
      .filter(([key]) => !SERVER_KEYWORDS.has(key) && !(hasPatterns && key === "additionalProperties"))
      .map(([key, value]) => [key, VALUE_KEYWORDS.has(key) ? value : toFormValue(key, value)]),
  );
};

const toFormValue = (key, value) =>
  MAP_KEYWORDS.has(key) && isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toFormSchema(one)]))
    : toFormSchema(value);
