import { isObject, type Json, type JsonObject } from "../lib/json.ts";

/**
 * A schema of options, parameters or data: any Standard Schema (https://standardschema.dev), such as one of zod. The
 * kit contains no schema library, so a plugin can use any library and version.
 * @example
 * const schema: StandardSchema<unknown, { port: number }> = z.object({ port: z.number() });
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** The schema as JSON Schema. Messages then suggest the right name for a misspelled field. */
    readonly jsonSchema?: { readonly input: (options: JsonSchemaOptions) => Record<string, unknown> } | undefined;
  };
}

interface JsonSchemaOptions {
  readonly target: "draft-2020-12";
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

type Result<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Options of zod, which describes no schema with a `z.bigint()` in it otherwise. Other libraries ignore them. */
const ZOD_OPTIONS = {
  unrepresentable: "any",
  override: ({ zodSchema, jsonSchema }: { readonly zodSchema: unknown; readonly jsonSchema: { type?: unknown } }) => {
    const { type } = zodSchema as { readonly type?: unknown };
    if (type === "bigint") jsonSchema.type = "integer";
  },
};

/** The JSON Schema of a schema's input; `undefined` if the library cannot produce one. */
export const toJsonSchema = (schema: StandardSchema<never, unknown> | StandardSchema): JsonObject | undefined => {
  try {
    const described = schema["~standard"].jsonSchema?.input({
      target: "draft-2020-12",
      libraryOptions: ZOD_OPTIONS,
    });
    // Removes values that JSON cannot hold, such as a function as default.
    const json: unknown = described && JSON.parse(JSON.stringify(described));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
};

/** The JSON Schema of an object's property. */
export const propertySchema = (schema: JsonObject | undefined, key: string): JsonObject | undefined => {
  const { properties, additionalProperties } = schema ?? {};
  const found = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return isObject(found) ? found : undefined;
};

/** The types that a JSON Schema allows. Looks one level deep into `anyOf` and `oneOf`. */
export const listTypes = (schema: JsonObject): readonly Json[] =>
  listAlternatives(schema).flatMap(({ type }) => type ?? []);

/** The schemas of `anyOf` or `oneOf`, one level deep; otherwise the schema itself. */
export const listAlternatives = (schema: JsonObject): readonly JsonObject[] => {
  const found = schema.anyOf ?? schema.oneOf;
  return Array.isArray(found) ? found.filter(isObject) : [schema];
};

/** Maximum number of reported issues of one input. */
const MAX_ISSUES = 100;

/** A schema's issues with an input, each with the path to the field. A missing field is reported as required. */
export const describeIssues = (
  issues: readonly SchemaIssue[],
  input: JsonObject,
): readonly { readonly steps: readonly string[]; readonly description: string }[] =>
  issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    const steps = path.map((step) => String(typeof step === "object" ? step.key : step));
    return { steps, description: isMissing(input, steps) ? "Required" : message };
  });

const isMissing = (input: JsonObject, steps: readonly string[]): boolean => {
  let at: Json = input;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return true;
    at = (at as JsonObject)[step] as Json;
  }
  return false;
};
