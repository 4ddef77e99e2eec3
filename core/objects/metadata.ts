import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { BudgetExceededError, SchemaError } from "../../lib/json-schema/limits.ts";
import { checkSchema, compileSchema } from "../../lib/json-schema/validate.ts";
import { pythonStr } from "../../lib/python-repr.ts";
import { type Flaw, invalid } from "../errors.ts";
import type { ResourceName } from "../resources.ts";

/** The fields of an object that hold a JSON schema, in Kinto's order. */
const SCHEMA_FIELDS: Readonly<Partial<Record<ResourceName, readonly string[]>>> = {
  bucket: ["collection:schema", "group:schema", "record:schema"],
  collection: ["schema"],
};

/**
 * Checks the schemas in the data of a bucket or collection, and makes `cache_expires` a whole number.
 *
 * @param options.isPatched data after a PATCH: as in Kinto, only the first issue is reported, without `data.` before its name
 * @returns the data as it is stored
 * @throws Failure 400
 */
export const checkMetadata = async (
  resource: ResourceName,
  data: JsonObject,
  { isPatched = false } = {},
): Promise<JsonObject> => {
  const issues: Flaw[] = [];
  const report = (field: string, description: string) =>
    issues.push({ location: "body", name: isPatched ? field : `data.${field}`, description });

  for (const field of SCHEMA_FIELDS[resource] ?? []) {
    const issue = Object.hasOwn(data, field) ? await findSchemaIssue(data[field] as Json) : undefined;
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

/**
 * Why a value cannot be stored as a schema, or `undefined`. As in Kinto it must follow draft 7, whatever its `$schema` says.
 * It must also be usable: follow its own draft, not be too large, and have only patterns that run in linear time.
 */
export const findSchemaIssue = async (value: Json): Promise<string | undefined> => {
  if (!isObject(value))
    return `"${pythonStr(value)}" is not a mapping type: Does not implement dict-like functionality.`;
  try {
    const unusable = await catchSchemaError(compileSchema(value));
    if (unusable instanceof BudgetExceededError) return unusable.message;
    const issue = await checkSchema(value, "7");
    // Kinto puts the name right before the message.
    return issue === undefined ? unusable?.message : `${pythonStr(issue.path.at(-1) ?? "")}${issue.message}`;
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
};

const catchSchemaError = async (attempt: Promise<unknown>): Promise<SchemaError | undefined> => {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
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
