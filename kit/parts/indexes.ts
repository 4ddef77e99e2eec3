import { createHash } from "node:crypto";
import { isDeleted } from "../../core/objects/save-version.ts";
import { omitFields, pickMappedFields } from "../../core/search/select-fields.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";
import type { PluginContext } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type ResolvedCollectionFilter,
  resolveCollectionFilter,
} from "../event-filter.ts";
import {
  bindType,
  parseCollectionUri,
  resolveType,
  TYPE_SHAPE,
  type TypeDefinition,
  type TypeInstance,
  type TypeManifest,
  type TypeRules,
  typeIssues,
} from "./index-types.ts";
import type { Interface } from "./interfaces.ts";
import {
  COLLECTION_FILTER_SHAPE,
  type Named,
  type Part,
  type PartIssue,
  partNameIssues,
  type ShapeOf,
} from "./part.ts";

/**
 * Changes what full-text search indexes of some records, or defines a {@link TypeDefinition type} of documents.
 * @example
 * const titles: IndexDefinition<void, void> = {
 *   about: "Indexes titles only.",
 *   document: ({ title = null }) => ({ title }),
 * };
 */
export interface IndexDefinition<Config, Services> extends CollectionFilter<Config>, TypeRules<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** The URI of the collection whose records are the objects of a type. An index without it only changes documents. */
  readonly of?: (config: Config) => string;
  /**
   * Returns the document to index for a record, or for the result of the previous index; `null` excludes the record.
   * Required unless the index is a type, whose documents are otherwise the records.
   */
  readonly document?: (
    record: JsonObject,
    context: PluginContext<Config, Services>,
  ) => JsonObject | null | Promise<JsonObject | null>;
}

/**
 * A record that is about to be indexed.
 * @example
 * const record: IndexedRecord = { bucket_id: "blog", collection_id: "posts", document: { title: "Hello" } };
 */
export interface IndexedRecord {
  readonly bucket_id: string;
  readonly collection_id: string;
  /** `null` if the record is not indexed. */
  readonly document: JsonObject | null;
  /** The document that administrators search; absent where it is the same. */
  readonly adminDocument?: JsonObject | null;
}

/**
 * The `indexes` of all plugins, for a plugin that keeps an index.
 * @example
 * const lowerCase: Indexing = { document: async (record) => record };
 */
export interface Indexing {
  readonly document: (record: IndexedRecord) => Promise<IndexedRecord>;
}

/**
 * The interface of the `indexes` of all plugins.
 * @example
 * definePlugin({
 *   name: "my-index",
 *   about: "Keeps an index.",
 *   interfaces: [indexing],
 *   setup: ({ use }) => ({ indexes: use(indexing) }),
 * });
 */
export const indexing: Interface<Indexing> = { name: "indexing", singleton: false };

/** The name of a plugin's indexes among its implementations. No author can use it. */
export const INDEXING_PART = "(indexes)";

export interface IndexesPart<Config, Services> {
  readonly indexes?: Readonly<Record<string, IndexDefinition<Config, NoInfer<Services>>>>;
}

/** An index as the store knows it without running the plugin. */
export interface IndexManifest extends ResolvedCollectionFilter {
  readonly about: string;
  /** Changes with the code of the document and the plugin's options. */
  readonly hash: string;
  /** What a type has; `undefined` for an index that changes documents only. */
  readonly type: TypeManifest | undefined;
}

type AnyIndex = IndexDefinition<unknown, unknown>;

const isType = (index: AnyIndex): index is AnyIndex & TypeDefinition<unknown, unknown> => index.of !== undefined;

const resolveIndex = (index: AnyIndex, config: unknown, version?: string): IndexManifest => {
  const { about, document } = index;
  const type = isType(index) ? resolveType(index, config) : undefined;
  const hash = hashIndex({ document: String(document), config, version, type });
  if (type === undefined) return { about, hash, ...resolveCollectionFilter(index, config), type };
  const [bucket = "", collection = ""] = parseCollectionUri(type.of) ?? [];
  return { about, hash, buckets: [bucket], collections: [collection], type };
};

