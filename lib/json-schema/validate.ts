import type { Json, JsonObject } from "../json.ts";
import { compile, told } from "./compile.ts";
import { SchemaError } from "./errors.ts";
import { Evaluation } from "./evaluation.ts";

/** What is wrong with data, or with the schema it is checked against: the latter is named `schema`. */
export interface DataIssue {
  readonly name: string | null;
  readonly description: string;
}

/**
 * The first thing about `data` that violates a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12 (the default), or `undefined`.
 * Formats are not asserted. References lead within the schema or to a metaschema, never elsewhere. What would take long is a flaw.
 */
export const findDataIssue = async (schema: JsonObject, data: Json): Promise<DataIssue | undefined> => {
  try {
    const violation = new Evaluation(await compile(schema)).run(data);
    return violation && told(violation);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return { name: "schema", description: error.message };
  }
};
