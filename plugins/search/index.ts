import {
  type ChangeEvent,
  definePlugin,
  type Implementations,
  type Indexing,
  type IndexWrite,
  indexing,
  type JsonObject,
  need,
  type SearchEngine,
} from "@kintoun/kit";
import * as z from "zod";

/** Keeps a full-text index of every collection, for `POST …/search`. */
export const search = definePlugin({
  name: "search",
  about: "Makes records findable by full text: indexes, updates and unindexes them.",
  config: z
    .strictObject({
      /** The OpenSearch domain that serves in AWS. */
      domain: z
        .string()
        .regex(
          /^[a-z][a-z0-9-]{2,27}$/,
          "An OpenSearch domain's name has 3 to 28 lower-case letters, digits and dashes",
        )
        .optional(),
      buckets: z.array(z.string()).optional(),
      collections: z.array(z.string()).optional(),
    })
    .default({}),
  needs: ({ domain }) => ({ engine: need.search({ domain }) }),
  interfaces: [indexing],
  setup: ({ resources, use }) => ({ ...resources, indexes: use(indexing) }),
  listeners: {
    index: {
      on: ["record.create", "record.update", "record.delete", "collection.delete", "collection.purge"],
      buckets: ({ buckets }) => buckets,
      collections: ({ collections }) => collections,
      // The engine keeps the newest version of each record, whatever comes how often.
      idempotent: true,
      run: (event, { services }) => follow(services, [event]),
      // What has piled up is written in one call. More than ten would have to be waited for, a second at least, and be found that much later.
      batch: { size: 10, run: (events, { services }) => follow(services, events) },
    },
  },
});

/** Brings the index to where the store is: all records in one call, but for those of collections that are gone by then. */
const follow = async ({ engine, indexes }: Services, events: readonly ChangeEvent[]): Promise<void> => {
  const ended = new Set(events.flatMap(({ own_generation: life }) => life ?? []));
  const records = events.filter(
    ({ resource_name, parent_generation: life }) => resource_name === "record" && !ended.has(life),
  );
  const writes = await Promise.all(records.map(async (event) => writeOf(event, await documentOf(event, indexes))));
  if (writes.length > 0) await engine.write(writes);
  for (const life of ended) await engine.drop(life);
};

/** What is to be found of a record: what plugins' indexes make of it, or nothing. */
const documentOf = async (
  { bucket_id, collection_id, new: record }: ChangeEvent,
  indexes: Implementations<Indexing>,
): Promise<JsonObject | null> => {
  if (record === undefined) return null;
  const { document } = await indexes.chain("document", {
    bucket_id: String(bucket_id),
    collection_id: String(collection_id),
    document: record,
  });
  return document;
};

interface Services {
  readonly engine: SearchEngine;
  readonly indexes: Implementations<Indexing>;
}

const writeOf = (
  { parent_generation: life, record_id, timestamp }: ChangeEvent,
  document: JsonObject | null,
): IndexWrite => ({
  index: life,
  id: String(record_id),
  version: timestamp,
  document,
});
