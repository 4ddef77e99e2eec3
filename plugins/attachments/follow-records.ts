import { isDeepStrictEqual } from "node:util";
import type { ChangeEvent, Data, Files } from "@kintoun/kit";
import { findKey } from "./downloads.ts";
import { type Options, readSettings } from "./options.ts";
import type { FileCheck, FileEntry, Registry } from "./registry.ts";
import { THUMBNAIL_PREFIX } from "./thumbnails.ts";

export interface WorkerServices {
  readonly config: Options;
  readonly files: Files;
  readonly registry: Registry;
  readonly data: Data;
}

/** Deletes the file that a record has named until a change, unless the options keep it. */
export const followRecord = async (services: WorkerServices, event: ChangeEvent): Promise<void> => {
  const { config, registry } = services;
  const { bucket_id: bucket = "", collection_id: collection = "" } = event;
  if (isDeepStrictEqual(event.old?.attachment, event.new?.attachment)) return;
  const key = findKey(services, event.old?.attachment);
  const entry = key === undefined ? undefined : await registry.get(key);
  // A record may have got the name of another record's file before the plugin was active.
  if (key === undefined || entry?.uri !== event.uri) return;
  if (readSettings(config, { bucket, collection }).keepOldFiles) await registry.setKept(key);
  else await deleteUnused(services, key, entry);
};

/** Deletes a file that no record has named a day after its upload began. */
export const checkFile = async (services: WorkerServices, check: FileCheck): Promise<boolean> => {
  const { registry, files } = services;
  const entry = await registry.get(check.key);
  // A URL may still have been valid when the file was deleted.
  if (entry === undefined) await files.delete(check.key);
  const isDeleted = entry === undefined || (entry.kept !== true && (await deleteUnused(services, check.key, entry)));
  await registry.endCheck(check);
  return isDeleted;
};

/** Deletes a file, unless its record names it. Returns whether it did. */
const deleteUnused = async (
  { config, data, files, registry }: WorkerServices,
  key: string,
  { uri, attachment }: FileEntry,
): Promise<boolean> => {
  // From here on no record can get the file.
  const before = await registry.setRemoving(key);
  if (before === undefined) return false;
  const record = await data.get(uri);
  if (isDeepStrictEqual(record?.data.attachment, attachment)) {
    await registry.setReady(key);
    return false;
  }
  await Promise.all([
    files.delete(key),
    ...config.thumbnails.map((size) => files.delete(`${THUMBNAIL_PREFIX}${size}/${key}`)),
  ]);
  await registry.delete(key);
  return true;
};
