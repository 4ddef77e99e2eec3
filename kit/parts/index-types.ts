import { isId } from "../../core/resources.ts";
import { LANGUAGES } from "../../core/search/languages.ts";
import { readIndexSchema } from "../../core/search/settings-schema.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { isObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { PluginContext } from "../context.ts";
import type { PluginManifest } from "../plugin.ts";
import type { Named, PartIssue } from "./part.ts";

/**
 * A type of documents: the records of one collection, with a name and rules of their own. `POST /search` searches it by
 * its name.
 * @example
 * const networks: TypeDefinition<void, void> = {
 *   about: "The networks of a cloud.",
 *   of: () => "/buckets/cloud/collections/networks",
 *   mapping: { properties: { id: { type: "keyword" }, name: { type: "text" }, tenant_id: { type: "keyword" } } },
 *   access: ({ principals }) => [{ terms: { tenant_id: principals.map((one) => one.split("/").at(-1) ?? "") } }],
 *   adminOnlyFields: () => ["provider:*"],
 * };
 */
export interface TypeDefinition<Config, Services> extends TypeRules<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** The URI of the collection whose records are the objects of the type. */
  readonly of: (config: Config) => string;
}

/** What a type may have besides its name and its collection. */
export interface TypeRules<Config, Services> {
  /** How fields are indexed. Fields that it does not declare are indexed by their values, unless `dynamic` is false. */
  readonly mapping?: IndexMapping;
  /** The language of the texts, by its ISO 639-1 code; English when absent. */
  readonly language?: string;
  /** Returns the document of a record; `null` excludes the record. The record itself when absent. */
  readonly document?: (
    record: JsonObject,
    context: PluginContext<Config, Services>,
  ) => JsonObject | null | Promise<JsonObject | null>;
  /** Fields of documents that only administrators find and see; `*` in a name matches any characters. */
  readonly adminOnlyFields?: (config: Config) => readonly string[];
  /**
   * Decides who finds which documents, instead of the permissions to read the records. Returns clauses of the query
   * language, of which a document must match at least one.
   */
  readonly access?: (
    user: IndexUser,
    context: PluginContext<Config, Services>,
  ) => readonly JsonObject[] | Promise<readonly JsonObject[]>;
  /** Whether administrators may search without `access`, by `all_projects`. Default: true. */
  readonly allProjects?: boolean;
  /** Whether the type exists for a user. Default: for everyone. */
  readonly policy?: (user: IndexUser, context: PluginContext<Config, Services>) => boolean | Promise<boolean>;
  readonly facets?: FacetOptions;
  /** The type of the objects that contain the objects of this one. */
  readonly parent?: ParentType;
  /** Lists all objects outside of the store, for `need.index(…)`. */
  readonly objects?: (context: PluginContext<Config, Services>) => AsyncIterable<JsonObject> | Iterable<JsonObject>;
  /** Returns the id of an object, which must be the id of a record; the field `id` when absent. */
  readonly id?: (object: JsonObject) => string;
  /**
   * Returns the version of an object: its time of change, or a number that rises. `need.index(…)` does not replace an
   * object by an older version.
   */
  readonly version?: (object: JsonObject) => number;
}

/**
 * A mapping, as OpenSearch has them.
 * @example
 * const mapping: IndexMapping = {
 *   dynamic: false,
 *   properties: { name: { type: "text" }, image: { type: "nested", properties: { id: { type: "keyword" } } } },
 *   _meta: { "image.id": { resource_type: "OS::Glance::Image" } },
 * };
 */
export interface IndexMapping {
  /** Whether fields outside of `properties` are indexed too. Documents do not have them otherwise. Default: true. */
  readonly dynamic?: boolean;
  readonly properties: Named<FieldMapping>;
  /** Fields with the id of an object of another type. */
  readonly _meta?: Named<{ readonly resource_type: string }>;
}

/**
 * A field of a mapping. Parameters that change nothing here, such as `doc_values`, are accepted.
 * @example
 * const name: FieldMapping = { type: "text", fields: { raw: { type: "keyword" } } };
 */
