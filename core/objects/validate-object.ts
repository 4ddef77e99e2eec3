import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { SchemaError } from "../../lib/json-schema/limits.ts";
import { type Issue, validate } from "../../lib/json-schema/validate.ts";
import { pythonStr } from "../../lib/python-repr.ts";
import { invalid } from "../errors.ts";

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

/** @param ignored fields that the store sets. The `id` is ignored too, unless the schema has a property of that name. */
const requireValid = async (data: JsonObject, schema: Json, ignored: readonly string[]): Promise<void> => {
  if (!isObject(schema))
    throw invalid({ location: "body", name: "schema", description: "The schema is not a mapping." });
  const properties = Object.hasOwn(schema, "properties") ? schema.properties : undefined;
  const fields = isObject(properties) && Object.hasOwn(properties, "id") ? ignored : [...ignored, "id"];
  const issue = await findDataIssue(withoutRequired(schema, fields), withoutFields(data, fields));
  if (issue !== undefined) throw invalid({ location: "body", ...issue });
};

const withoutFields = (data: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !fields.includes(name)));

const withoutRequired = (schema: JsonObject, fields: readonly string[]): JsonObject => {
  const required = Object.hasOwn(schema, "required") ? schema.required : undefined;
  if (!Array.isArray(required)) return schema;
  const left = required.filter((name) => !fields.includes(name as string));
  return left.length > 0 ? { ...schema, required: left } : withoutFields(schema, ["required"]);
};

/** The first issue of data as Kinto reports it. An unusable schema is an issue of the name `schema`. */
export const findDataIssue = async (
  schema: JsonObject,
  data: Json,
): Promise<{ readonly name: string | null; readonly description: string } | undefined> => {
  try {
    const issue = await validate(schema, data);
    return issue && { name: nameIssue(issue), description: issue.message };
  } catch (error) {
    if (error instanceof SchemaError) return { name: "schema", description: error.message };
    throw error;
  }
};

/** Kinto's name of an issue: the last step of its path, else the last element of the keyword's value, else the keyword. */
const nameIssue = ({ path, keyword = "schema", value }: Issue): string | null => {
  const key = path.at(-1);
  if (key !== undefined) return pythonStr(key);
  if (typeof value === "string" && value !== "") return Array.from(value).at(-1) as string;
  if (!Array.isArray(value) || value.length === 0) return keyword;
  const last = value.at(-1) as Json;
  return last === null ? null : pythonStr(last);
};
