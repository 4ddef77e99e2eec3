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

// npm run bench -- [--seconds N] [--kinto]   Load on the embedded cloud: requests per second, latency, and DynamoDB calls per request.
// --kinto runs the same load on a Kinto with one process and in-memory storage. Needs Python and PyPI.
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, kinto: { type: "boolean", default: false } },
});
const SECONDS = Number(values.seconds);
const CONNECTIONS = 16;

interface Measured extends Calls {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

type Loaded = Omit<Measured, keyof Calls | "name">;

const root = join(import.meta.dirname, "..");
const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));

/** Starts the server in another process with basicauth only, like the compared Kinto. */
const startServer = async (): Promise<{ server: ChildProcess; url: string }> => {
  const server = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
    cwd: root,
    env: { ...process.env, KINTOUN_PLUGINS: "basicauth" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of server.stdout ?? []) {
    said += chunk;
    const url = /API +(\S+)/.exec(said)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error("The server did not start. See its output above.");
};

const load = async (url: string, { method, paths, body, headers, whileWriting }: Case): Promise<Loaded> => {
  const requests = paths.map((path) => ({
    method: method as "GET",
    path: `/v1${path}`,
    headers: { ...HEADERS, ...headers },
    ...(body !== undefined && { body }),
  }));
  // Connections start at different records, so that they do not compete for one.
  let begun = 0;
  const setupClient = (client: autocannon.Client) => {
    const from = (begun++ * 7) % requests.length;
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
  const { latency, duration, statusCodeStats = {}, errors } = await run(SECONDS);
  writing = false;
  await writer;
  const counts = Object.entries(statusCodeStats).map(([status, { count = 0 }]) => ({
    good: Number(status) < 400,
    count,
  }));
  const sum = (good: boolean) =>
    counts.filter((one) => one.good === good).reduce((total, { count }) => total + count, 0);
  return {
    perSecond: Math.round(sum(true) / duration),
    p50: latency.p50,
    p99: latency.p99,
    failed: sum(false) + errors,
  };
};

/** Counts the DynamoDB calls of one request per case, after a first one. */
const count = async (): Promise<Map<string, Calls>> => {
  const { wrap, take } = countCalls();
  const cloud = await startCloud({ config: await loadConfig(), port: 0, wrap });
  const ask = (method: string, path: string, body?: string, headers = {}) =>
    fetch(`${cloud.url}${path}`, {
      method,
      headers: { ...HEADERS, ...headers },
      ...(body !== undefined && { body }),
    });
  const etag = await createObjects(ask);
  const counted = new Map<string, Calls>();
  for (const { name, method, paths, body, headers, whileWriting } of listCases(etag)) {
    for (const path of [paths[0], paths.at(-1)] as string[]) {
      if (whileWriting) await ask("PATCH", path.replace(/\?.*/, "/r1"), '{"data":{"number":0}}');
      await cloud.drain();
      take();
      await (await ask(method, path, body, headers)).arrayBuffer();
      counted.set(name, take());
    }
  }
  await cloud.close();
  return counted;
};

const describeMachine = () =>
  `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.version}; server, engine and load generator share it`;

process.env.KINTOUN_PLUGINS = "basicauth";
const calls = await count();
const { server, url } = await startServer();
const measured: Measured[] = [];
try {
  const etag = await createObjects((method, path, body) =>
    fetch(`${url}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
  );
  for (const one of listCases(etag)) {
    // The lists that were read keep their timestamp up to here; the case that changes one comes with a new one.
    const fresh = one.headers && { ...one.headers, "if-none-match": await currentEtag(one) };
    const result = {
      name: one.name,
      ...(await load(url, { ...one, ...(fresh && { headers: fresh }) })),
      ...(calls.get(one.name) as Calls),
    };
    measured.push(result);
    console.log(JSON.stringify(result));
  }
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  rmSync(data, { recursive: true, force: true });
}

async function currentEtag({ paths }: Case): Promise<string> {
  const { headers } = await fetch(`${url}${paths[0]?.split("?")[0]}`, { method: "HEAD", headers: HEADERS });
  return headers.get("etag") ?? "";
}

/** Runs the same load on Kinto. @returns results by case */
const loadKinto = async (): Promise<Map<string, Loaded>> => {
  const { startKinto } = await import("../test/conformance/kinto/start-kinto.ts");
  await using kinto = await startKinto({ experimental_permissions_endpoint: "true" });
  const origin = `${kinto.endpoint}/v1`;
  const etag = await createObjects((method, path, body) =>
    fetch(`${origin}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
  );
  const loaded = new Map<string, Loaded>();
  for (const one of listCases(etag)) {
    if (one.whileWriting) continue;
    loaded.set(one.name, await load(kinto.endpoint, one));
    console.log(JSON.stringify({ name: one.name, kinto: loaded.get(one.name) }));
  }
  return loaded;
};

const beside = values.kinto ? await loadKinto() : new Map<string, Loaded>();
const rows = measured.map(({ name, perSecond, p50, p99, failed, rounds, calls: all, units }) => {
  const times = (kinto: number | undefined) =>
    kinto === undefined ? "" : `${kinto} → ×${(perSecond / kinto).toFixed(1)}`;
  const others = `${times(KINTO_REQUESTS_PER_SECOND[name])} | ${times(beside.get(name)?.perSecond)}`;
  return `| ${name} | ${perSecond} | ${p50} | ${p99} | ${failed} | ${others} | ${rounds} | ${all} | ${units} |`;
});
const table = [
  "| request | per second | p50 ms | p99 ms | failed | Kinto on PostgreSQL | Kinto in memory | rounds | calls | units |",
  "|---|---|---|---|---|---|---|---|---|---|",
  ...rows,
].join("\n");
console.log(table);

const file = join(root, "bench", "RESULTS.md");
const results = readFileSync(file, "utf8").replace(
  /(<!-- measured -->)[\s\S]*(<!-- \/measured -->)/,
  `$1\n${new Date().toISOString().slice(0, 10)}, ${describeMachine()}. ${CONNECTIONS} keep-alive connections, ${SECONDS} s each.\n\n${table}\n$2`,
);
writeFileSync(file, results);
