import { jsonSchemaOf, propertyOf } from "../../../config/json-schema.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { StartedRoute } from "../app.ts";
import { type Answered, type Operation, ref, type Schema } from "./operation.ts";
import { capital } from "./schemas.ts";

type Described = Pick<StartedRoute, "path" | "about" | "input" | "for" | "permission" | "answers">;

/** What is known of a method of a plugin's route. */
export const pluginOperation = (method: string, { path, about, input, answers, ...route }: Described): Operation => {
  const name = path.replace(/\W+/g, "_").replace(/^_+|_+$/g, "");
  const described = input && jsonSchemaOf(input);
  const [query, body] = [propertyOf(described, "query"), propertyOf(described, "body")];
  return {
    // Methods are called as Kinto calls them; what HEAD is called, the document says.
    id: `${{ POST: "create", PUT: "update", HEAD: "get" }[method] ?? method.toLowerCase()}_${name}`,
    tag: capital(name),
    about,
    own: query === undefined ? [] : parametersOf(query),
    ...(body !== undefined && {
      body: { "application/json": alone(body) },
      requiresBody: requiredIn(described).includes("body"),
    }),
    answers: {
      ...(answers === undefined
        ? { "2XX": done("It is done.") }
        : Object.fromEntries(Object.entries(answers).map(([status, told]) => [status, done(told)]))),
      ...Object.fromEntries(refusalsOf(route).map((status) => [status, REFUSED])),
      "4XX": REFUSED,
      "5XX": { about: "It can't be done now.", schema: {}, isAnyType: true },
    },
  };
};

const done = (about: string): Answered => ({ about, schema: {}, isAnyType: true });
const REFUSED: Answered = { about: "It is refused.", schema: ref("Error") };

/** Statuses that whoever asks is refused with before the plugin is asked. */
const refusalsOf = ({ for: whom, permission }: Pick<Described, "for" | "permission">): readonly number[] => {
  if (permission !== undefined) return [401, 403, 404];
  return whom === "user" ? [401] : [];
};

const requiredIn = (schema: JsonObject | undefined): readonly unknown[] =>
  Array.isArray(schema?.required) ? schema.required : [];

const parametersOf = (query: JsonObject): Schema[] => {
  const required = requiredIn(query);
  return Object.entries(isObject(query.properties) ? query.properties : {}).map(([name, schema]) => {
    const shown = isObject(schema) ? alone(schema) : {};
    const { description } = shown;
    return {
      name,
      in: "query",
      ...(required.includes(name) && { required: true }),
      ...(typeof description === "string" && { description }),
      schema: shown,
    };
  });
};

/** A schema that stands by itself in the document; what leads to another part of its own is left open. */
const alone = (schema: JsonObject): Schema => (JSON.stringify(schema).includes('"$ref"') ? {} : (schema as Schema));
