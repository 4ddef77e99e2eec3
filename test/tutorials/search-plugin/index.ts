import { checkSearchBody, definePlugin, jsonResponse, need } from "@kintoun/kit";
import * as z from "zod";
import { Indexer } from "./indexer.ts";

const COLLECTION = "/buckets/:bucket_id/collections/:collection_id";

/** Finds records in OpenSearch or Elasticsearch, at the path of the store's own search. */
export const elasticsearch = definePlugin({
  name: "kinto-elasticsearch",
  about: "Finds records in a search engine.",
  config: z.object({ host: z.string().default("http://localhost:9200") }).default({ host: "http://localhost:9200" }),
  needs: () => ({ data: need.data({ read: ["/buckets/*"] }) }),
  setup: ({ config, resources, log }) => {
    log.info("I am the ElasticSearch plugin!");
    return { data: resources.data, indexer: new Indexer(config.host) };
  },
  teardown: ({ services }) => services.indexer.close(),
  routes: {
    [`POST ${COLLECTION}/search`]: {
      about: "Searches a collection.",
      // Checks that the user has the permission before the search.
      permission: { on: COLLECTION, permission: "read" },
      run: async ({ params, json }, { services: { data, indexer }, log }) => {
        const body = json() ?? {};
        // Throws a 400 for scripts and for queries that read other indexes.
        await checkSearchBody(body);
        const collection = await data.get(`/buckets/${params.bucket_id}/collections/${params.collection_id}`);
        try {
          return {
            status: 200,
            body: JSON.stringify(await indexer.search(collection?.generation ?? "", Object(body))),
          };
        } catch (error) {
          log.error("The search failed", { error });
          return jsonResponse({});
        }
      },
    },
  },
  listeners: {
    index: {
      on: ["record.create", "record.update", "record.delete"],
      idempotent: true,
      run: async (event, { services: { data, indexer } }) => {
        const collection = await data.get(`/buckets/${event.bucket_id}/collections/${event.collection_id}`);
        // The index of a deleted collection is deleted too.
        if (collection?.generation !== event.parent_generation) return;
        await indexer.createIndex(event.parent_generation, collection.data);
        await indexer.writeRecord(event);
      },
    },
    collections: {
      on: ["collection.create", "collection.update", "collection.delete", "collection.purge"],
      idempotent: true,
      run: async ({ own_generation = "", new: collection }, { services: { indexer } }) => {
        if (collection === undefined) return indexer.deleteIndex(own_generation);
        await indexer.createIndex(own_generation, collection);
        await indexer.updateMapping(own_generation, collection);
      },
    },
  },
});
