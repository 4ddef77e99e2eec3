import { isDeepStrictEqual } from "node:util";
import { definePlugin, jsonResponse, need, refuse } from "@kintoun/kit";
import { findKey, redirectToAttachment, redirectToFile } from "./downloads.ts";
import { checkFile, followRecord } from "./follow-records.ts";
import { keepsOldFiles, options } from "./options.ts";
import { openRegistry } from "./registry.ts";
import { passOn } from "./save-record.ts";
import { makeThumbnail, THUMBNAIL_PREFIX, type ThumbnailTask, thumbnailTask } from "./thumbnails.ts";
import { attachFile, confirmInput, confirmUpload, createInput, createUpload, toId, toUri } from "./uploads.ts";

const RECORD = "/buckets/:bucket/collections/:collection/records/:record";
const WRITERS = { on: RECORD, permission: "save" } as const;
const READERS = { on: RECORD, permission: "read" } as const;

/** How long S3 keeps a thumbnail. It is made again when it is asked for. */
const THUMBNAIL_DAYS = 30;
/** How long a thumbnail is not ordered again. */
const ORDER_MS = 60_000;
/** Files that a sweep has checked between two checkpoints. */
const CHECKPOINT_FILES = 100;

/**
 * Attaches files to records, as kinto-attachment does. Files are in S3; large ones go there directly.
 * @example
 * attachments({ extensions: "images+pdf", maxBytes: 100_000_000, resources: { "blog/covers": { extensions: "images" } } });
 */
export const attachments = definePlugin({
  name: "attachments",
  about: "Adds file attachments to records.",
  url: "https://github.com/Kinto/kinto-attachment",
  capabilityFields: ({ baseUrl, extraBaseUrl }) => ({ base_url: extraBaseUrl ?? baseUrl }),
  config: options,
  needs: () => ({
    files: need.scope(
      need.files({ deleteScope: "own-worker", expireDays: { [THUMBNAIL_PREFIX]: THUMBNAIL_DAYS } }),
      "api-and-own-worker",
    ),
    state: need.state(),
    data: need.scope(need.data({ read: ["/buckets/*"] }), "own-worker"),
    queue: need.scope(need.queue("thumbnails", thumbnailTask), "api-and-own-worker"),
  }),
  setup: ({ config, resources: { files, state, data, queue }, now }) => ({
    config,
    files,
    data,
    queue,
    now,
    registry: openRegistry(state, now),
    addOrder: ({ key, size }: ThumbnailTask) =>
      state.add("orders", `${size}/${key}`, true, { expires: now() + ORDER_MS }),
  }),

  hooks: {
    before: {
      protect: {
        on: ["record.create", "record.update"],
        run: async ({ new: after, old, uri }, { services }) => {
          const [present, next] = [old?.attachment, after.attachment];
          if (next === undefined || next === null || isDeepStrictEqual(present, next)) return;
          const key = findKey(services, next);
          const entry = key === undefined ? undefined : await services.registry.get(key);
          if (entry?.uri === uri && entry.status === "ready" && isDeepStrictEqual(entry.attachment, next)) return;
          throw refuse(
            400,
            "The field 'attachment' describes a file and cannot be written. Send the file to the record's path with /attachment.",
          );
        },
      },
      end: {
        on: ["record.delete", "collection.delete", "bucket.delete"],
        run: async ({ uri }, { config, services }) => {
          if (keepsOldFiles(config)) await services.registry.endKept(uri);
        },
      },
    },
  },

  listeners: {
    follow: {
      on: ["record.update", "record.delete", "record.purge"],
      where: () => ({ old: { attachment: { location: [{ exists: true }] } } }),
      idempotent: true,
      run: (event, { services }) => followRecord(services, event),
    },
  },

  transfer: {
    record: {
      // Functions never need it.
      pack: async (record, { services }) => (await import("./transfer.ts")).packRecord(record, services),
      unpack: async (record, { services }) => (await import("./transfer.ts")).unpackRecord(record, services),
    },
  },

  inbound: {
    thumbnails: {
      about: "Makes thumbnails of images.",
      schema: thumbnailTask,
      idempotent: true,
      batch: { size: 1 },
      run: ({ detail }, { services, log }) => makeThumbnail(services, detail, log),
    },
  },

  schedules: {
    sweep: {
      about: "Deletes files that no record names a day after their upload.",
      cron: "17 */6 * * *",
      run: async ({ job }, { services }) => {
        let [checked, deleted] = [0, 0];
        for await (const check of services.registry.dueChecks()) {
          if (await checkFile(services, check)) deleted++;
          if (++checked % CHECKPOINT_FILES === 0) await job.checkpoint({ checked, deleted });
        }
        return { checked, deleted };
      },
    },
  },

  routes: {
    "POST /buckets/:bucket/collections/:collection/records/:record/attachment": {
      about: "Attaches the file of a form to a record, which is created if it does not exist.",
      permission: WRITERS,
      responses: { 200: "The attachment.", 201: "The attachment of a new record." },
      run: (request, { services }) => attachFile(services, request),
    },
    "GET /buckets/:bucket/collections/:collection/records/:record/attachment": {
      about: "Redirects to the file of a record, or to a thumbnail.",
      permission: READERS,
      responses: { 202: "The thumbnail is being made.", 307: "The file." },
      run: (request, { services }) => redirectToAttachment(services, request),
    },
    "DELETE /buckets/:bucket/collections/:collection/records/:record/attachment": {
      about: "Removes the file of a record.",
      permission: { on: RECORD, permission: "write" },
      responses: { 204: "The record has no attachment any more." },
      run: async ({ params, headers, send }) => {
        const { "if-match": ifMatch } = headers;
        const saved = await send({
          method: "PATCH",
          path: toUri(params),
          body: { data: { attachment: null } },
          headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
        });
        return saved.status === 200 ? { ...passOn(saved), status: 204, body: null } : passOn(saved);
      },
    },
    "POST /buckets/:bucket/collections/:collection/records/:record/attachment/uploads": {
      about: "Begins an upload of a file to S3.",
      permission: WRITERS,
      input: createInput,
      responses: { 201: "The request to send." },
      run: async (request, { services }) => jsonResponse(await createUpload(services, request), { status: 201 }),
    },
    "POST /buckets/:bucket/collections/:collection/records/:record/attachment/uploads/:upload": {
      about: "Attaches an uploaded file to a record, which is created if it does not exist.",
      permission: WRITERS,
      input: confirmInput,
      responses: { 200: "The attachment.", 201: "The attachment of a new record.", 404: "There is no such upload." },
      run: (request, { services }) => confirmUpload(services, request),
    },
    "GET /buckets/:bucket/collections/:collection/records/:record/attachment/files/:file": {
      about: "Redirects to a file of a record by its id.",
      permission: READERS,
      responses: { 307: "The file." },
      run: (request, { services }) => redirectToFile(services, request),
    },
    "GET /attachments/*": {
      about: "Redirects to a file by its location.",
      rewrite: async ({ path }, { services }) => {
        const key = path.slice("/attachments/".length);
        const entry = await services.registry.get(key);
        if (entry === undefined) throw refuse(404);
        return { path: `${entry.uri}/attachment/files/${toId(key)}` };
      },
    },
  },
});
