import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findDataIssue } from "../../lib/json-schema/validate.ts";
import { invalid } from "../errors.ts";

/** A collection as its records see it. */
export interface ParentCollection {
  readonly data: JsonObject;
  /** In ms. */
  readonly lastModified: number;
}

/**
 * A record's data as it is stored in this collection and bucket, with the version of the collection's schema as its `schema`; throws a
 * 400 where it is not as a schema of either demands. `data` has the record's `id` where the request or the stored record names it.
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

/** Throws a 400 where the data of a collection or group, with its `id`, is not as its bucket demands. */
export const validateInBucket = async (
  resource: "collection" | "group",
  data: JsonObject,
  bucket: JsonObject,
): Promise<void> => {
  const field = `${resource}:schema`;
  if (Object.hasOwn(bucket, field))
    await requireValid(data, bucket[field] as Json, ["last_modified", "__permissions__"]);
};

/** What the store sets itself is ignored, in data and in what is required; also the `id`, unless the schema says something about it. */
const requireValid = async (data: JsonObject, schema: Json, ignored: readonly string[]): Promise<void> => {
  if (!isObject(schema))
    throw invalid({ location: "body", name: "schema", description: "The schema is not a mapping." });
  const named = Object.hasOwn(schema, "properties") ? schema.properties : undefined;
  const skipped = isObject(named) && Object.hasOwn(named, "id") ? ignored : [...ignored, "id"];
  const flaw = await findDataIssue(withoutRequired(schema, skipped), without(data, skipped));
  if (flaw !== undefined) throw invalid({ location: "body", ...flaw });
};

const without = (data: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !fields.includes(name)));

const withoutRequired = (schema: JsonObject, fields: readonly string[]): JsonObject => {
  const required = Object.hasOwn(schema, "required") ? schema.required : undefined;
  if (!Array.isArray(required)) return schema;
  const left = required.filter((name) => !fields.includes(name as string));
  return left.length > 0 ? { ...schema, required: left } : without(schema, ["required"]);
};
