import { isObject, type Json, type JsonObject } from "../json.ts";
import * as applicators from "./keywords/applicators.ts";
import * as arrays from "./keywords/arrays.ts";
import * as objects from "./keywords/objects.ts";
import * as unevaluated from "./keywords/unevaluated.ts";
import * as values from "./keywords/values.ts";
import type { Draft, Keyword } from "./types.ts";

/** The drafts that are supported. */
export type DraftName = "4" | "6" | "7" | "2019-09" | "2020-12";

const KEYWORDS_4: Readonly<Record<string, Keyword>> = {
  $ref: applicators.reference,
  additionalItems: arrays.additionalItems,
  additionalProperties: objects.additionalProperties,
  allOf: applicators.allOf,
  anyOf: applicators.anyOf,
  dependencies: objects.dependencies,
  enum: values.enumeration,
  format: values.format,
  items: arrays.draft4Items,
  maxItems: arrays.maxItems,
  maxLength: values.maxLength,
  maxProperties: objects.maxProperties,
  maximum: values.draft4Maximum,
  minItems: arrays.minItems,
  minLength: values.minLength,
  minProperties: objects.minProperties,
  minimum: values.draft4Minimum,
  multipleOf: values.multipleOf,
  not: applicators.not,
  oneOf: applicators.oneOf,
  pattern: values.pattern,
  patternProperties: objects.patternProperties,
  properties: objects.properties,
  required: objects.required,
  type: values.type,
  uniqueItems: arrays.uniqueItems,
};
const KEYWORDS_6 = {
  ...KEYWORDS_4,
  const: values.constant,
  contains: arrays.draft6Contains,
  exclusiveMaximum: values.exclusiveMaximum,
  exclusiveMinimum: values.exclusiveMinimum,
  maximum: values.maximum,
  minimum: values.minimum,
  propertyNames: objects.propertyNames,
};
const KEYWORDS_7 = { ...KEYWORDS_6, if: applicators.condition };
const { dependencies: _, ...KEYWORDS_7_WITHOUT_DEPENDENCIES } = KEYWORDS_7 as Record<string, Keyword>;
const KEYWORDS_2019 = {
  ...KEYWORDS_7_WITHOUT_DEPENDENCIES,
  $recursiveRef: applicators.recursiveReference,
  contains: arrays.contains,
  dependentRequired: objects.dependentRequired,
  dependentSchemas: objects.dependentSchemas,
  unevaluatedItems: unevaluated.unevaluatedItems,
  unevaluatedProperties: unevaluated.unevaluatedProperties,
};
const { additionalItems: __, $recursiveRef: ___, ...KEYWORDS_2019_KEPT } = KEYWORDS_2019 as Record<string, Keyword>;
const KEYWORDS_2020 = {
  ...KEYWORDS_2019_KEPT,
  $dynamicRef: applicators.reference,
  items: arrays.items,
  prefixItems: arrays.prefixItems,
};

/** Keywords whose value is a schema. */
const SINGLE_4 = ["additionalItems", "additionalProperties", "not"];
const SINGLE_6 = [...SINGLE_4, "contains", "propertyNames"];
const SINGLE_7 = [...SINGLE_6, "if", "then", "else"];
const SINGLE_2019 = [...SINGLE_7, "contentSchema", "unevaluatedItems", "unevaluatedProperties"];
/** Keywords whose value is a list of schemas, or schemas by name. */
const SEVERAL_4 = ["allOf", "anyOf", "oneOf", "definitions", "patternProperties", "properties"];
const SEVERAL_2019 = [...SEVERAL_4, "$defs", "dependentSchemas"];

const getString = (schema: JsonObject, key: string): string | undefined => {
  const value = Object.hasOwn(schema, key) ? schema[key] : undefined;
  return typeof value === "string" ? value : undefined;
};

/** Up to draft 7 an id that begins with `#` is an anchor, and an id beside `$ref` is ignored. */
const identifyByDraft4 = (key: "id" | "$id"): Pick<Draft, "ignoresRefSiblings" | "idOf" | "anchorsOf"> => ({
  ignoresRefSiblings: true,
  idOf: (schema) => {
    const id = Object.hasOwn(schema, "$ref") ? undefined : getString(schema, key);
    return id?.startsWith("#") ? undefined : id;
  },
  anchorsOf: (schema) => {
    const id = getString(schema, key);
    return id?.startsWith("#") ? [{ name: id.slice(1), isDynamic: false }] : [];
  },
});

const identifyByDraft2019: Pick<Draft, "ignoresRefSiblings" | "idOf" | "anchorsOf"> = {
  ignoresRefSiblings: false,
  idOf: (schema) => getString(schema, "$id"),
  anchorsOf: (schema) =>
    (["$anchor", "$dynamicAnchor"] as const).flatMap((key) => {
      const name = getString(schema, key);
      return name === undefined ? [] : [{ name, isDynamic: key === "$dynamicAnchor" }];
    }),
};

const defineDraft = (
  uri: string,
  identification: Pick<Draft, "ignoresRefSiblings" | "idOf" | "anchorsOf">,
  keywords: Readonly<Record<string, Keyword>>,
  single: readonly string[],
  several: readonly string[],
): Draft => ({
  ...identification,
  uri,
  keywords: new Map(Object.entries(keywords)),
  subschemas: new Map([
    ...single.map((name) => [name, "schema"] as const),
    ...several.map((name) => [name, "schemas"] as const),
  ]),
});

const OLD = "http://json-schema.org";
const NEW = "https://json-schema.org/draft";
export const DRAFTS: Readonly<Record<DraftName, Draft>> = {
  4: defineDraft(`${OLD}/draft-04/schema`, identifyByDraft4("id"), KEYWORDS_4, SINGLE_4, SEVERAL_4),
  6: defineDraft(`${OLD}/draft-06/schema`, identifyByDraft4("$id"), KEYWORDS_6, SINGLE_6, SEVERAL_4),
  7: defineDraft(`${OLD}/draft-07/schema`, identifyByDraft4("$id"), KEYWORDS_7, SINGLE_7, SEVERAL_4),
  "2019-09": defineDraft(`${NEW}/2019-09/schema`, identifyByDraft2019, KEYWORDS_2019, SINGLE_2019, SEVERAL_2019),
  "2020-12": defineDraft(
    `${NEW}/2020-12/schema`,
    identifyByDraft2019,
    KEYWORDS_2020,
    [...SINGLE_2019, "items"],
    [...SEVERAL_2019, "prefixItems"],
  ),
};

const DRAFTS_BY_URI: ReadonlyMap<string, Draft> = new Map(Object.values(DRAFTS).map((draft) => [draft.uri, draft]));

/** A schema's `$schema`, without an empty fragment. */
export const getDialect = (schema: JsonObject): string | undefined => getString(schema, "$schema")?.replace(/#$/, "");

/** The draft that a schema names in `$schema`, or the fallback if it names none or an unknown one. */
export const getDraft = (schema: Json, fallback: Draft): Draft =>
  (isObject(schema) && DRAFTS_BY_URI.get(getDialect(schema) ?? "")) || fallback;

/** Whether a keyword's value is a schema, holds schemas, or neither. */
export const getSubschemaKind = (draft: Draft, keyword: string, value: Json): "schema" | "schemas" | undefined => {
  const kind = draft.subschemas.get(keyword);
  if (kind !== undefined) return kind;
  if (keyword === "items") return Array.isArray(value) ? "schemas" : "schema";
  return keyword === "dependencies" && draft.ignoresRefSiblings ? "schemas" : undefined;
};
