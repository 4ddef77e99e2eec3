import { createHash } from "node:crypto";
import type { Data, JsonObject } from "@kintoun/kit";
import type { Options } from "./options.ts";

/** Lists whose timestamps are read at a time. */
const PARALLEL_READS = 20;
/** Entries of a response at most. */
const MAX_ENTRIES = 10_000;

/** Returns the timestamps of the collections in the options: one entry per collection. */
export const listEntries = async (data: Data, { resources, host }: Options): Promise<readonly JsonObject[]> => {
  const collections = new Set<string>();
  for (const uri of resources) {
    if (uri.includes("/collections/")) collections.add(uri);
    else for await (const { id } of listCollections(data, uri)) collections.add(`${uri}/collections/${String(id)}`);
    if (collections.size > MAX_ENTRIES)
      throw new RangeError(`The resources have more than ${MAX_ENTRIES} collections. Name fewer in the options`);
  }
  const entries: JsonObject[] = [];
  const uris = [...collections];
  for (let start = 0; start < uris.length; start += PARALLEL_READS)
    entries.push(
      ...(await Promise.all(uris.slice(start, start + PARALLEL_READS).map((uri) => readEntry(data, uri, host)))).flat(),
    );
  return entries;
};

/** The ids of a bucket's collections; none if there is no bucket. */
async function* listCollections(data: Data, bucket: string) {
  if ((await data.summarize(`${bucket}/collections`)) !== undefined)
    yield* data.list(`${bucket}/collections`, { _fields: "id" });
}

const readEntry = async (data: Data, uri: string, host: string): Promise<readonly JsonObject[]> => {
  const summary = await data.summarize(`${uri}/records`);
  if (summary?.timestamp === undefined) return [];
  const [, , bucket = "", , collection = ""] = uri.split("/");
  return [{ id: toId(host + uri), last_modified: summary.timestamp, bucket, collection, host }];
};

/** As in kinto-changes, so that clients keep their entries: a UUID of the bytes of an MD5 hash. */
const toId = (text: string): string =>
  createHash("md5")
    .update(text)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
