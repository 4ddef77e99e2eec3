import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fillList } from "./growth-fill.ts";
import { startGrowthServer } from "./growth-server.ts";

export const COLLECTION = "/buckets/growth/collections/c";
export const RECORDS = `${COLLECTION}/records`;
/** A record of about 110 bytes. */
export const BODY = JSON.stringify({
  data: { title: "A cloud at the edge of the sea", number: 42, tags: ["cloud", "sea"] },
});

/** Buckets that have a collection with a record. */
const FILLED_BUCKETS = 10;
const BUCKETS_PER_BATCH = 25;

export const bucketUri = (n: number): string => `/buckets/b${String(n).padStart(6, "0")}`;
/** Returns the list of records in one of the buckets that have records. */
export const recordsInBucket = (n: number): string => `${bucketUri(n % FILLED_BUCKETS)}/collections/c/records`;
export const recordUri = (n: number): string => `${RECORDS}/r${String(n).padStart(7, "0")}`;

/** Returns the data folder of a store with so many records in a collection. Makes it if it does not exist. */
export const prepareRecords = (data: string, count: number): Promise<string> =>
  prepare(join(data, `records-${count}`), async (folder) => {
    await using server = await startGrowthServer(folder);
    for (const path of ["/buckets/growth", COLLECTION]) await server.send("PUT", path);
    await server.send("PUT", recordUri(0), { body: BODY });
    await server.close();
    await fillList(folder, recordUri(0), count);
    await checkRecords(folder, count);
  });

/** Returns the data folder of a store with so many buckets. Makes it if it does not exist. */
export const prepareBuckets = (data: string, count: number): Promise<string> =>
  prepare(join(data, `buckets-${count}`), async (folder) => {
    await using server = await startGrowthServer(folder);
    for (let at = 0; at < count; at += BUCKETS_PER_BATCH) {
      const requests = Array.from({ length: Math.min(BUCKETS_PER_BATCH, count - at) }, (_, n) => ({
        path: bucketUri(at + n),
      }));
      await server.send("POST", "/batch", { body: JSON.stringify({ defaults: { method: "PUT" }, requests }) });
      if (at % 1000 === 0) console.error(`${at} of ${count} buckets`);
    }
    for (let n = 0; n < FILLED_BUCKETS; n++) {
      await server.send("PUT", `${bucketUri(n)}/collections/c`);
      await server.send("PUT", `${recordsInBucket(n)}/r`, { body: BODY });
    }
    await server.report("drain");
  });

/** Fills a folder under another name first, so that one that is not complete is not used. */
const prepare = async (folder: string, fill: (folder: string) => Promise<void>): Promise<string> => {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  console.error(`Filling ${folder}`);
  await fill(unfinished);
  renameSync(unfinished, folder);
  return folder;
};

/** Checks through the API that a list has its count, and that its newest pages join. */
const checkRecords = async (folder: string, count: number): Promise<void> => {
  await using server = await startGrowthServer(folder);
  const { headers } = await server.send("HEAD", RECORDS);
  const ids: string[] = [];
  let next: string | null = `${RECORDS}?_limit=300`;
  for (let page = 0; page < 3 && next !== null; page++) {
    const response: Response = await server.send("GET", next);
    const { data } = (await response.json()) as { data: { id: string }[] };
    ids.push(...data.map(({ id }) => id));
    next = response.headers.get("next-page");
  }
  const expected = Array.from({ length: Math.min(900, count) }, (_, n) =>
    recordUri(count - 1 - n)
      .split("/")
      .at(-1),
  );
  if (headers.get("total-objects") !== String(count) || ids.join() !== expected.join())
    throw new Error(`The list in ${folder} does not have the ${count} records that were written to it`);
};
