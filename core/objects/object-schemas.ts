import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { pythonStr } from "../../lib/python-repr.ts";
import { invalid, type RequestIssue } from "../errors.ts";
import type { ResourceName } from "../resources.ts";

/** The validator is loaded with the first schema, because it is a tenth of the code of `api`. */
const loadValidator = () => import("./schema-issues.ts");

/** What the validation of a record needs of its collection. */
export interface ParentCollection {
  readonly data: JsonObject;
  /** In ms. */
  readonly lastModified: number;
}

/**
 * Validates a record by the schemas of its collection and bucket.
 *
 * @param data with the record's `id` where the request or the stored record has it
 * @returns the data as it is stored: its `schema` is the timestamp of the collection's schema
 * @throws Failure 400
 */
export const validateRecord = async (
  data: JsonObject,
  collection: ParentCollection,
  bucket: JsonObject,
): Promise<JsonObject> => {
  const ignored = ["last_modified", "schema", "__permissions__"];
  let validated = data;
  if (Object.hasOwn(collection.data, "schema")) {
    await requireValid(data, collection.data.schema as Json, ignored);
    validated = { ...data, schema: collection.lastModified };
  }
  if (Object.hasOwn(bucket, "record:schema")) await requireValid(validated, bucket["record:schema"] as Json, ignored);
  return validated;
};

/** Validates the data of a collection or group, with its `id`, by the schema of its bucket. @throws Failure 400 */
export const validateInBucket = async (
  resource: "collection" | "group",
  data: JsonObject,
  bucket: JsonObject,
): Promise<void> => {
  const field = `${resource}:schema`;
  if (Object.hasOwn(bucket, field))
    await requireValid(data, bucket[field] as Json, ["last_modified", "__permissions__"]);
};

/**
 * @param ignored fields that the store sets. The `id` is ignored too, unless the schema has a property of that name.
 */
const requireValid = async (data: JsonObject, schema: Json, ignored: readonly string[]): Promise<void> => {
  if (!isObject(schema))
    throw invalid({ location: "body", name: "schema", description: "The schema is not a mapping." });
  const properties = Object.hasOwn(schema, "properties") ? schema.properties : undefined;
  const fields = isObject(properties) && Object.hasOwn(properties, "id") ? ignored : [...ignored, "id"];
  const { findDataIssue } = await loadValidator();
  const issue = await findDataIssue(withoutRequired(schema, fields), withoutFields(data, fields));
  if (issue !== undefined) throw invalid({ location: "body", ...issue });
};

const withoutFields = (data: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !fields.includes(name)));

const withoutRequired = (schema: JsonObject, fields: readonly string[]): JsonObject => {
  const required = Object.hasOwn(schema, "required") ? schema.required : undefined;
  if (!Array.isArray(required)) return schema;
  const remaining = required.filter((name) => !fields.includes(name as string));
  return remaining.length > 0 ? { ...schema, required: remaining } : withoutFields(schema, ["required"]);
};

/** The fields of an object that hold a JSON schema, in Kinto's order. */
const SCHEMA_FIELDS: Readonly<Partial<Record<ResourceName, readonly string[]>>> = {
  bucket: ["collection:schema", "group:schema", "record:schema"],
  collection: ["schema"],
};

/**
 * Checks the schemas in the data of a bucket or collection, and makes `cache_expires` a whole number.
 *
 * @param options.isPatched data after a PATCH: as in Kinto, only the first issue is reported, without `data.` before
 * its name
 * @returns the data as it is stored
 * @throws Failure 400
 */
export const validateMetadata = async (
  resource: ResourceName,
  data: JsonObject,
  { isPatched = false } = {},
): Promise<JsonObject> => {
  const issues: RequestIssue[] = [];
  const report = (field: string, description: string) =>
    issues.push({ location: "body", name: isPatched ? field : `data.${field}`, description });

  for (const field of SCHEMA_FIELDS[resource] ?? []) {
    const issue = Object.hasOwn(data, field)
      ? await (await loadValidator()).findSchemaIssue(data[field] as Json)
      : undefined;
    if (issue !== undefined) report(field, issue);
  }
  let checked = data;
  if (resource === "collection" && Object.hasOwn(data, "cache_expires")) {
    const { cache_expires: value = null, ...others } = data;
    const seconds = readWholeNumber(value);
    if (seconds === "absent") checked = others;
    else if (seconds === "invalid") report("cache_expires", `"${pythonStr(value)}" is not a number`);
    else checked = { ...data, cache_expires: seconds };
  }
  const [first, ...more] = issues;
  if (first !== undefined) throw invalid(first, ...(isPatched ? [] : more));
  return checked;
};

/** Reads a number as Kinto does: fractions are cut, a string of digits is a number, and an empty value is absent. */
const readWholeNumber = (value: Json): number | "absent" | "invalid" => {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)) return "absent";
  if (typeof value === "boolean") return Number(value);
  // Adding zero turns -0, the integer part of -0.5, into 0.
  if (typeof value === "number") return Math.trunc(value) + 0;
  if (typeof value !== "string" || value.length > 100 || !/^[+-]?\d+(?:_\d+)*$/.test(value.trim())) return "invalid";
  const number = Number(value.trim().replaceAll("_", "")) + 0;
  return Number.isSafeInteger(number) ? number : "invalid";
};
