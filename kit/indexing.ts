import type { JsonObject } from "../lib/json.ts";
import { isAmong } from "../lib/util/is-among.ts";
import { defineInterface } from "./interface.ts";
import { type CollectionFilter, resolveCollectionFilter } from "./places.ts";
import type { PluginContext } from "./tools.ts";

/** What is found of some records by full text, where it is not the records as they stand. */
export interface IndexDefinition<Config, Services> extends CollectionFilter<Config> {
  /** One sentence. */
  readonly about: string;
  /** What to index of a record, or of what the index before made of it; `null` leaves it out. */
  readonly document: (
    document: JsonObject,
    tools: PluginContext<Config, Services>,
  ) => JsonObject | null | Promise<JsonObject | null>;
}

/** A record on its way into an index. */
export interface IndexedRecord {
  readonly bucket_id: string;
  readonly collection_id: string;
  readonly document: JsonObject | null;
}

/** What all plugins' `indexes` are to whoever keeps one. */
export interface Indexing {
  readonly document: (indexed: IndexedRecord) => Promise<IndexedRecord>;
}

export const indexing = defineInterface<Indexing>("indexing");

/** What the indexes of a plugin are called among its implementations, unlike any that its author names. */
export const INDEXING_PART = "(indexes)";

/** A plugin's indexes as what implements {@link indexing}: one after the other, those that hold where the record is, until one leaves it out. */
export const createIndexing = <Config, Services>(
  indexes: Readonly<Record<string, IndexDefinition<Config, Services>>>,
  tools: PluginContext<Config, Services>,
): Indexing => ({
  document: async (indexed) => {
    let { document } = indexed;
    for (const index of Object.values(indexes)) {
      const { buckets, collections } = resolveCollectionFilter(index, tools.config);
      const here = isAmong(buckets, indexed.bucket_id) && isAmong(collections, indexed.collection_id);
      if (here && document !== null) document = await index.document(document, tools);
    }
    return { ...indexed, document };
  },
});
