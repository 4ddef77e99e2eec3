import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { BudgetExceededError, SchemaError } from "../../lib/json-schema/limits.ts";
import { checkSchema, compileSchema, type Issue, validate } from "../../lib/json-schema/validate.ts";
import { pythonStr } from "../../lib/python-repr.ts";

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

/**
 * Kinto's name of an issue: the last step of its path, else the last element of the keyword's value, else the keyword.
 */
const nameIssue = ({ path, keyword = "schema", value }: Issue): string | null => {
  const key = path.at(-1);
  if (key !== undefined) return pythonStr(key);
  if (typeof value === "string" && value !== "") return Array.from(value).at(-1) as string;
  if (!Array.isArray(value) || value.length === 0) return keyword;
  const last = value.at(-1) as Json;
  return last === null ? null : pythonStr(last);
};

/**
 * Why a value cannot be stored as a schema, or `undefined`. As in Kinto it must follow draft 7, regardless of its
 * `$schema`. It must also be usable: follow its own draft, not be too large, and have only patterns that run in linear time.
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
