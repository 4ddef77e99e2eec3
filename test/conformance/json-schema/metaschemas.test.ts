import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import { METASCHEMAS } from "../../../lib/json-schema/metaschemas.ts";
import { createVenv } from "../../create-venv.ts";

/** The metaschemas that Kinto uses, by their URI. */
const readKintoMetaschemas = (): ReadonlyMap<string, JsonObject> => {
  const environment = join(createVenv("kinto", join(import.meta.dirname, "../kinto/requirements.txt")), "..");
  const files = readdirSync(join(environment, "lib"), { recursive: true, encoding: "utf8" }).filter((file) =>
    /jsonschema_specifications\/schemas\/.*(metaschema\.json|vocabularies\/[\w-]+)$/.test(file),
  );
  const schemas = files.map((file) => JSON.parse(readFileSync(join(environment, "lib", file), "utf8")) as JsonObject);
  return new Map(schemas.map((schema) => [String(schema.$id ?? schema.id), schema]));
};

const ANNOTATIONS = ["title", "description", "default", "$comment", "examples", "deprecated", "$vocabulary"];
/** Keywords whose value has schemas by name. */
const MAPS = ["properties", "definitions", "$defs", "patternProperties", "dependencies"];

/** A schema without what is not asserted. */
const withoutAnnotations = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(withoutAnnotations);
  if (!isObject(schema)) return schema;
  const asserted = Object.entries(schema).filter(
    ([key, value]) => !ANNOTATIONS.includes(key) && (key !== "format" || value === "regex"),
  );
  return Object.fromEntries(
    asserted.map(([key, value]) => [
      key,
      MAPS.includes(key) && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutAnnotations(each)]))
        : withoutAnnotations(value),
    ]),
  );
};

describe("a metaschema", () => {
  const kinto = readKintoMetaschemas();

  it.each(METASCHEMAS.map((schema) => [String(schema.$id ?? schema.id), schema] as const))(
    "asserts the same as Kinto's: %s",
    (uri, schema) => {
      expect(withoutAnnotations(schema)).toEqual(withoutAnnotations(kinto.get(uri) ?? null));
    },
  );

  it("has the order of Kinto's properties in draft 7, which decides the first error", () => {
    const uri = "http://json-schema.org/draft-07/schema#";
    const order = (schema: JsonObject | undefined) => Object.keys(schema?.properties as JsonObject);
    expect(order(METASCHEMAS.find(({ $id }) => $id === uri))).toEqual(order(kinto.get(uri)));
  });
});
