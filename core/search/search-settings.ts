import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findNearest } from "../../lib/util/nearest.ts";
import type { IndexDefinition } from "../ports/search-engine.ts";
import { LANGUAGES } from "./languages.ts";
import { type FieldType, readIndexSchema, readJsonSchema, type SchemaFields } from "./settings-schema.ts";

/** How a collection is searched, by its metadata. */
export interface SearchSettings {
  /** The language of the stems, by its ISO 639-1 code. */
  readonly language: string;
  /** What fields count in searches by words. Others count 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** Paths of arrays of objects whose items `nested` searches, each on its own. */
  readonly nested: readonly string[];
  /** Patterns of the paths that are not indexed; `*` matches any characters. */
  readonly excluded: readonly string[];
  /** The fields that the metadata declares, by path. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields whose values `GET /search/facets` counts; `undefined` for those of the fitting types. */
  readonly facets: readonly string[] | undefined;
}

/** An issue of the metadata. `path` begins with `index` or `index:schema`. */
export interface SettingsIssue {
  readonly path: string;
  readonly description: string;
}

const DEFAULT_LANGUAGE = "en";

/** The metadata fields of a collection that say how it is searched. */
export const INDEX_FIELDS = ["index", "index:schema"] as const;

const KEYS = ["language", "fields", "nested", "exclude", "facets"];
const MAX_NAMES = 1000;
const MAX_NAME_UNITS = 256;
const MAX_WEIGHT = 1000;

/**
 * Reads a collection's metadata: `index`, kinto-elasticsearch's `index:schema`, and what the JSON schema declares where
 * there is no `index:schema`. Reports what is wrong to `report`, and reads the rest.
 * @example
 * const settings = readSearchSettings({ index: { language: "de", fields: { title: { weight: 3 } } } });
 */
export const readSearchSettings = (
  metadata: JsonObject,
  report: (issue: SettingsIssue) => void = () => {},
): SearchSettings => {
  const own = getOwn(metadata, "index");
  const mapping = getOwn(metadata, "index:schema");
  const declared: SchemaFields =
    mapping === undefined ? readJsonSchema(getOwn(metadata, "schema")) : readIndexSchema(mapping, report);
  const spec = own === undefined ? {} : readSpec(own, report);
  const language = readLanguage(getOwn(spec, "language"), report) ?? declared.language ?? DEFAULT_LANGUAGE;
  const facets = getOwn(spec, "facets");
  return {
    language,
    weights: { ...declared.weights, ...readWeights(getOwn(spec, "fields"), report) },
    nested: [...new Set([...declared.nested, ...readNames(getOwn(spec, "nested"), "index.nested", report)])],
    excluded: withFieldsBelow([...declared.excluded, ...readNames(getOwn(spec, "exclude"), "index.exclude", report)]),
    fields: declared.fields,
    facets: facets === undefined ? undefined : readNames(facets, "index.facets", report),
  };
};

/** What is excluded is so with all fields within it. */
const withFieldsBelow = (names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => (name.endsWith("*") ? [name] : [name, `${name}.*`]))),
];

/** Version of what is indexed for a document. Raise it when records of the same settings are indexed in another way. */
const INDEX_VERSION = 1;

/** The settings that an engine depends on. @param documentHash changes with the plugins' documents */
export const toIndexDefinition = (
  { language, nested, excluded }: SearchSettings,
  documentHash: string,
): IndexDefinition => {
  const hash = createHash("sha256")
    .update(JSON.stringify([INDEX_VERSION, language, nested, excluded, documentHash]))
    .digest("hex")
    .slice(0, 32);
  return { language, nested, excluded, hash };
};

const readSpec = (value: Json, report: (issue: SettingsIssue) => void): JsonObject => {
  if (!isObject(value)) {
    report({ path: "index", description: 'must be an object, for example {"language": "en"}' });
    return {};
  }
  for (const key of Object.keys(value))
    if (!KEYS.includes(key)) {
      const guess = findNearest(key, KEYS);
      report({
        path: `index.${truncate(key)}`,
        description: `is not supported. Use one of: ${KEYS.join(", ")}${guess === undefined ? "" : `. Did you mean ${guess}?`}`,
      });
    }
  return value;
};

const readLanguage = (value: Json | undefined, report: (issue: SettingsIssue) => void): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === "string" && LANGUAGES.has(value)) return value;
  report({ path: "index.language", description: `must be one of: ${[...LANGUAGES.keys()].join(", ")}` });
  return undefined;
};

/** `{"title": {"weight": 3}}` */
const readWeights = (
  value: Json | undefined,
  report: (issue: SettingsIssue) => void,
): Readonly<Record<string, number>> => {
  if (value === undefined) return {};
  if (!isObject(value)) {
    report({ path: "index.fields", description: 'must be an object, for example {"title": {"weight": 3}}' });
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_NAMES)
    report({ path: "index.fields", description: `must have at most ${MAX_NAMES} fields` });
  return Object.fromEntries(
    entries.slice(0, MAX_NAMES).flatMap(([field, spec]) => {
      const path = `index.fields.${truncate(field)}`;
      if (!isObject(spec) || Object.keys(spec).some((key) => key !== "weight")) {
        report({ path, description: 'must be an object with a weight, for example {"weight": 3}' });
        return [];
      }
      const weight = getOwn(spec, "weight") ?? 1;
      if (typeof weight === "number" && weight > 0 && weight <= MAX_WEIGHT) return [[field, weight]];
      report({ path: `${path}.weight`, description: `must be a number above 0, at most ${MAX_WEIGHT}` });
      return [];
    }),
  );
};

const readNames = (
  value: Json | undefined,
  path: string,
  report: (issue: SettingsIssue) => void,
): readonly string[] => {
  if (value === undefined) return [];
  const isName = (name: Json): name is string =>
    typeof name === "string" && name !== "" && name.length <= MAX_NAME_UNITS;
  if (Array.isArray(value) && value.length <= MAX_NAMES && value.every(isName)) return value;
  report({
    path,
    description: `must be an array of at most ${MAX_NAMES} names of fields, of at most ${MAX_NAME_UNITS} characters each`,
  });
  return [];
};

const truncate = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name).toWellFormed();

const getOwn = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
