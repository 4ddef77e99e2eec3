// npm run bench:events   Latency of listeners at 1 and 200 writes per second, and cost of an event with 1, 3 and 10 listeners.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { HEADERS, RECORD } from "./cases.ts";
import { type Cost, measureCost } from "./events-cost.ts";

/** Writes per second, and duration in seconds. */
const RATES = [
  [1, 30],
  [200, 20],
] as const;
const COLLECTIONS = 16;
const MOST_AT_ONCE = 64;

/** us-east-1 on demand, in USD, as AWS published them in 2025: a write unit of DynamoDB, a request of a standard queue of SQS, a call and a GB-second of Lambda on Arm. */
const PRICES = { write: 0.625e-6, request: 0.4e-6, invocation: 0.2e-6, gbSecond: 0.0000133334 };
const GB = 0.5;

const root = join(import.meta.dirname, "..");

interface Lateness {
  readonly kind: string;
  readonly rate: number;
  readonly written: number;
  readonly delivered: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Measures latency with the cloud in another process. Writes start at fixed times, unless too many are pending. */
const lateness = async (kind: "unordered" | "ordered"): Promise<Lateness[]> => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  const cloud = fork(join(root, "bench/events-cloud.ts"), [data, kind], { execArgv: ["--no-warnings"] });
  const nextMessage = async <T>() => (await once(cloud, "message"))[0] as T;
  try {
    const { url } = await nextMessage<{ url: string }>();
    const ask = async (method: string, path: string, body?: string) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: HEADERS,
        ...(body !== undefined && { body }),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${method} ${path} was answered by ${answer.status}`);
    };
    const readLatencies = async () => {
      cloud.send("tell");
      return (await nextMessage<{ late: number[] }>()).late.toSorted((a, b) => a - b);
    };
    const write = (i: number) => ask("POST", `/buckets/bench/collections/c${i % COLLECTIONS}/records`, RECORD);
    await ask("PUT", "/buckets/bench");
    for (let i = 0; i < COLLECTIONS; i++) await ask("PUT", `/buckets/bench/collections/c${i}`);
    for (let i = 0; i < 200; i++) await write(i);
    await readLatencies();

    const measured: Lateness[] = [];
    for (const [rate, seconds] of RATES) {
      const writes: Promise<void>[] = [];
      const waiting = new Set<Promise<void>>();
      const began = performance.now();
      for (let i = 0; i < rate * seconds; i++) {
        const wait = began + (i * 1000) / rate - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (waiting.size === MOST_AT_ONCE) await Promise.race(waiting);
        const written = write(i).finally(() => waiting.delete(written));
        waiting.add(written);
        writes.push(written);
      }
      await Promise.all(writes);
      const late = await readLatencies();
      const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? Number.NaN;
      measured.push({
        kind,
        rate,
        written: writes.length,
        delivered: late.length,
        p50: at(0.5),
        p99: at(0.99),
        most: at(1),
      });
      console.log(JSON.stringify(measured.at(-1)));
    }
    return measured;
  } finally {
    if (cloud.connected) cloud.disconnect();
    if (cloud.exitCode === null) await once(cloud, "exit");
    rmSync(data, { recursive: true, force: true });
  }
};

const dollars = ({ dynamodb, sqs, invocations, ms }: Cost): number =>
  dynamodb * PRICES.write + sqs * PRICES.request + invocations * PRICES.invocation + (ms / 1000) * GB * PRICES.gbSecond;

const late = [...(await lateness("unordered")), ...(await lateness("ordered"))];
const costs: string[] = [];
for (const listeners of [1, 3, 10]) {
  for (const [how, together] of [
    ["one at a time", 1],
    ["100 at a time", 100],
  ] as const) {
    const cost = await measureCost(listeners, { events: together === 1 ? 50 : 500, together });
    const figures = [cost.dynamodb, cost.sqs, cost.invocations, cost.ms].map((figure) => figure.toFixed(2));
    costs.push(`| ${listeners} | ${how} | ${figures.join(" | ")} | ${(dollars(cost) * 1e6).toFixed(2)} |`);
    console.log(costs.at(-1));
  }
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.version}`;
const table = [
  `${new Date().toISOString().slice(0, 10)}, ${machine}; server, engines and load generator share it.`,
  "",
  "| queue | writes per second | writes | delivered | p50 ms | p99 ms | longest ms |",
  "|---|---|---|---|---|---|---|",
  ...late.map(
    ({ kind, rate, written, delivered, p50, p99, most }) =>
      `| ${kind} | ${rate} | ${written} | ${delivered} | ${p50} | ${p99} | ${most} |`,
  ),
  "",
  "| listeners | events | calls to DynamoDB | calls to SQS | calls of functions | ms of functions | USD per million |",
  "|---|---|---|---|---|---|---|",
  ...costs,
].join("\n");

const file = join(root, "bench", "RESULTS.md");
const results = readFileSync(file, "utf8").replace(/(<!-- events -->)[\s\S]*(<!-- \/events -->)/, `$1\n${table}\n$2`);
writeFileSync(file, results);
