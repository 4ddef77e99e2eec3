import { isObject, type Json } from "../../lib/json.ts";
import { compile, metaschemaFlaw } from "../../lib/json-schema/compile.ts";
import { draft7 } from "../../lib/json-schema/drafts.ts";
import { BudgetExceededError, SchemaError } from "../../lib/json-schema/errors.ts";
import { loadPatterns } from "../../lib/json-schema/pattern.ts";
import { References } from "../../lib/json-schema/references.ts";
import { pythonStr } from "../../lib/python-repr.ts";

/**
 * Why a value cannot be stored as a schema, or `undefined`. It has to be one of draft 7, as in Kinto, whatever `$schema` says; and
 * one that data can be checked against: one of its own draft, not too large, and with patterns that run in linear time.
 */
export const findSchemaIssue = async (value: Json): Promise<string | undefined> => {
  if (!isObject(value))
    return `"${pythonStr(value)}" is not a mapping type: Does not implement dict-like functionality.`;
  const fault = await compile(value).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    if (fault !== undefined && (!(fault instanceof SchemaError) || fault instanceof BudgetExceededError)) throw fault;
    const compilePattern = await loadPatterns();
    const flaw = metaschemaFlaw(
      { schema: value, references: new References(value, draft7), compilePattern, patterns: new Map() },
      draft7,
    );
    return flaw ?? fault?.message;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return error.message;
  }
};
