import { createHash } from "node:crypto";
import type { RecordDocuments } from "../../core/ports/search-engine.ts";
import type { IndexDocuments } from "../../core/search/search-target.ts";
import { type IndexedRecord, indexing } from "../../kit/parts/indexes.ts";
import type { AppContext } from "../app-context.ts";
import { findImplementations } from "./implementations.ts";

/** What the `indexes` of all plugins make of records. Their plugins are started when the first document is made. */
export const createIndexDocuments = (app: AppContext): IndexDocuments => {
  const { plugins } = app.config;
  const implementations = findImplementations(app, indexing, () => {});
  const hasIndexes = plugins.some(({ indexes }) => Object.keys(indexes).length > 0);
  return {
    hash: createHash("sha256")
      .update(JSON.stringify(plugins.map(({ name, indexes }) => [name, indexes])))
      .digest("hex"),
    create: async (collection, record, variant) => {
      if (!hasIndexes) return record;
      const bucket_id = String(collection.list.parent?.id);
      const made: IndexedRecord = { bucket_id, collection_id: collection.id, document: record };
      const { document, adminDocument } = await implementations.chain("document", made);
      return variant === "admin" && document !== null ? (adminDocument ?? document) : document;
    },
  };
};

/** What the `indexes` of all plugins make of records: the documents of all users and of administrators. */
export const createRecordDocuments = (app: AppContext): RecordDocuments => {
  const implementations = findImplementations(app, indexing, () => {});
  return (collection, record) =>
    implementations.chain("document", {
      bucket_id: String(collection.list.parent?.id),
      collection_id: collection.id,
      document: record,
    });
};
