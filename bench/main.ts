/**
 * Loads the embedded cloud and measures requests per second, latency, and DynamoDB calls per request. Writes its table
 * to RESULTS.md.
 *
 * npm run bench -- [--seconds N]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/load-config.ts";
import { startCloud } from "../local/cloud.ts";
import { type Calls, countCalls } from "./calls.ts";
import { createObjects, HEADERS, listCases } from "./cases.ts";
import { CONNECTIONS, type LoadResult, runLoad, withPresentEtag } from "./load.ts";
import { BENCH_PLUGINS, describeMachine, startServer } from "./server.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
process.env.KINTOUN_PLUGINS ??= BENCH_PLUGINS;
const DURATION_SECONDS = Number(values.seconds);

interface CaseResult extends Calls, LoadResult {
  readonly name: string;
}

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

const loadServer = async (calls: ReadonlyMap<string, Calls>): Promise<readonly CaseResult[]> => {
  await using server = await startServer("basicauth");
  const { url } = server;
  const etag = await createObjects((method, path, body) =>
    fetch(`${url}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
  );
  const measured: CaseResult[] = [];
  for (const benchCase of listCases(etag)) {
    const result = {
      name: benchCase.name,
      ...(await runLoad(server, await withPresentEtag(url, benchCase), DURATION_SECONDS)),
      ...(calls.get(benchCase.name) as Calls),
    };
    measured.push(result);
    console.log(JSON.stringify(result));
  }
  return measured;
};

process.env.KINTOUN_PLUGINS = "basicauth";
const rows = (await loadServer(await countCallsByCase())).map(
  ({ name, perSecond, p50, p99, failed, rounds, calls, units }) =>
    `| ${name} | ${perSecond} | ${p50} | ${p99} | ${failed} | ${rounds} | ${calls} | ${units} |`,
);
const table = [
  "| request | per second | p50 ms | p99 ms | failed | rounds | calls | units |",
  "|---|---|---|---|---|---|---|---|",
  ...rows,
].join("\n");
console.log(table);

const file = join(import.meta.dirname, "RESULTS.md");
const heading = `${new Date().toISOString().slice(0, 10)}, ${describeMachine()}.`;
const sharing = "The server, the engine and the load generator share the machine.";
const load = `${CONNECTIONS} keep-alive connections, ${DURATION_SECONDS} s each.`;
const results = readFileSync(file, "utf8").replace(
  /(<!-- measured -->)[\s\S]*(<!-- \/measured -->)/,
  `$1\n${heading}\n${sharing} ${load}\n\n${table}\n$2`,
);
writeFileSync(file, results);
