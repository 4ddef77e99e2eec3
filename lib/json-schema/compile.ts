import type { Json, JsonObject } from "../json.ts";
import { pythonStr } from "../python-repr.ts";
import { DRAFT_3_URI, type Draft, dialectOf, draftOf } from "./drafts.ts";
import { BudgetExceededError, SchemaError } from "./errors.ts";
import { type Compiled, Evaluation, type Violation } from "./evaluation.ts";
import { METASCHEMAS } from "./metaschemas.ts";
import { loadPatterns } from "./pattern.ts";
import { References } from "./references.ts";

/** Characters of a schema's JSON. All three of a bucket's schemas fit into its item, and the metaschema is gone through in a moment. */
const LONGEST_SCHEMA = 64 * 1024;
/** Schemas that are kept ready, and characters of all of them together. */
const MOST_KEPT = 200;
const MOST_CHARACTERS_KEPT = 2 * 1024 * 1024;

/** By their JSON; what cannot be used is remembered as such. The first is the one that was not asked for for longest. */
const kept = new Map<string, Compiled | SchemaError>();
let charactersKept = 0;

/** The schema ready to be evaluated; throws a {@link SchemaError} where its own draft refuses it, or this store does. */
export const compile = async (schema: JsonObject): Promise<Compiled> => {
  const json = JSON.stringify(schema);
  let compiled = kept.get(json);
  if (compiled === undefined) {
    compiled = await attempt(schema, json);
    charactersKept += kept.has(json) ? 0 : json.length;
  }
  kept.delete(json);
  kept.set(json, compiled);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT && charactersKept <= MOST_CHARACTERS_KEPT) break;
    kept.delete(oldest);
    charactersKept -= oldest.length;
  }
  if (compiled instanceof SchemaError) throw compiled;
  return compiled;
};

const attempt = async (schema: JsonObject, json: string): Promise<Compiled | SchemaError> => {
  try {
    if (json.length > LONGEST_SCHEMA)
      throw new BudgetExceededError(`The schema has ${json.length} characters; ${LONGEST_SCHEMA} can be checked.`);
    if (dialectOf(schema) === DRAFT_3_URI)
      throw new SchemaError("Draft 3 of JSON Schema is not supported. Use a newer one.");
    const draft = draftOf(schema);
    const compiled = {
      schema,
      references: new References(schema, draft),
      compilePattern: await loadPatterns(),
      patterns: new Map(),
    };
    const flaw = metaschemaFlaw(compiled, draft);
    if (flaw !== undefined) throw new SchemaError(`The schema is none of ${draft.uri}: ${flaw}`);
    return compiled;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return error;
  }
};

/** What a draft's metaschema says against a schema, in Kinto's words: the place, and what is wrong there. Throws a {@link SchemaError}. */
export const metaschemaFlaw = ({ schema, compilePattern, patterns }: Compiled, { uri }: Draft): string | undefined => {
  const violation = new Evaluation({ ...metaschema(uri), compilePattern, patterns }, { formats: true }).run(schema);
  return violation && `${pythonStr(violation.place ?? "")}${shortened(violation.message())}`;
};

const metaschema = (uri: string): { schema: Json; references: References } => {
  let found = metaschemas.get(uri);
  if (found === undefined) {
    const schema = METASCHEMAS.find(({ id, $id = id }) => String($id).replace(/#$/, "") === uri) as JsonObject;
    found = { schema, references: new References(schema, draftOf(schema)) };
    metaschemas.set(uri, found);
  }
  return found;
};
const metaschemas = new Map<string, { schema: Json; references: References }>();

/** Characters of a message. */
const LONGEST_MESSAGE = 4000;

const shortened = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;

/** A violation as callers see it. */
export const told = (violation: Violation): { name: string | null; description: string } => ({
  name: nameOf(violation),
  description: shortened(violation.message()),
});

/**
 * What Kinto calls the place of a violation: the last step of the way there; on the data as a whole, the last element of what the
 * keyword demands, or else the keyword.
 */
const nameOf = ({ place, value, keyword = "schema" }: Violation): string | null => {
  if (place !== undefined) return pythonStr(place);
  if (typeof value === "string" && value !== "") return Array.from(value).at(-1) as string;
  if (!Array.isArray(value) || value.length === 0) return keyword;
  const last = value.at(-1) as Json;
  return last === null ? null : pythonStr(last);
};
