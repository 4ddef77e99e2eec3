import { createHash } from "node:crypto";
import type { JsonObject } from "../../../lib/json.ts";
import { WORD_SIMILARITY } from "./word-score.ts";

/** All indexes and aliases begin with it. */
export const INDEX_PREFIX = "kintoun-";

/**
 * Name of the alias of a type's index, for example `kintoun-record`. OpenSearch allows no upper-case letters and no
 * colons: `OS::Neutron::Net` becomes `kintoun-os_neutron_net_` and a hash, which tells similar names apart.
 */
export const toAlias = (type: string): string => {
  if (/^[a-z][a-z0-9_-]{0,63}$/.test(type)) return INDEX_PREFIX + type;
  const readable = type.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return `${INDEX_PREFIX}${readable.slice(0, 64)}_${createHash("sha256").update(type).digest("hex").slice(0, 8)}`;
};

/** Name of a type's index. Each rebuild of a type makes one with the next number. */
export const toIndexName = (type: string, number: number): string => `${toAlias(type)}-${number}`;

/** Name of the alias of the index that is being built for a type. */
export const toBuildAlias = (type: string): string => `${toAlias(type)}-build`;

/** Whether a name is that of an index, and not of an alias. */
export const isIndexName = (name: string): boolean => /-[1-9]\d{0,8}$/.test(name);

/** The number in the name of a type's index; `undefined` for the name of something else. */
export const toIndexNumber = (type: string, name: string): number | undefined => {
  const prefix = `${toAlias(type)}-`;
  const number = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^[1-9]\d{0,8}$/.test(number) ? Number(number) : undefined;
};

/** Maximum number of the mapping's fields. It has no fields of records, so more of them are a mistake. */
const MAX_MAPPED_FIELDS = 100;
/** Maximum number of fields of one document, those in nested objects included. OpenSearch's default. */
export const MAX_LEAVES = 10_000;
/** Depth of nested arrays in nested arrays whose objects are searched on their own. */
export const MAX_NESTED_DEPTH = 3;
/** A collection is in one of them, so that they share the work of many collections. */
const NUMBER_OF_SHARDS = 3;
/** Number of positions between two texts of a field, so that no phrase matches across them. */
const TEXT_GAP = 1000;

/**
 * What a document has at one path (`p`): the folded words (`t`) and stems (`s`) of its texts, and its values (`v`, see
 * `encodeValue`). `o` has what sorts compare: dates instead of the texts that are dates. `d` and `l` are dates
 * and points. Numeric aggregations use `n`: numbers, and dates in milliseconds. Date histograms use `i`, the same as
 * dates. `w` is the number of words.
 */
const toLeaf = (isServerless: boolean): JsonObject => {
  // Serverless documents no similarity of its own. With this one, a word counts by how rare it is.
  const words = { type: "text", analyzer: "whitespace", similarity: isServerless ? "boolean" : "kintoun" };
  return {
    type: "nested",
    dynamic: false,
    properties: {
      p: { type: "keyword" },
      t: { ...words, position_increment_gap: TEXT_GAP },
      s: words,
      k: { type: "keyword", index: false },
      w: { type: "integer", index: false },
      v: { type: "keyword" },
      o: { type: "keyword", index: false },
      n: { type: "double" },
      d: { type: "date", format: "epoch_millis" },
      i: { type: "date", format: "epoch_millis", index: false },
      l: { type: "geo_point" },
    },
  };
};

/** A document, or an object of a nested array (`at`) in it: its fields, the paths that are present, and its objects. */
const toPart = (depth: number, isServerless: boolean): JsonObject => ({
  paths: { type: "keyword", doc_values: false },
  leaf: toLeaf(isServerless),
  ...(depth > 0 && {
    item: {
      type: "nested",
      dynamic: false,
      properties: { at: { type: "keyword" }, ...toPart(depth - 1, isServerless) },
    },
  }),
});

/**
 * The template of all indexes. A record is known by its generation (`g`) and id, and has the revision `r`. A deleted one
 * stays as a tombstone (`gone`, milliseconds since 1970), because OpenSearch's own memory of deletions
 * (`index.gc_deletes`) does not survive a restart. `position` is in one document per generation, and `settings` in another: see `positions.ts`.
 *
 * The mapping names no field of a record. So records cannot have conflicting types or grow the cluster state, and
 * 10,000 different keys need no more fields than one. Texts are indexed as the words of `core/search/analysis`, so that
 * all engines split alike. Of documents only the position is kept: hits are read from the
 * store.
 */
export const toIndexTemplate = (isServerless: boolean): JsonObject => ({
  index_patterns: [`${INDEX_PREFIX}*`],
  priority: 500,
  template: {
    settings: {
      index: {
        "mapping.total_fields.limit": MAX_MAPPED_FIELDS,
        ...(!isServerless && {
          "mapping.nested_objects.limit": MAX_LEAVES,
          number_of_shards: NUMBER_OF_SHARDS,
          auto_expand_replicas: "0-1",
          similarity: { kintoun: WORD_SIMILARITY },
        }),
      },
    },
    mappings: {
      dynamic: false,
      _source: { includes: ["position", "settings"] },
      ...(!isServerless && { _routing: { required: true } }),
      properties: {
        g: { type: "keyword" },
        id: { type: "keyword" },
        r: { type: "long" },
        gone: { type: "long" },
        position: { type: "long" },
        settings: { type: "keyword" },
        ...toPart(MAX_NESTED_DEPTH, isServerless),
      },
    },
  },
});