export interface FieldMapping {
  /** `text`, `keyword`, `long`, `date`, `geo_point`, `nested` …; `object` when absent. */
  readonly type?: string;
  readonly properties?: Named<FieldMapping>;
  readonly [parameter: string]: unknown;
}

/**
 * Which fields `GET /search/facets` lists.
 * @example
 * const facets: FacetOptions = { exclude: ["tenant_id"], withOptions: ["status"] };
 */
export interface FacetOptions {
  /** Fields that are no facets; `*` in a name matches any characters. */
  readonly exclude?: readonly string[];
  /** Fields that are facets for administrators only, likewise. */
  readonly adminOnly?: readonly string[];
  /** Fields of few values, which are listed with their values and counts. */
  readonly withOptions?: readonly string[];
}

/**
 * The type of the parents, and the field with the parent's id.
 * @example
 * const parent: ParentType = { type: "OS::Neutron::Net", field: "network_id" };
 */
export interface ParentType {
  readonly type: string;
  readonly field: string;
}

/**
 * A user who searches.
 * @example
 * const isMember = ({ principals }: IndexUser): boolean => principals.includes("/buckets/cloud/groups/staff");
 */
export interface IndexUser {
  /** The user's id; `null` for an anonymous request. */
  readonly id: string | null;
  /** The user's id, `system.Everyone` and the like, and the URIs of the user's groups, up to several thousand. */
  readonly principals: readonly string[];
}

/** What is known of a type without starting its plugin. */
export interface TypeManifest {
  /** The URI of the collection. */
  readonly of: string;
  readonly mapping: IndexMapping;
  readonly language: string | undefined;
  readonly adminOnlyFields: readonly string[];
  readonly facets: Required<FacetOptions>;
  readonly parent: ParentType | undefined;
  readonly allProjects: boolean;
  readonly hasAccess: boolean;
  readonly hasPolicy: boolean;
}

/** The functions of a type, bound to the plugin's options and services. */
export interface TypeInstance {
  readonly access: ((user: IndexUser) => Promise<readonly JsonObject[]>) | undefined;
  readonly policy: (user: IndexUser) => Promise<boolean>;
  readonly objects: (() => AsyncIterable<JsonObject> | Iterable<JsonObject>) | undefined;
  readonly id: (object: JsonObject) => unknown;
  readonly version: ((object: JsonObject) => number) | undefined;
}

export const TYPE_SHAPE = {
  mapping: "object",
  language: "text",
  adminOnlyFields: "ofOptions",
  access: "function",
  allProjects: "flag",
  policy: "function",
  facets: "object",
  parent: "object",
  objects: "function",
  id: "function",
  version: "function",
} as const;

export const resolveType = (definition: TypeDefinition<unknown, unknown>, config: unknown): TypeManifest => {
  const { of, mapping, language, adminOnlyFields, facets, parent, allProjects = true, access, policy } = definition;
  return {
    of: of(config),
    mapping: mapping ?? { properties: {} },
    language,
    adminOnlyFields: adminOnlyFields?.(config) ?? [],
    facets: {
      exclude: facets?.exclude ?? [],
      adminOnly: facets?.adminOnly ?? [],
      withOptions: facets?.withOptions ?? [],
    },
    parent,
    allProjects,
    hasAccess: access !== undefined,
    hasPolicy: policy !== undefined,
  };
};

export const bindType = (
  { access, policy, objects, id, version }: TypeDefinition<unknown, unknown>,
  context: PluginContext<unknown, unknown>,
): TypeInstance => ({
  access: access && (async (user) => access(user, context)),
  policy: async (user) => policy === undefined || (await policy(user, context)),
  objects: objects && (() => objects(context)),
  id: id ?? ((object) => object.id),
  version,
});

const COLLECTION_URI = /^\/buckets\/([^/]+)\/collections\/([^/]+)$/;

