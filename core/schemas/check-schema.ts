import { isObject, type Json } from "../../lib/json.ts";
import { compile, metaschemaFlaw } from "./compile.ts";
import { draft7 } from "./drafts.ts";
import { CostlySchema, SchemaFault } from "./fault.ts";
import { loadPatterns } from "./pattern.ts";
import { str } from "./python-repr.ts";
import { References } from "./references.ts";

/**
 * Why a value cannot be stored as a schema, or `undefined`. It has to be one of draft 7, as in Kinto, whatever `$schema` says; and
 * one that data can be checked against: one of its own draft, not too large, and with patterns that run in linear time.
 */
export const schemaFlaw = async (value: Json): Promise<string | undefined> => {
  if (!isObject(value)) return `"${str(value)}" is not a mapping type: Does not implement dict-like functionality.`;
  const fault = await compile(value).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    if (fault !== undefined && (!(fault instanceof SchemaFault) || fault instanceof CostlySchema)) throw fault;
    const compilePattern = await loadPatterns();
    const flaw = metaschemaFlaw(
      { schema: value, references: new References(value, draft7), compilePattern, patterns: new Map() },
      draft7,
    );
    return flaw ?? fault?.message;
  } catch (error) {
    if (!(error instanceof SchemaFault)) throw error;
    return error.message;
  }
};
