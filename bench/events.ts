// npm run bench:events
// Measures the latency of listeners at 1 and 200 writes per second, and the cost per event with 1, 3 and 10 listeners.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { HEADERS, RECORD } from "./cases.ts";
import { type Cost, measureCost } from "./events-cost.ts";

/** Writes per second, and duration in seconds. */
const LOADS = [
  [1, 30],
  [200, 20],
] as const;
const COLLECTION_COUNT = 16;
const MAX_PENDING_WRITES = 64;

/**
 * On-demand prices of us-east-1 in USD, as published by AWS in 2025: a DynamoDB write unit, a request to a standard SQS
 * queue, a Lambda invocation, and a GB-second of Lambda on Arm.
 */
const PRICES_USD = { write: 0.625e-6, request: 0.4e-6, invocation: 0.2e-6, gbSecond: 0.0000133334 };
/** Memory of a function. */
const MEMORY_GB = 0.5;

const root = join(import.meta.dirname, "..");

interface LatencyResult {
  readonly kind: string;
  readonly rate: number;
  readonly written: number;
  readonly delivered: number;
  /** Latencies in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures latency with the cloud in another process. Writes start at fixed times, unless too many are pending. */
const measureLatency = async (kind: "unordered" | "ordered"): Promise<LatencyResult[]> => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  const cloud = fork(join(root, "bench/events-cloud.ts"), [data, kind], { execArgv: ["--no-warnings"] });
  const nextMessage = async <T>() => (await once(cloud, "message"))[0] as T;
  try {
    const { url } = await nextMessage<{ url: string }>();
    const send = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: HEADERS,
        ...(body !== undefined && { body }),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}`);
    };
    const readLatencies = async () => {
      cloud.send("report");
      return (await nextMessage<{ latencies: number[] }>()).latencies.toSorted((a, b) => a - b);
    };
    const write = (i: number) => send("POST", `/buckets/bench/collections/c${i % COLLECTION_COUNT}/records`, RECORD);
    await send("PUT", "/buckets/bench");
    for (let i = 0; i < COLLECTION_COUNT; i++) await send("PUT", `/buckets/bench/collections/c${i}`);
    for (let i = 0; i < 200; i++) await write(i);
    await readLatencies();

    const measured: LatencyResult[] = [];
    for (const [rate, seconds] of LOADS) {
      const writes: Promise<void>[] = [];
      const pending = new Set<Promise<void>>();
      const startedAt = performance.now();
      for (let i = 0; i < rate * seconds; i++) {
        const wait = startedAt + (i * 1000) / rate - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (pending.size === MAX_PENDING_WRITES) await Promise.race(pending);
        const written = write(i).finally(() => pending.delete(written));
        pending.add(written);
        writes.push(written);
      }
      await Promise.all(writes);
      const latencies = await readLatencies();
      const percentile = (share: number) =>
        latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
      measured.push({
        kind,
        rate,
        written: writes.length,
        delivered: latencies.length,
        p50: percentile(0.5),
        p99: percentile(0.99),
        max: percentile(1),
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

const computeCostUsd = ({ dynamodb, sqs, invocations, ms }: Cost): number =>
  dynamodb * PRICES_USD.write +
  sqs * PRICES_USD.request +
  invocations * PRICES_USD.invocation +
  (ms / 1000) * MEMORY_GB * PRICES_USD.gbSecond;

const latencyResults = [...(await measureLatency("unordered")), ...(await measureLatency("ordered"))];
const costs: string[] = [];
for (const listeners of [1, 3, 10]) {
  for (const [label, concurrency] of [
    ["one at a time", 1],
    ["100 at a time", 100],
  ] as const) {
    const cost = await measureCost(listeners, { events: concurrency === 1 ? 50 : 500, concurrency });
    const figures = [cost.dynamodb, cost.sqs, cost.invocations, cost.ms].map((figure) => figure.toFixed(2));
    costs.push(`| ${listeners} | ${label} | ${figures.join(" | ")} | ${(computeCostUsd(cost) * 1e6).toFixed(2)} |`);
    console.log(costs.at(-1));
  }
}

const processor = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}`;
const system = `${process.platform} ${release()}, Node ${process.version}`;
const machine = `${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${system}`;
const table = [
  `${new Date().toISOString().slice(0, 10)}, ${machine}.`,
  "The server, the engines and the load generator share the machine.",
  "",
  "| queue | writes per second | writes | delivered | p50 ms | p99 ms | max ms |",
  "|---|---|---|---|---|---|---|",
  ...latencyResults.map(
    ({ kind, rate, written, delivered, p50, p99, max }) =>
      `| ${kind} | ${rate} | ${written} | ${delivered} | ${p50} | ${p99} | ${max} |`,
  ),
  "",
  "| listeners | writes | DynamoDB calls | SQS calls | invocations | function ms | USD per million events |",
  "|---|---|---|---|---|---|---|",
  ...costs,
].join("\n");

const file = join(root, "bench", "RESULTS.md");
const results = readFileSync(file, "utf8").replace(/(<!-- events -->)[\s\S]*(<!-- \/events -->)/, `$1\n${table}\n$2`);
writeFileSync(file, results);
