import { isObject, type Json, type JsonObject } from "../json.ts";
import { truncateText } from "../util/truncate-text.ts";
import { DRAFTS, type DraftName, getDialect, getDraft } from "./drafts.ts";
import { Evaluation, type PreparedSchema } from "./evaluation.ts";
import {
  BudgetExceededError,
  DEFAULT_BUDGET_STEPS,
  MAX_MESSAGE_CHARS,
  MAX_SCHEMA_CHARS,
  SchemaError,
} from "./limits.ts";
import { METASCHEMAS } from "./metaschemas.ts";
import { loadPatternCompiler } from "./pattern.ts";
import { References } from "./references.ts";
import { SchemaCache } from "./schema-cache.ts";
import type { Draft, Violation } from "./types.ts";

/** The first thing that is wrong with the data. */
export interface Issue {
  /** The message of Python's jsonschema. */
  readonly message: string;
  /** Property names and array indexes from the root of the data to the value that is wrong. */
  readonly path: readonly (string | number)[];
  /** The keyword that is not met, and its value in the schema. */
  readonly keyword: string | undefined;
  readonly value: Json;
}

export interface CompileOptions {
  /** The draft of schemas that name none in `$schema`, or an unknown one. */
  readonly defaultDraft?: DraftName;
}

export interface ValidateOptions {
  /** Maximum number of steps of the check. A keyword, an item or a property is one, about half a microsecond. */
  readonly budget?: number;
}

/** A schema that is ready to validate data. */
export interface CompiledSchema {
  /** @throws SchemaError if a reference cannot be resolved, BudgetExceededError if the check takes too many steps */
  readonly validate: (data: Json, options?: ValidateOptions) => Issue | undefined;
}

/**
 * Finds the first issue of data by a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, or `undefined` if the data is
 * valid. Formats are not asserted. References resolve within the schema or to a metaschema; nothing is fetched.
 *
 * @throws SchemaError if the schema cannot be used, BudgetExceededError if it is too large or costs too much to check
 * @example
 * await validate({ properties: { a: { type: "string" } } }, { a: 1 });
 * // { message: "1 is not of type 'string'", path: ["a"], keyword: "type", value: "string" }
 */
export const validate = async (
  schema: Json,
  data: Json,
  options: CompileOptions & ValidateOptions = {},
): Promise<Issue | undefined> => (await compileSchema(schema, options)).validate(data, options);

/**
 * Prepares a schema, or returns it from the cache.
 *
 * @throws SchemaError if it does not follow its draft or is too large
 */
export const compileSchema = async (
  schema: Json,
  { defaultDraft = "2020-12" }: CompileOptions = {},
): Promise<CompiledSchema> => {
  const json = JSON.stringify(schema);
  const key = `${defaultDraft} ${json}`;
  let result = compiledSchemas.get(key);
  if (result === undefined) {
    result = await prepareSchema(schema, json.length, DRAFTS[defaultDraft]).catch((error: unknown) => {
      if (error instanceof SchemaError) return error;
      throw error;
    });
    compiledSchemas.set(key, result);
  }
  if (result instanceof SchemaError) throw result;
  const prepared = result;
  return {
    validate: (data, { budget = DEFAULT_BUDGET_STEPS } = {}) => toIssue(new Evaluation(prepared, budget).run(data)),
  };
};

const compiledSchemas = new SchemaCache<PreparedSchema | SchemaError>();

const prepareSchema = async (schema: Json, chars: number, defaultDraft: Draft): Promise<PreparedSchema> => {
  if (chars > MAX_SCHEMA_CHARS)
    throw new BudgetExceededError(`The schema has ${chars} characters. The limit is ${MAX_SCHEMA_CHARS}.`);
  if (isObject(schema) && getDialect(schema) === "http://json-schema.org/draft-03/schema")
    throw new SchemaError("Draft 3 of JSON Schema is not supported. Use a newer one.");
  const draft = getDraft(schema, defaultDraft);
  const prepared = {
    schema,
    references: new References(schema, draft),
    compilePattern: await loadPatternCompiler(),
    patterns: new Map(),
  };
  const issue = checkMetaschema(prepared, draft);
  if (issue === undefined) return prepared;
  throw new SchemaError(`The schema does not follow ${draft.uri}: ${[...issue.path, issue.message].join(": ")}`);
};

/** Finds the first issue of a schema by the metaschema of a draft. @throws SchemaError */
export const checkSchema = async (schema: Json, draft: DraftName): Promise<Issue | undefined> =>
  checkMetaschema({ schema, compilePattern: await loadPatternCompiler(), patterns: new Map() }, DRAFTS[draft]);

const checkMetaschema = (
  { schema, compilePattern, patterns }: Omit<PreparedSchema, "references">,
  { uri }: Draft,
): Issue | undefined => {
  const metaschema = { ...getMetaschema(uri), compilePattern, patterns };
  return toIssue(new Evaluation(metaschema, DEFAULT_BUDGET_STEPS, { assertsRegex: true }).run(schema));
};

const getMetaschema = (uri: string): Pick<PreparedSchema, "schema" | "references"> => {
  let found = metaschemas.get(uri);
  if (found === undefined) {
    const schema = METASCHEMAS.find(({ id, $id = id }) => String($id).replace(/#$/, "") === uri) as JsonObject;
    found = { schema, references: new References(schema, getDraft(schema, DRAFTS["2020-12"])) };
    metaschemas.set(uri, found);
  }
  return found;
};
const metaschemas = new Map<string, Pick<PreparedSchema, "schema" | "references">>();

const toIssue = (violation: Violation | undefined): Issue | undefined => {
  if (violation === undefined) return undefined;
  const { path, keyword, value = null } = violation;
  const message = truncateText(violation.message(), MAX_MESSAGE_CHARS, "…");
  return { message, path, keyword, value };
};
