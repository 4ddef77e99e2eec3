import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createTable, startDynamoDb } from "../../../local/dynamodb.ts";
import { startSqs } from "../../../local/sqs.ts";
import { EndedProcessError, StoreProcess } from "./store-process.ts";

export interface DrillOptions {
  readonly processes: number;
  /** Number of writes, each followed by a search of another process. */
  readonly pairs: number;
  readonly collections: number;
  /** Number of processes that are killed meanwhile, and started again with the same, with damaged or without files. */
  readonly kills: number;
  /** Records of the first collection at the start, so that its index is copied. */
  readonly records: number;
  readonly print?: (line: string) => void;
}

export interface DrillResult {
  /** Each is an answer that lacks an acknowledged write, or has what was replaced or deleted. */
  readonly stale: readonly string[];
  /** Answers with other errors than 503. */
  readonly failed: readonly string[];
  /** Searches that were checked. */
  readonly checked: number;
  /** Requests whose process was killed, and 503 answers. */
  readonly unanswered: number;
  readonly copies: number;
  readonly log: string;
}

const BUCKET = "copies";
const PARALLEL_PAIRS = 8;

/** Writes records and searches for them right after, each time in random processes, and reports stale answers. */
export const runDrill = async (options: DrillOptions): Promise<DrillResult> => {
  const { processes: count, pairs, collections, kills, records, print = () => {} } = options;
  const root = mkdtempSync(join(tmpdir(), "kintoun-drill-"));
  const [dynamo, queues] = await Promise.all([startDynamoDb(undefined), startSqs(undefined)]);
  const client = new DynamoDBClient(dynamo.client);
  await createTable(client, "kintoun");
  client.destroy();
  const s3 = new S3Client({ ...queues.client, endpoint: queues.client.endpoint ?? "", forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));

  const start = (n: number) =>
    new StoreProcess({ dynamodb: dynamo.client, s3: queues.client, bucket: BUCKET, folder: join(root, `p${n}`) });
  const all = Array.from({ length: count }, (_, n) => start(n));
  const ended: string[] = [];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;
  const collectionUri = (c: number) => `/buckets/drill/collections/c${c}`;

  const stale: string[] = [];
  const failed: string[] = [];
  let [checked, unanswered, killed, done] = [0, 0, 0, 0];

  /** Requests something of a random process, until it is known to be done. */
  const request = async (method: string, path: string, body?: unknown) => {
    for (;;) {
      try {
        const answer = await pick(all).request(method, path, body);
        if (answer.status < 400 || (method === "DELETE" && answer.status === 404)) return answer.body;
        unanswered++;
        if (answer.status !== 503) failed.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      } catch (error) {
        if (!(error instanceof EndedProcessError)) throw error;
        unanswered++;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const find = async (c: number, text: string): Promise<readonly string[]> => {
    const body = { query: { match: { text } }, size: 100 };
    const { hits } = (await request("POST", `${collectionUri(c)}/search`, body)) as {
      hits: { total: { value: number }; hits: { _id: string }[] };
    };
    const ids = hits.hits.map(({ _id }) => _id);
    if (hits.total.value !== ids.length) stale.push(`total ${hits.total.value} of ${ids.join()} for ${text} in c${c}`);
    return ids;
  };

  /** Each series of pairs has records of its own, so that what must be found is known. */
  const runPair = async (series: number, step: number, words: Map<string, string>) => {
    const c = step % collections;
    const id = `r${series}-${step % 20}`;
    const key = `${c}/${id}`;
    const before = words.get(key);
    const word = `w${series}x${step}`;
    const isDeletion = before !== undefined && Math.random() < 0.2;
    const path = `${collectionUri(c)}/records/${id}`;
    if (isDeletion) await request("DELETE", path);
    else await request("PUT", path, { data: { text: `${word} common` } });
    if (isDeletion) words.delete(key);
    else words.set(key, word);
    const expected = isDeletion ? [] : [id];
    const found = await find(c, word);
    if (found.join() !== expected.join()) stale.push(`${word} in c${c}: found ${found.join()}, not ${expected.join()}`);
    if (before !== undefined) {
      const old = await find(c, before);
      if (old.length > 0) stale.push(`${before} in c${c}: found ${old.join()}, which was replaced`);
    }
    checked++;
    if (++done % 500 === 0) print(`${done} pairs, ${unanswered} unanswered, ${killed} killed`);
  };

  const killOne = async () => {
    const n = Math.floor(Math.random() * count);
    const victim = all[n] as StoreProcess;
    await victim.kill();
    ended.push(victim.log);
    damage(join(root, `p${n}`), killed);
    if (killed % 3 === 1) await damageCopies(s3);
    all[n] = start(n);
    killed++;
  };

  try {
    await Promise.all(all.map((one) => one.isReady()));
    await request("PUT", "/buckets/drill");
    for (let c = 0; c < collections; c++) await request("PUT", collectionUri(c));
    for (let n = 0; n < records; n += 25)
      await request("POST", "/batch", {
        requests: Array.from({ length: 25 }, (_, i) => ({
          method: "PUT",
          path: `${collectionUri(0)}/records/old${n + i}`,
          body: { data: { text: `old${n + i}` } },
        })),
      });
    if (records > 0 && (await find(0, "old1")).join() !== "old1") stale.push("old1 is missing");
    const words = new Map<string, string>();
    let begun = 0;
    const runPairs = async (series: number) => {
      for (let step = 0; begun < pairs; step++) {
        begun++;
        await runPair(series, step, words);
      }
    };
    const killer = async () => {
      while (killed < kills && done < pairs) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (done >= ((killed + 1) * pairs) / (kills + 1)) await killOne();
      }
    };
    await Promise.all([...Array.from({ length: PARALLEL_PAIRS }, (_, series) => runPairs(series)), killer()]);
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return {
      stale,
      failed,
      checked,
      unanswered,
      copies: KeyCount,
      log: [...ended, ...all.map(({ log }) => log)].join(""),
    };
  } finally {
    await Promise.all(all.map((one) => one.kill()));
    s3.destroy();
    await Promise.all([dynamo.stop(), queues.stop()]);
    rmSync(root, { recursive: true, force: true });
  }
};

/** What a process finds in its folder when it starts again: its files, parts of them, something else, or nothing. */
const damage = (folder: string, turn: number): void => {
  if (turn % 4 === 0) return;
  if (turn % 4 === 1) rmSync(folder, { recursive: true, force: true });
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".sqlite"))) {
    const path = join(folder, name);
    if (turn % 4 === 2) truncateSync(path, Math.floor(statSync(path).size / 2));
    else writeFileSync(path, "This is not an index. ".repeat(1000));
  }
};

/** Cuts off all copies that are kept so far. */
const damageCopies = async (s3: S3Client): Promise<void> => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  for (const { Key } of Contents) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "damaged" }));
};