/** The ids of the bucket and collection of a collection's URI; `undefined` for other texts. */
export const parseCollectionUri = (uri: unknown): readonly [bucket: string, collection: string] | undefined => {
  const [, bucket, collection] = COLLECTION_URI.exec(String(uri)) ?? [];
  return isId(bucket) && isId(collection) ? [bucket, collection] : undefined;
};

/** A type of a plugin, with its name. */
interface NamedType {
  readonly plugin: PluginManifest;
  readonly name: string;
  readonly about: string;
  readonly type: TypeManifest;
}

/** The types of all plugins, in the order of the config. */
export const listTypes = (plugins: readonly PluginManifest[]): readonly NamedType[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.indexes).flatMap(([name, { about, type }]) =>
      type === undefined ? [] : [{ plugin, name, about, type }],
    ),
  );

/** Issues of a type, alone and together with the types of all plugins. */
export const typeIssues = (
  name: string,
  type: TypeManifest,
  plugin: PluginManifest,
  plugins: readonly PluginManifest[],
): PartIssue[] => {
  const all = listTypes(plugins);
  const earlier = all.slice(
    0,
    all.findIndex((one) => one.plugin === plugin && one.name === name),
  );
  return [
    ...ofIssues(type, earlier),
    ...earlier
      .filter((other) => other.name === name)
      .map((other) => ["", `the plugin '${other.plugin.name}' already has a type of this name. Rename one.`] as const),
    ...mappingIssues(type.mapping, all),
    ...(type.language === undefined || LANGUAGES.has(type.language)
      ? []
      : [[".language", `must be one of ${[...LANGUAGES.keys()].join(", ")}.`] as const]),
    ...nameListIssues(".adminOnlyFields", type.adminOnlyFields, 'a function that returns names: () => ["provider:*"]'),
    ...Object.entries(type.facets).flatMap(([field, names]) =>
      nameListIssues(`.facets.${field}`, names, 'a list of names, such as ["status"]'),
    ),
    ...parentIssues(type.parent, all),
  ].map(([field, message]) => ({ path: `indexes.${name}${field}`, message }));
};

type FieldIssue = readonly [field: string, message: string];

const ofIssues = ({ of }: TypeManifest, earlier: readonly NamedType[]): FieldIssue[] => {
  if (parseCollectionUri(of) === undefined)
    return [[".of", 'must return the URI of a collection: () => "/buckets/cloud/collections/networks".']];
  const other = earlier.find(({ type }) => type.of === of);
  return other === undefined
    ? []
    : [[".of", `the records of ${of} are already of the type '${other.name}'. Use another collection.`]];
};

const mappingIssues = (mapping: IndexMapping, all: readonly NamedType[]): FieldIssue[] => {
  const issues: FieldIssue[] = [];
  const { dynamic = true, _meta: links = {}, ...schema } = mapping;
  readIndexSchema(schema as Json, ({ path, description }) =>
    issues.push([path.replace("index:schema", ".mapping"), `${description}.`]),
  );
  if (typeof dynamic !== "boolean") issues.push([".mapping.dynamic", "must be true or false."]);
  const names = all.map(({ name }) => name);
  for (const [field, link] of Object.entries(isObject(links) ? links : {}))
    if (!names.includes(link?.resource_type))
      issues.push([
        `.mapping._meta.${field}.resource_type`,
        `there is no type '${link?.resource_type}'. ${didYouMean(String(link?.resource_type), names)}`,
      ]);
  return issues;
};

const nameListIssues = (field: string, names: unknown, expected: string): FieldIssue[] =>
  Array.isArray(names) && names.every((name) => typeof name === "string" && name !== "")
    ? []
    : [[field, `must be ${expected}.`]];

const parentIssues = (parent: ParentType | undefined, all: readonly NamedType[]): FieldIssue[] => {
  if (parent === undefined) return [];
  const names = all.map(({ name }) => name);
  if (!names.includes(parent.type))
    return [[".parent.type", `there is no type '${parent.type}'. ${didYouMean(String(parent.type), names)}`]];
  return typeof parent.field === "string" && parent.field !== ""
    ? []
    : [[".parent.field", 'must name the field with the id of the parent, such as "network_id".']];
};
