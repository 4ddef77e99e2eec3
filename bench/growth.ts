/**
 * Measures whether requests cost more in larger stores. Fills data folders by the store's own commits, then sends the same
 * requests to copies of them, in turns. Writes its tables to RESULTS.md and docs/operations/performance.md, and a picture
 * to docs/operations/growth.svg, if the sizes are those of the defaults.
 *
 * npm run bench:growth -- [--records N,N] [--buckets N,N] [--removed N,N] [--purged N,N] [--rounds N] [--data FOLDER] [--only PART]
 *
 * --records N,N   records in a collection; pages need a thousand or more
 * --buckets N,N   buckets, a thousand or more: as many shared objects are read per request
 * --removed N,N   records in a collection that is deleted by pages
 * --purged N,N    records in a collection that is deleted as a whole
 * --rounds N      turns of 40 requests at each store
 * --data FOLDER   keeps the filled folders, and uses those that are there
 * --only PART     requests, or memory
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type MemoryFigure, measureMemory } from "./growth-memory.ts";
import { drawGrowth } from "./growth-picture.ts";
import { measureBucketRequests, measureRecordRequests, measureWholeLists } from "./growth-requests.ts";
import { prepareBuckets, prepareRecords } from "./growth-stores.ts";
import { formatMemory, formatRequests, formatSummary, toRatios } from "./growth-tables.ts";
import { describeMachine } from "./server.ts";

const DEFAULTS = {
  records: "1000,100000,1000000",
  buckets: "1000,10000",
  removed: "1000,10000,100000",
  purged: "1000,10000,100000",
} as const;
const { values } = parseArgs({
  options: {
    records: { type: "string", default: DEFAULTS.records },
    buckets: { type: "string", default: DEFAULTS.buckets },
    removed: { type: "string", default: DEFAULTS.removed },
    purged: { type: "string", default: DEFAULTS.purged },
    rounds: { type: "string", default: "5" },
    data: { type: "string" },
    only: { type: "string" },
  },
});

const root = join(import.meta.dirname, "..");
const RESULTS = join(root, "bench/RESULTS.md");
const OPERATIONS = join(root, "docs/operations");
/** Longer lists have more than a request may read. */
const MAX_WHOLE_LIST_RECORDS = 200_000;
const isDefault = (Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]).every((name) => values[name] === DEFAULTS[name]);

/** Prints a text, and puts it between the markers of a page if the sizes are the default ones. */
const publish = (page: string, marker: string, content: string): void => {
  console.log(`\n${content}\n`);
  if (!isDefault) return;
  const between = new RegExp(`(<!-- ${marker} -->)[\\s\\S]*(<!-- /${marker} -->)`);
  writeFileSync(page, readFileSync(page, "utf8").replace(between, `$1\n${content}\n$2`));
};

const heading = `${new Date().toISOString().slice(0, 10)}, ${describeMachine()}.`;
const data = values.data ?? mkdtempSync(join(tmpdir(), "kintoun-growth-data-"));

const prepareAll = async (sizes: string, prepare: (data: string, count: number) => Promise<string>) => {
  const folders = new Map<number, string>();
  for (const size of sizes.split(",").map(Number)) folders.set(size, await prepare(data, size));
  return folders;
};

const measureRequests = async (): Promise<void> => {
  const records = await prepareAll(values.records, prepareRecords);
  const buckets = await prepareAll(values.buckets, prepareBuckets);
  const readable = new Map([...records].filter(([size]) => size <= MAX_WHOLE_LIST_RECORDS));
  const wholeFigures = await measureWholeLists(readable);
  publish(RESULTS, "growth-whole", `${heading}\n\n${formatRequests(wholeFigures, "records")}`);
  const recordFigures = await measureRecordRequests(records, Number(values.rounds));
  const bucketFigures = await measureBucketRequests(buckets, Number(values.rounds));
  const tables = [formatRequests(recordFigures, "records"), formatRequests(bucketFigures, "buckets")];
  publish(RESULTS, "growth", `${heading}\n\n${tables.join("\n\n")}`);
  const summary = [formatSummary(recordFigures, "records"), formatSummary(bucketFigures, "buckets")].join("\n\n");
  publish(join(OPERATIONS, "performance.md"), "growth", summary);
  if (isDefault)
    writeFileSync(join(OPERATIONS, "growth.svg"), drawGrowth(toRatios([...recordFigures, ...bucketFigures])));
};

const measureAllMemory = async (): Promise<void> => {
  const records = await prepareAll(values.records, prepareRecords);
  const removed = await prepareAll(values.removed, prepareRecords);
  const purged = await prepareAll(values.purged, prepareRecords);
  const figures: MemoryFigure[] = [];
  for (const [work, folders] of [
    ["list all pages", records],
    ["delete all pages", removed],
    ["purge", purged],
  ] as const)
    for (const [size, folder] of folders) figures.push(await measureMemory(work, size, folder));
  publish(RESULTS, "growth-memory", `${heading}\n\n${formatMemory(figures)}`);
  publish(join(OPERATIONS, "performance.md"), "growth-memory", formatMemory(figures));
};

try {
  if (values.only !== "memory") await measureRequests();
  if (values.only !== "requests") await measureAllMemory();
} finally {
  if (values.data === undefined) rmSync(data, { recursive: true, force: true });
}