export const indexes: Part<Named<IndexManifest>, Named<TypeInstance>> = {
  kind: "object",
  shape: {
    about: "text!",
    of: "ofOptions",
    ...COLLECTION_FILTER_SHAPE,
    document: "function",
    ...TYPE_SHAPE,
  } satisfies ShapeOf<IndexDefinition<never, never>>,
  shapeIssues: (value) =>
    Object.entries(value).flatMap(([name, index]) =>
      isObject(index)
        ? fieldIssues(index).map(([field, message]) => ({ path: ["indexes", name, field], message }))
        : [],
    ),
  resolve: (definition, config) =>
    mapValues(definition.indexes, (index) => resolveIndex(index, config, definition.version)),
  check: (plugin, { plugins }) =>
    Object.entries(plugin.indexes).flatMap(([name, index]) => [
      ...nameIssues(name, index),
      ...(index.type === undefined
        ? collectionFilterIssues(`indexes.${name}`, index)
        : typeIssues(name, index.type, plugin, plugins)),
    ]),
  bind: (definition, context) =>
    Object.fromEntries(
      Object.entries(definition.indexes ?? {}).flatMap(([name, index]) =>
        isType(index) ? [[name, bindType(index, context)]] : [],
      ),
    ),
};

/** Fields that only one kind of index has. */
const fieldIssues = (index: object): readonly (readonly [field: string, message: string])[] => {
  const fields = Object.keys(index);
  if (fields.includes("of"))
    return fields
      .filter((field) => Object.hasOwn(COLLECTION_FILTER_SHAPE, field))
      .map((field) => [field, "is not for a type, whose records are those of one collection. Remove it"]);
  return [
    ...(fields.includes("document") ? [] : [["document", "is missing: it must be a function"] as const]),
    ...fields
      .filter((field) => Object.hasOwn(TYPE_SHAPE, field))
      .map((field) => [field, 'is for a type. Add its collection: of: () => "/buckets/a/collections/b"'] as const),
  ];
};

/** The name of a type may be the one that it has elsewhere, such as `OS::Neutron::Net`. */
const nameIssues = (name: string, { type }: IndexManifest): PartIssue[] => {
  if (type === undefined) return partNameIssues("indexes", { [name]: type });
  return /^[a-zA-Z][a-zA-Z0-9_.:-]{0,99}$/.test(name) && name !== "record"
    ? []
    : [
        {
          path: `indexes.${name}`,
          message: "must be 1 to 100 letters, digits, '.', ':', '-' and '_', start with a letter, and not be 'record'.",
        },
      ];
};

/** Code that the function calls is not seen: a plugin raises its version when that changes. */
const hashIndex = (parts: object): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/** Applies a plugin's indexes one after another, until one excludes the record. */
export const createIndexing = (indexes: Named<AnyIndex>, context: PluginContext<unknown, unknown>): Indexing => {
  const resolved = Object.values(indexes).map((index) => ({ index, manifest: resolveIndex(index, context.config) }));
  return {
    document: async (record) => {
      let result = record;
      for (const { index, manifest } of resolved) {
        const { document } = result;
        const { buckets, collections, type } = manifest;
        if (!matchesAny(buckets, record.bucket_id) || !matchesAny(collections, record.collection_id)) continue;
        if (type !== undefined && type.adminOnlyFields.length > 0) result = { ...result, adminDocument: null };
        if (document === null) continue;
        const made = type !== undefined && isDeleted(document) ? null : await createDocument(index, document, context);
        if (made === null) result = excludeRecord(result);
        else result = type === undefined ? { ...result, document: made } : splitDocument(result, made, type);
      }
      return result;
    },
  };
};

const createDocument = async (index: AnyIndex, document: JsonObject, context: PluginContext<unknown, unknown>) =>
  index.document === undefined ? document : index.document(document, context);

const excludeRecord = (record: IndexedRecord): IndexedRecord => ({
  ...record,
  document: null,
  ...(record.adminDocument !== undefined && { adminDocument: null }),
});

/** Moves the fields that only administrators see to a document of their own. */
const splitDocument = (
  record: IndexedRecord,
  made: JsonObject,
  { mapping, adminOnlyFields }: TypeManifest,
): IndexedRecord => {
  const whole = mapping.dynamic === false ? pickMappedFields(made, mapping.properties) : made;
  return adminOnlyFields.length === 0
    ? { ...record, document: whole }
    : { ...record, document: omitFields(whole, adminOnlyFields), adminDocument: whole };
};
