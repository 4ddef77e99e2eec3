import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Keyword } from "./keywords.ts";
import * as keywords from "./keywords.ts";

/** A version of JSON Schema: which keywords it knows, where schemas stand within a schema, and how one is identified. */
export interface Draft {
  readonly uri: string;
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** Keywords whose value is a schema, a list of schemas, or an object of schemas; `items` and `dependencies` may be more than one of these. */
  readonly places: ReadonlyMap<string, "schema" | "schemas">;
  /** Up to draft 7 whatever stands beside a `$ref` is ignored. */
  readonly refStandsAlone: boolean;
  /** The URI that a schema gives itself. */
  readonly idOf: (schema: JsonObject) => string | undefined;
  readonly anchorsOf: (schema: JsonObject) => readonly { name: string; isDynamic: boolean }[];
}

const {
  additionalItems,
  additionalProperties,
  allOf,
  anyOf,
  contains,
  dependencies,
  draft4Maximum,
  draft4Minimum,
  draft6Contains,
  enumeration,
  format,
  itemsBeforePrefix,
  maxItems,
  maxLength,
  maxProperties,
  minItems,
  minLength,
  minProperties,
  multipleOf,
  not,
  oneOf,
  pattern,
  patternProperties,
  properties,
  reference,
  required,
  type,
  uniqueItems,
} = keywords;

const DRAFT_4 = {
  $ref: reference,
  additionalItems,
  additionalProperties,
  allOf,
  anyOf,
  dependencies,
  enum: enumeration,
  format,
  items: itemsBeforePrefix,
  maxItems,
  maxLength,
  maxProperties,
  maximum: draft4Maximum,
  minItems,
  minLength,
  minProperties,
  minimum: draft4Minimum,
  multipleOf,
  not,
  oneOf,
  pattern,
  patternProperties,
  properties,
  required,
  type,
  uniqueItems,
};
const DRAFT_6 = {
  ...DRAFT_4,
  const: keywords.constant,
  contains: draft6Contains,
  exclusiveMaximum: keywords.exclusiveMaximum,
  exclusiveMinimum: keywords.exclusiveMinimum,
  maximum: keywords.maximum,
  minimum: keywords.minimum,
  propertyNames: keywords.propertyNames,
};
const DRAFT_7 = { ...DRAFT_6, if: keywords.condition };
const { dependencies: _, ...WITHOUT_DEPENDENCIES } = DRAFT_7;
const DRAFT_2019 = {
  ...WITHOUT_DEPENDENCIES,
  $recursiveRef: keywords.recursiveReference,
  contains,
  dependentRequired: keywords.dependentRequired,
  dependentSchemas: keywords.dependentSchemas,
  unevaluatedItems: keywords.unevaluatedItems,
  unevaluatedProperties: keywords.unevaluatedProperties,
};
const { additionalItems: __, $recursiveRef: ___, ...WITHOUT_ADDITIONAL_ITEMS } = DRAFT_2019;
const DRAFT_2020 = {
  ...WITHOUT_ADDITIONAL_ITEMS,
  $dynamicRef: reference,
  items: keywords.items,
  prefixItems: keywords.prefixItems,
};

const IN_4 = ["additionalItems", "additionalProperties", "not"];
const IN_6 = [...IN_4, "contains", "propertyNames"];
const IN_7 = [...IN_6, "if", "then", "else"];
const IN_2019 = [...IN_7, "contentSchema", "unevaluatedItems", "unevaluatedProperties"];
const LISTS = ["allOf", "anyOf", "oneOf", "definitions", "patternProperties", "properties"];
const LISTS_2019 = [...LISTS, "$defs", "dependentSchemas"];

const placesOf = (single: readonly string[], several: readonly string[]): Draft["places"] =>
  new Map([...single.map((name) => [name, "schema"] as const), ...several.map((name) => [name, "schemas"] as const)]);

const stringAt = (schema: JsonObject, key: string): string | undefined => {
  const value = Object.hasOwn(schema, key) ? schema[key] : undefined;
  return typeof value === "string" ? value : undefined;
};

/** Up to draft 7 an id that begins with `#` is an anchor, and one beside `$ref` is ignored. */
const old = (key: "id" | "$id"): Pick<Draft, "refStandsAlone" | "idOf" | "anchorsOf"> => ({
  refStandsAlone: true,
  idOf: (schema) => {
    const id = Object.hasOwn(schema, "$ref") ? undefined : stringAt(schema, key);
    return id?.startsWith("#") ? undefined : id;
  },
  anchorsOf: (schema) => {
    const id = stringAt(schema, key);
    return id?.startsWith("#") ? [{ name: id.slice(1), isDynamic: false }] : [];
  },
});

const recent: Pick<Draft, "refStandsAlone" | "idOf" | "anchorsOf"> = {
  refStandsAlone: false,
  idOf: (schema) => stringAt(schema, "$id"),
  anchorsOf: (schema) =>
    (["$anchor", "$dynamicAnchor"] as const).flatMap((key) => {
      const name = stringAt(schema, key);
      return name === undefined ? [] : [{ name, isDynamic: key === "$dynamicAnchor" }];
    }),
};

const known = (checks: Record<string, Keyword>): Draft["keywords"] => new Map(Object.entries(checks));

export const DRAFT_7_URI = "http://json-schema.org/draft-07/schema";
/** Known to exist, and not supported. */
export const DRAFT_3_URI = "http://json-schema.org/draft-03/schema";

const NEWEST: Draft = {
  ...recent,
  uri: "https://json-schema.org/draft/2020-12/schema",
  keywords: known(DRAFT_2020),
  places: placesOf([...IN_2019, "items"], [...LISTS_2019, "prefixItems"]),
};

const DRAFTS: ReadonlyMap<string, Draft> = new Map(
  [
    {
      ...old("id"),
      uri: "http://json-schema.org/draft-04/schema",
      keywords: known(DRAFT_4),
      places: placesOf(IN_4, LISTS),
    },
    {
      ...old("$id"),
      uri: "http://json-schema.org/draft-06/schema",
      keywords: known(DRAFT_6),
      places: placesOf(IN_6, LISTS),
    },
    { ...old("$id"), uri: DRAFT_7_URI, keywords: known(DRAFT_7), places: placesOf(IN_7, LISTS) },
    {
      ...recent,
      uri: "https://json-schema.org/draft/2019-09/schema",
      keywords: known(DRAFT_2019),
      places: placesOf(IN_2019, LISTS_2019),
    },
    NEWEST,
  ].map((draft) => [draft.uri, draft]),
);

/** The draft that a schema names by `$schema`; where it names none that is known, the one around it, or else the newest. */
export const draftOf = (schema: Json, around: Draft = NEWEST): Draft =>
  (isObject(schema) && DRAFTS.get(dialectOf(schema) ?? "")) || around;

export const draft7 = DRAFTS.get(DRAFT_7_URI) as Draft;

/** A schema's `$schema`, without an empty fragment. */
export const dialectOf = (schema: JsonObject): string | undefined => stringAt(schema, "$schema")?.replace(/#$/, "");

/** What stands below a keyword: a schema, schemas by name or number, or neither. `items` and `dependencies` tell by their value. */
export const placeOf = (draft: Draft, keyword: string, value: Json): "schema" | "schemas" | undefined => {
  const place = draft.places.get(keyword);
  if (place !== undefined) return place;
  if (keyword === "items") return Array.isArray(value) ? "schemas" : "schema";
  return keyword === "dependencies" && draft.refStandsAlone ? "schemas" : undefined;
};
