import { isDeepStrictEqual } from "node:util";
import {
  type ActionStarter,
  type ChangeEvent,
  definePlugin,
  type Implementations,
  type IndexedRecord,
  type Indexing,
  type IndexWrite,
  indexing,
  type Job,
  type JsonObject,
  need,
  type SearchEngine,
} from "@kintoun/kit";
import * as z from "zod";

/** Time of all attempts together. */
const MAX_REINDEX_SECONDS = 24 * 3600;

/** Maintains a full-text index of every collection, for `POST …/search`. */
export const search = definePlugin({
  name: "search",
  about: "Maintains a full-text index of the records.",
  config: z
    .strictObject({
      /** Name of the OpenSearch domain, for stacks in AWS. */
      domain: z
        .string()
        .regex(
          /^[a-z][a-z0-9-]{2,27}$/,
          "must be the name of an OpenSearch domain: 3 to 28 lowercase letters, digits and dashes",
        )
        .optional(),
      /** A collection of OpenSearch Serverless, which the stack creates, instead of a domain. */
      serverless: z
        .strictObject({
          name: z
            .string()
            .regex(
              /^[a-z][a-z0-9-]{2,23}$/,
              "must be a name for a collection: 3 to 24 lowercase letters, digits and dashes, first a letter",
            ),
          /** Maximum capacity for searches and for writes, each in OpenSearch Compute Units. */
          maxOcu: z.int().min(1).max(96).default(2),
          /** ARNs of the IAM roles and users that may run `kintoun search`. */
          operators: z.array(z.string().startsWith("arn:")).default([]),
        })
        .optional(),
      /** Ids of the indexed buckets; `*` in an id matches any characters. Default: all buckets. */
      buckets: z.array(z.string()).optional(),
      /** Ids of the indexed collections, likewise. Default: all collections. */
      collections: z.array(z.string()).optional(),
    })
    .refine(({ domain, serverless }) => domain === undefined || serverless === undefined, {
      path: ["serverless"],
      message: "cannot be combined with domain. Keep one of them",
    })
    .default({}),
  needs: ({ domain, serverless }) => ({
    engine: need.search({ domain, serverless }),
    rebuilding: need.action({ name: "reindex" }),
  }),
  interfaces: [indexing],
  setup: ({ resources, use }) => ({ ...resources, indexes: use(indexing) }),
  actions: {
    reindex: {
      about: "Writes all records of a collection to the search index again.",
      on: ["collection"],
      buckets: ({ buckets }) => buckets,
      collections: ({ collections }) => collections,
      timeLimit: MAX_REINDEX_SECONDS,
      // The embedded engine follows the store. On a laptop, `--opensearch` may replace it.
      deployed: ({ domain, serverless }) => domain !== undefined || serverless !== undefined,
      run: ({ uri, job }, { services }) => reindex(services, String(uri), job),
    },
  },
  listeners: {
    index: {
      on: [
        "record.create",
        "record.update",
        "record.delete",
        "collection.update",
        "collection.delete",
        "collection.purge",
      ],
      buckets: ({ buckets }) => buckets,
      collections: ({ collections }) => collections,
      purgesExcluded: true,
      imports: true,
      // The engine keeps the newest version of each record, so repeated deliveries have no effect.
      idempotent: true,
      run: (event, { services }) => updateIndex(services, [event]),
      // For a batch of more than ten, SQS would wait for at least a second.
      batch: { size: 10, run: (events, { services }) => updateIndex(services, events) },
    },
  },
});

/**
 * Writes the changes of records to the index, except those of deleted collections, and drops the indexes of those. Writes
 * all records of a collection again whose settings were changed.
 */
const updateIndex = async (
  { engine, indexes, rebuilding }: Services,
  events: readonly ChangeEvent[],
): Promise<void> => {
  const [updated, others] = [events.filter(isCollectionUpdate), events.filter((event) => !isCollectionUpdate(event))];
  if (engine.maintenance !== undefined)
    for (const { id, uri } of updated.filter(changesSettings)) await rebuilding.start({}, { uri, key: id });
  const deleted = new Set(others.flatMap(({ own_generation }) => own_generation ?? []));
  const records = events.filter(
    ({ resource_name, parent_generation }) => resource_name === "record" && !deleted.has(parent_generation),
  );
  const writes = (await Promise.all(records.map((event) => createWrites(event, { engine, indexes })))).flat();
  if (writes.length > 0) await engine.write(writes);
  for (const generation of deleted) await engine.drop(generation);
};

const isCollectionUpdate = ({ resource_name, action }: ChangeEvent): boolean =>
  resource_name === "collection" && action === "update";

/** Whether documents of the records of a collection are others after a change of its metadata. */
const changesSettings = (event: ChangeEvent): boolean =>
  !isDeepStrictEqual(pickSettings(event.old ?? {}), pickSettings(event.new ?? {}));

/** The settings by which documents are made. Weights and facets are used by searches only. */
const pickSettings = ({ index, schema, ...metadata }: JsonObject): JsonObject => {
  const { language = null, nested = null, exclude = null } = (index ?? {}) as JsonObject;
  return { language, nested, exclude, schema: metadata["index:schema"] ?? schema ?? null };
};

/**
 * The writes of a record's documents, from the plugins' indexes: one for all users, and one for administrators. An engine
 * that follows the store takes no documents.
 */
const createWrites = async (
  event: ChangeEvent,
  { engine, indexes }: Pick<Services, "engine" | "indexes">,
): Promise<readonly IndexWrite[]> => {
  if (engine.followsStore === true) return [createWrite(event, null)];
  const record: IndexedRecord = {
    bucket_id: String(event.bucket_id),
    collection_id: String(event.collection_id),
    document: event.new ?? null,
  };
  const { document, adminDocument } = await indexes.chain("document", record);
  const write = createWrite(event, document);
  return adminDocument === undefined ? [write] : [write, { ...write, document: adminDocument, variant: "admin" }];
};

/**
 * Writes all records of a collection to the index again. Continues at the last checkpoint, which the job saves after each
 * page. An embedded engine follows the store by itself, so there is nothing to do.
 */
const reindex = async ({ engine, indexes }: Services, collection: string, job: Job): Promise<JsonObject> => {
  const { revision = 0, documents: before = 0 } = (job.state ?? {}) as { revision?: number; documents?: number };
  let documents = before;
  await engine.maintenance?.reindexCollection(collection, {
    documents: (ref, document) => {
      const record: IndexedRecord = { bucket_id: String(ref.list.parent?.id), collection_id: ref.id, document };
      return indexes.chain("document", record);
    },
    isIndexed: () => true,
    signal: job.signal,
    startAt: revision,
    onWrites: (count) => {
      documents += count;
    },
    onPosition: (position) => job.checkpoint({ revision: position, documents }),
    onStep: () => {},
  });
  job.signal.throwIfAborted();
  return { documents };
};

interface Services {
  readonly engine: SearchEngine;
  readonly indexes: Implementations<Indexing>;
  readonly rebuilding: ActionStarter<Record<string, never>>;
}

const createWrite = (
  { uri, parent_generation, record_id, timestamp, replay }: ChangeEvent,
  document: JsonObject | null,
): IndexWrite => ({
  list: uri.slice(0, uri.lastIndexOf("/")),
  index: parent_generation,
  id: String(record_id),
  version: timestamp,
  document,
  ...(replay !== undefined && { replay: true }),
});
