import { type ActionRef, definePlugin, jsonResponse, need } from "@kintoun/kit";
import * as z from "zod";
import { countChange } from "./count-change.ts";
import { collectionKey, readCounter, removeCounters, TOTAL } from "./counters.ts";
import { bucketQuota, collectionQuota, options, type Quota } from "./options.ts";
import { recountBucket } from "./recount.ts";

const params = z.object({ bucket: z.string().describe("id of the bucket") });
const recount: ActionRef<z.input<typeof params>> = { name: "recount", params };

/** Limits what buckets and collections may hold. */
export const quotas = definePlugin({
  name: "quotas",
  about: "Limits the size and the number of objects in buckets and collections.",
  config: options,
  needs: () => ({
    state: need.state(),
    recount: need.action(recount),
    data: need.scope(need.data({ read: ["/buckets/*"] }), "api-and-own-worker"),
  }),
  setup: ({ config, resources: { state, recount, data } }) => ({
    state,
    data,
    count: {
      config,
      state,
      startCount: async (bucket: string) => {
        await recount.start({ bucket }, { key: `first-count-of-${bucket}` });
      },
    },
  }),
  hooks: {
    before: {
      count: {
        on: [
          "bucket.create",
          "bucket.update",
          "bucket.delete",
          "group.create",
          "group.update",
          "group.delete",
          "collection.create",
          "collection.update",
          "collection.delete",
          "record.create",
          "record.update",
          "record.delete",
        ],
        run: async (change, { services }) => {
          await countChange(services.count, change);
        },
      },
    },
  },
  listeners: {
    clean: {
      on: ["bucket.delete"],
      idempotent: true,
      run: async ({ bucket_id: bucket = "" }, { services: { state, data } }) => removeCounters(state, data, bucket),
    },
  },
  routes: {
    "GET /buckets/:bucket/quota": {
      about: "Returns how much of its quota a bucket uses.",
      permission: { on: "/buckets/:bucket", permission: "read" },
      responses: { 200: "The numbers of the bucket and its quota." },
      run: async ({ params: { bucket } }, { config, services: { state } }) => {
        const total = await readCounter(state, bucket, TOTAL);
        const { bytes = 0, items = 0, collections = 0, counted = 0 } = total ?? {};
        return jsonResponse({
          data: {
            storage_size: bytes,
            record_count: items,
            collection_count: collections,
            ...describeQuota(bucketQuota(config, bucket)),
            ...(counted === 0 && { counting: true }),
          },
        });
      },
    },
    "GET /buckets/:bucket/collections/:collection/quota": {
      about: "Returns how much of its quota a collection uses.",
      permission: { on: "/buckets/:bucket/collections/:collection", permission: "read" },
      responses: { 200: "The numbers of the collection and its quota." },
      run: async ({ params: { bucket, collection } }, { config, services: { state } }) => {
        const total = await readCounter(state, bucket, TOTAL);
        const counter = await readCounter(state, bucket, collectionKey(total?.epoch, collection));
        return jsonResponse({
          data: {
            storage_size: counter?.bytes ?? 0,
            record_count: counter?.items ?? 0,
            ...describeQuota(collectionQuota(config, bucket, collection)),
            ...((total?.counted ?? 0) === 0 && { counting: true }),
          },
        });
      },
    },
  },
  actions: {
    recount: {
      about: "Counts what is in a bucket, and repairs its counters.",
      on: ["server"],
      principals: ({ recountPrincipals }) => recountPrincipals,
      params,
      timeLimit: 7 * 24 * 3600,
      retries: 20,
      run: async ({ params: { bucket }, job }, { services: { state, data } }) => {
        const onProgress = (objects: number) => job.checkpoint({ objects });
        const { before, after } = await recountBucket({ state, data, onProgress }, bucket, { resume: true });
        return { before: { ...before }, after: { ...after } };
      },
    },
  },
  commands: {
    recount: {
      about: "Counts what is in buckets, and repairs their counters.",
      flags: z.strictObject({ bucket: z.array(z.string()).min(1) }),
      run: async ({ flags, print, signal }, { services: { state, data } }) => {
        for (const bucket of flags.bucket) {
          const onProgress = async () => signal.throwIfAborted();
          const { before, after } = await recountBucket({ state, data, onProgress }, bucket, { resume: false });
          const show = (name: string) => `${before?.[name] ?? "not counted"} -> ${after?.[name] ?? 0}`;
          print(`${bucket}: bytes ${show("bytes")}, records ${show("items")}, collections ${show("collections")}`);
        }
      },
    },
  },
});

const describeQuota = ({ maxBytes, maxItems, maxBytesPerItem }: Quota) => ({
  ...(maxBytes !== undefined && { max_bytes: maxBytes }),
  ...(maxItems !== undefined && { max_items: maxItems }),
  ...(maxBytesPerItem !== undefined && { max_bytes_per_item: maxBytesPerItem }),
});
