import { setTimeout as sleep } from "node:timers/promises";
import { basicauth } from "../plugins/basicauth/index.ts";
import { startBusyList } from "../test/concurrency/busy-list.ts";
import { startTestStore } from "../testing/test-store.ts";
import { describeMachine } from "./server.ts";

// npm run bench:contention -- [seconds]
// Functions with calls of 20 ms to DynamoDB write to one list, as fast as they can. A function that is answered 503 waits
// for Retry-After, as clients do. Other functions read the list. Each transaction that overlaps with another is canceled.

const SECONDS = Number(process.argv[2] ?? 20);
const WRITERS = [1, 3, 10, 30, 100];
const READERS = 4;
const CALL_MS = 20;
const IDLE_MS = 3000;
const RETRY_AFTER_SECONDS = 3;
/** Writers that send one record each and wait for Retry-After until it is accepted. */
const BURST_WRITERS = 100;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const open = async (writers: number) => {
  const store = await startTestStore({ plugins: [basicauth()] });
  const list = await startBusyList(store.cloud.options, {
    callMs: CALL_MS,
    writers,
    readers: READERS,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  return {
    list,
    [Symbol.asyncDispose]: async () => {
      await list[Symbol.asyncDispose]();
      await store.close();
    },
  };
};

type BusyList = Awaited<ReturnType<typeof open>>["list"];

/** Returns the median time of reads of the list and of a record during some work, in ms. */
const measureReads = async (
  list: BusyList,
  work: () => Promise<unknown>,
): Promise<{ list: number; record: number }> => {
  const reads = (await list.readDuring(work)).flat();
  const [lists, records] = [true, false].map((isList) => reads.filter((read) => read.isList === isList));
  return { list: median(lists?.map(({ ms }) => ms) ?? []), record: median(records?.map(({ ms }) => ms) ?? []) };
};

/** Sends a new record. Waits for Retry-After if it is not accepted. Returns whether it is. */
const writeOnce = async ({ write }: BusyList["writers"][number]): Promise<boolean> => {
  const { status, retryAfter } = await write();
  if (status !== 201 && status !== 503) throw new Error(`A write returned ${status}`);
  if (status === 503) await sleep(Number(retryAfter) * 1000);
  return status === 201;
};

/** Writes records one after the other until a time. */
const writeUntil = async (writer: BusyList["writers"][number], end: number): Promise<void> => {
  while (performance.now() < end) await writeOnce(writer);
};

/** Sends requests until one is accepted. Returns their number. */
const writeOne = async (writer: BusyList["writers"][number]): Promise<number> => {
  let requests = 1;
  while (!(await writeOnce(writer))) requests++;
  return requests;
};

console.log(`${describeMachine()}. Calls to DynamoDB take ${CALL_MS} ms more than the engine needs.\n`);
console.log(
  "| writers | writes per second | tries per write | 503 | busy at most | busy on average | get, to idle | list, to idle |",
);
console.log("|---|---|---|---|---|---|---|---|");
for (const writers of WRITERS) {
  await using opened = await open(writers);
  const { list } = opened;
  const idle = await measureReads(list, () => sleep(IDLE_MS));
  const start = performance.now();
  const busy = await measureReads(list, () =>
    Promise.all(list.writers.map((writer) => writeUntil(writer, start + SECONDS * 1000))),
  );
  const seconds = (performance.now() - start) / 1000;
  const { answers } = list;
  const written = answers.filter(({ status }) => status === 201).length;
  const cells = [
    writers,
    (written / seconds).toFixed(0),
    (sum(answers.map(({ tries }) => tries)) / written).toFixed(1),
    `${((100 * (answers.length - written)) / answers.length).toFixed(0)} %`,
    list.maxBusy(),
    (sum(answers.map(({ ms }) => ms)) / 1000 / seconds).toFixed(1),
    ...(["record", "list"] as const).map((kind) => `×${(busy[kind] / idle[kind]).toFixed(2)}`),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

await using burst = await open(BURST_WRITERS);
const start = performance.now();
const requests = await Promise.all(burst.list.writers.map(writeOne));
const stored = (await burst.list.listRecords()).size;
console.log(
  `\n${BURST_WRITERS} writers with one record each, all at once: ${stored} are stored after ` +
    `${((performance.now() - start) / 1000).toFixed(1)} s. ${requests.filter((count) => count === 1).length} needed ` +
    `one request, the others up to ${Math.max(...requests)}.`,
);
