import { jsonSchemaOf, propertyOf } from "../../config/json-schema.ts";
import { toldIssues } from "../../config/schema-issues.ts";
import { type Flaw, invalid } from "../../core/errors.ts";
import type { OptionsSchema } from "../../kit/schema.ts";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { requireType } from "./media-types.ts";
import type { HttpRequest } from "./request.ts";

/** Reads a request as a schema of `{ query, body }` wants it; throws all that is wrong with it. */
export type ReadInput = (request: HttpRequest) => Promise<unknown>;

export const inputReader = (schema: OptionsSchema<unknown, unknown>): ReadInput => {
  const described = jsonSchemaOf(schema);
  const takes = (key: string): boolean => !isObject(described?.properties) || propertyOf(described, key) !== undefined;
  const query = propertyOf(described, "query");
  return async (request) => {
    // What is no JSON is refused also where nothing is taken.
    const body = request.json();
    if (takes("body") && body !== undefined) requireType(request);
    const given: JsonObject = {
      ...(takes("query") && { query: readQuery(request.query, query) }),
      ...(takes("body") && body !== undefined && { body }),
    };
    const result = await schema["~standard"].validate(given);
    if (result.issues === undefined) return result.value;
    const [first, ...others] = toldIssues(result.issues, given).map(flawOf);
    throw first === undefined ? new TypeError("its input schema refuses without an issue") : invalid(first, ...others);
  };
};

const flawOf = ({ steps: [part, ...steps], description }: ReturnType<typeof toldIssues>[number]): Flaw => ({
  location: part === "query" ? "querystring" : "body",
  name: steps.join("."),
  description,
});

/** A query as data: texts, a list where a name comes again or is to be one, numbers and booleans where they are wanted. */
export const readQuery = (query: string, schema: JsonObject | undefined): JsonObject => {
  const given = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  // Makes properties of its own of all names, `__proto__` too.
  return Object.fromEntries(
    [...given].map(([name, pairs]) => {
      const wanted = propertyOf(schema, name);
      const items = wanted && waysOf(wanted).find(({ type }) => type === "array");
      const [first = "", ...others] = pairs.map(([, value]) => value);
      if (items === undefined && others.length === 0) return [name, readValue(first, wanted)];
      const each = items === undefined ? wanted : isObject(items.items) ? items.items : undefined;
      return [name, [first, ...others].map((value) => readValue(value, each))];
    }),
  );
};

/** A text as the number or boolean that is wanted in its place; as it stands where it is none, or where a text will do. */
const readValue = (text: string, schema: JsonObject | undefined): Json => {
  const types = schema === undefined ? [] : waysOf(schema).flatMap(({ type }) => (Array.isArray(type) ? type : [type]));
  if (types.includes("string")) return text;
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return types.includes("number") || types.includes("integer") ? (numberIn(text) ?? text) : text;
};

/** The number that a text is in JSON; none that would have to be rounded. */
const numberIn = (text: string): number | undefined => {
  const number = /^-?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) || (Number.isFinite(number) && !Number.isInteger(number)) ? number : undefined;
};

/** The ways in which a schema may be met, one level deep. */
const waysOf = (schema: JsonObject): JsonObject[] => {
  const ways = schema.anyOf ?? schema.oneOf;
  return Array.isArray(ways) ? ways.filter(isObject) : [schema];
};
