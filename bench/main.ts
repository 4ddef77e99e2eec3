import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { loadConfig } from "../config/load-config.ts";
import { startCloud } from "../local/cloud.ts";
import { type Calls, countCalls } from "./calls.ts";
import { type Case, createObjects, HEADERS, KINTO_REQUESTS_PER_SECOND, listCases } from "./cases.ts";

// npm run bench -- [--seconds N] [--kinto]
// Loads the embedded cloud and measures requests per second, latency, and DynamoDB calls per request.
// --kinto runs the same load on a Kinto with one process and in-memory storage. Requires Python and PyPI.
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, kinto: { type: "boolean", default: false } },
});
const DURATION_SECONDS = Number(values.seconds);
const CONNECTIONS = 16;

interface CaseResult extends Calls {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

type LoadResult = Omit<CaseResult, keyof Calls | "name">;

const root = join(import.meta.dirname, "..");
const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));

/** Starts the server in another process. Like the Kinto in the comparison, it has only basic authentication. */
const startServer = async (): Promise<{ server: ChildProcess; url: string }> => {
  const server = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
    cwd: root,
    env: { ...process.env, KINTOUN_PLUGINS: "basicauth" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of server.stdout ?? []) {
    output += chunk;
    const url = /API +(\S+)/.exec(output)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error("The server did not start. See its output above.");
};

const runLoad = async (url: string, { method, paths, body, headers, whileWriting }: Case): Promise<LoadResult> => {
  const requests = paths.map((path) => ({
    method: method as "GET",
    path: `/v1${path}`,
    headers: { ...HEADERS, ...headers },
    ...(body !== undefined && { body }),
  }));
  // Each connection starts at a different path, so that the connections do not compete for one record.
  let connectionCount = 0;
  const setupClient = (client: autocannon.Client) => {
    const from = (connectionCount++ * 7) % requests.length;
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  };
  const run = (duration: number) => autocannon({ url, connections: CONNECTIONS, duration, requests, setupClient });
  let writing = whileWriting ?? false;
  const writer = (async () => {
    for (let i = 0; writing; i++)
      await fetch(`${url}${paths[0]?.split("?")[0]}/r${i % 120}`, {
        method: "PATCH",
        headers: HEADERS,
        body: `{"data":{"number":${i}}}`,
      });
  })();
  await run(1);
  const { latency, duration, statusCodeStats = {}, errors } = await run(DURATION_SECONDS);
  writing = false;
  await writer;
  const counts = Object.entries(statusCodeStats).map(([status, { count = 0 }]) => ({
    ok: Number(status) < 400,
    count,
  }));
  const sum = (ok: boolean) => counts.filter((entry) => entry.ok === ok).reduce((total, { count }) => total + count, 0);
  return {
    perSecond: Math.round(sum(true) / duration),
    p50: latency.p50,
    p99: latency.p99,
    failed: sum(false) + errors,
  };
};

/** Counts the DynamoDB calls of one request per case, after one request that fills the caches. */
const countCallsByCase = async (): Promise<Map<string, Calls>> => {
  const { wrap, take } = countCalls();
  const cloud = await startCloud({ config: await loadConfig(), port: 0, wrap });
  const send = (method: string, path: string, body?: string, headers = {}) =>
    fetch(`${cloud.url}${path}`, {
      method,
      headers: { ...HEADERS, ...headers },
      ...(body !== undefined && { body }),
    });
  const etag = await createObjects(send);
  const counted = new Map<string, Calls>();
  for (const { name, method, paths, body, headers, whileWriting } of listCases(etag)) {
    for (const path of [paths[0], paths.at(-1)] as string[]) {
      if (whileWriting) await send("PATCH", path.replace(/\?.*/, "/r1"), '{"data":{"number":0}}');
      await cloud.drain();
      take();
      await (await send(method, path, body, headers)).arrayBuffer();
      counted.set(name, take());
    }
  }
  await cloud.close();
  return counted;
};

const describeMachine = (): string => {
  const processor = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}`;
  const system = `${process.platform} ${release()}, Node ${process.version}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${processor}, ${memory}, ${system}`;
};

process.env.KINTOUN_PLUGINS = "basicauth";
const calls = await countCallsByCase();
const { server, url } = await startServer();
const measured: CaseResult[] = [];
try {
  const etag = await createObjects((method, path, body) =>
    fetch(`${url}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
  );
  for (const benchCase of listCases(etag)) {
    // An earlier case may have changed the list, so the timestamp that is polled is read again.
    const headers = benchCase.headers && { ...benchCase.headers, "if-none-match": await readEtag(benchCase) };
    const result = {
      name: benchCase.name,
      ...(await runLoad(url, { ...benchCase, ...(headers && { headers }) })),
      ...(calls.get(benchCase.name) as Calls),
    };
    measured.push(result);
    console.log(JSON.stringify(result));
  }
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  rmSync(data, { recursive: true, force: true });
}

async function readEtag({ paths }: Case): Promise<string> {
  const { headers } = await fetch(`${url}${paths[0]?.split("?")[0]}`, { method: "HEAD", headers: HEADERS });
  return headers.get("etag") ?? "";
}

/** Runs the same load on Kinto. @returns results by name of the case */
const loadKinto = async (): Promise<Map<string, LoadResult>> => {
  const { startKinto } = await import("../test/conformance/kinto/start-kinto.ts");
  await using kinto = await startKinto({ experimental_permissions_endpoint: "true" });
  const origin = `${kinto.endpoint}/v1`;
  const etag = await createObjects((method, path, body) =>
    fetch(`${origin}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
  );
  const results = new Map<string, LoadResult>();
  for (const benchCase of listCases(etag)) {
    if (benchCase.whileWriting) continue;
    results.set(benchCase.name, await runLoad(kinto.endpoint, benchCase));
    console.log(JSON.stringify({ name: benchCase.name, kinto: results.get(benchCase.name) }));
  }
  return results;
};

const kintoResults = values.kinto ? await loadKinto() : new Map<string, LoadResult>();
const rows = measured.map(({ name, perSecond, p50, p99, failed, rounds, calls: all, units }) => {
  const formatRatio = (kinto: number | undefined) =>
    kinto === undefined ? "" : `${kinto} → ×${(perSecond / kinto).toFixed(1)}`;
  const onPostgres = formatRatio(KINTO_REQUESTS_PER_SECOND[name]);
  const inMemory = formatRatio(kintoResults.get(name)?.perSecond);
  const comparison = `${onPostgres} | ${inMemory}`;
  return `| ${name} | ${perSecond} | ${p50} | ${p99} | ${failed} | ${comparison} | ${rounds} | ${all} | ${units} |`;
});
const table = [
  "| request | per second | p50 ms | p99 ms | failed | Kinto on PostgreSQL | Kinto in memory | rounds | calls | units |",
  "|---|---|---|---|---|---|---|---|---|---|",
  ...rows,
].join("\n");
console.log(table);

const file = join(root, "bench", "RESULTS.md");
const heading = `${new Date().toISOString().slice(0, 10)}, ${describeMachine()}.`;
const sharing = "The server, the engine and the load generator share the machine.";
const load = `${CONNECTIONS} keep-alive connections, ${DURATION_SECONDS} s each.`;
const results = readFileSync(file, "utf8").replace(
  /(<!-- measured -->)[\s\S]*(<!-- \/measured -->)/,
  `$1\n${heading}\n${sharing} ${load}\n\n${table}\n$2`,
);
writeFileSync(file, results);
