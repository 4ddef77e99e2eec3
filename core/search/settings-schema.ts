import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { LANGUAGES } from "./languages.ts";
import type { SettingsIssue } from "./search-settings.ts";

/** What values of a declared field are. */
export type FieldType = "text" | "keyword" | "number" | "boolean" | "date" | "geo" | "object" | "nested";

/** What a schema says about fields. */
export interface SchemaFields {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly weights: Readonly<Record<string, number>>;
  readonly nested: readonly string[];
  readonly excluded: readonly string[];
  readonly language?: string | undefined;
}

const MAX_DEPTH = 20;
/** Maximum number of fields that are declared. Further ones are searched like those without a declaration. */
const MAX_FIELDS = 1000;

/** Types of OpenSearch's mappings, and of those of Elasticsearch 1 to 8 that kinto-elasticsearch passes on. */
const MAPPING_TYPES: Readonly<Record<string, FieldType>> = {
  text: "text",
  match_only_text: "text",
  search_as_you_type: "text",
  string: "text",
  keyword: "keyword",
  constant_keyword: "keyword",
  wildcard: "keyword",
  ip: "keyword",
  version: "keyword",
  long: "number",
  integer: "number",
  short: "number",
  byte: "number",
  unsigned_long: "number",
  double: "number",
  float: "number",
  half_float: "number",
  scaled_float: "number",
  boolean: "boolean",
  date: "date",
  date_nanos: "date",
  geo_point: "geo",
  object: "object",
  flattened: "object",
  flat_object: "object",
  nested: "nested",
};

interface Found {
  readonly fields: [string, FieldType][];
  readonly weights: [string, number][];
  readonly nested: string[];
  readonly excluded: string[];
  language: string | undefined;
}

const noFields = (): Found => ({ fields: [], weights: [], nested: [], excluded: [], language: undefined });

const toSchemaFields = ({ fields, weights, nested, excluded, language }: Found): SchemaFields => ({
  fields: Object.fromEntries(fields.slice(0, MAX_FIELDS)),
  weights: Object.fromEntries(weights),
  nested,
  excluded,
  language,
});

/**
 * Reads kinto-elasticsearch's `index:schema`, a mapping: `{"properties": {"title": {"type": "text", "boost": 3}}}`.
 * Parameters of fields that change nothing here are accepted.
 */
export const readIndexSchema = (schema: Json, report: (issue: SettingsIssue) => void): SchemaFields => {
  const found = noFields();
  readMapping(schema, { name: "", path: "index:schema", depth: 0 }, found, report);
  return toSchemaFields(found);
};

interface Place {
  /** The path of the field; empty for the document. */
  readonly name: string;
  /** The path in the metadata. */
  readonly path: string;
  readonly depth: number;
}

const readMapping = (
  mapping: Json,
  { name, path, depth }: Place,
  found: Found,
  report: (issue: SettingsIssue) => void,
): void => {
  const properties = isObject(mapping) ? (getOwn(mapping, "properties") ?? {}) : undefined;
  if (!isObject(mapping) || !isObject(properties)) {
    report({ path, description: 'must be an object, for example {"properties": {"title": {"type": "text"}}}' });
  } else if (depth > MAX_DEPTH) {
    report({ path, description: `is more than ${MAX_DEPTH} levels deep` });
  } else {
    if (name !== "") readField(mapping, { name, path, depth }, found, report);
    for (const [key, value] of Object.entries(properties)) {
      const place = { name: joinName(name, key), path: `${path}.properties.${key}`, depth: depth + 1 };
      readMapping(value, place, found, report);
    }
  }
};

const readField = (
  mapping: JsonObject,
  { name, path }: Place,
  found: Found,
  report: (issue: SettingsIssue) => void,
): void => {
  const type = getOwn(mapping, "type") ?? "object";
  const fieldType = typeof type === "string" && Object.hasOwn(MAPPING_TYPES, type) ? MAPPING_TYPES[type] : undefined;
  if (fieldType === undefined) {
    const names = Object.keys(MAPPING_TYPES).toSorted().join(", ");
    report({ path: `${path}.type`, description: `must be one of: ${names}` });
    return;
  }
  const index = getOwn(mapping, "index");
  found.fields.push([name, fieldType === "text" && index === "not_analyzed" ? "keyword" : fieldType]);
  if (fieldType === "nested") found.nested.push(name);
  if (index === false || index === "no" || getOwn(mapping, "enabled") === false) found.excluded.push(name);
  const boost = getOwn(mapping, "boost");
  if (typeof boost === "number" && boost > 0) found.weights.push([name, boost]);
  const analyzer = getOwn(mapping, "analyzer");
  if (typeof analyzer === "string") found.language ??= ANALYZER_LANGUAGES.get(analyzer);
};

const ANALYZER_LANGUAGES: ReadonlyMap<string, string> = new Map(Array.from(LANGUAGES, ([code, name]) => [name, code]));

/** Reads what a JSON schema declares. Anything that it does not understand is a field without a declaration. */
export const readJsonSchema = (schema: Json | undefined): SchemaFields => {
  const found = noFields();
  if (isObject(schema)) readProperties(schema, "", 0, found);
  return toSchemaFields(found);
};

const readProperties = (schema: JsonObject, name: string, depth: number, found: Found): void => {
  const properties = getOwn(schema, "properties");
  if (!isObject(properties) || depth > MAX_DEPTH) return;
  for (const [key, property] of Object.entries(properties)) {
    if (!isObject(property) || found.fields.length >= MAX_FIELDS) continue;
    const path = joinName(name, key);
    const items = getOwn(property, "items");
    const one = getOwn(property, "type") === "array" && isObject(items) ? items : property;
    const type = jsonSchemaType(one);
    if (type !== undefined) found.fields.push([path, type]);
    if (type === "object") readProperties(one, path, depth + 1, found);
  }
};

/** Of several types, the first one that is not null. */
const jsonSchemaType = (schema: JsonObject): FieldType | undefined => {
  const types = [getOwn(schema, "type") ?? []].flat();
  const [type] = types.filter((one) => one !== "null");
  const format = getOwn(schema, "format");
  if (type === "string" && (format === "date" || format === "date-time")) return "date";
  if (type === "string") return Array.isArray(getOwn(schema, "enum")) || format !== undefined ? "keyword" : "text";
  if (type === "integer" || type === "number") return "number";
  return type === "boolean" || type === "object" ? type : undefined;
};

const joinName = (name: string, key: string): string => (name === "" ? key : `${name}.${key}`);

const getOwn = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
