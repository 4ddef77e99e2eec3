/**
 * Measures the embedded search engine: making an index, opening it, searches, writes, and the size of its file. The list
 * that it follows is in memory, so that this is the work of the engine without that of the table.
 *
 * npm run bench:search -- [--records N,N]
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqliteSearch } from "../adapters/search/sqlite/engine.ts";
import { createJsonLog } from "../core/ports/log.ts";
import type { SearchEngine } from "../core/ports/search-engine.ts";
import { parseSearch } from "../core/search/request.ts";
import type { Json } from "../lib/json.ts";
import { MemoryList, memoryStore } from "../test/adapters/search/memory-list.ts";
import { MemorySnapshots } from "../test/adapters/search/memory-snapshots.ts";
import { chooseWords, createRecords } from "./search-data.ts";
import { describeMachine } from "./server.ts";

const { values } = parseArgs({ options: { records: { type: "string", default: "1000,20000,100000" } } });
const RUNS = 200;
const WRITES = 50;

const log = createJsonLog((line) => process.stderr.write(`${line}\n`), "WARN");

const measure = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** The p50 and p99 of several runs, and the mean of their processor time, in milliseconds. */
const measureMany = async (runs: number, work: (run: number) => Promise<unknown>): Promise<string> => {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) times.push(await measure(() => work(run)));
  const cpuMs = toMs(process.cpuUsage(before)) / runs;
  times.sort((a, b) => a - b);
  return `${at(times, 0.5)}, ${at(times, 0.99)}, ${cpuMs.toFixed(1)}`;
};

/** The time of work, and its processor time, in seconds. */
const measureOnce = async (work: () => Promise<unknown>): Promise<string> => {
  const before = process.cpuUsage();
  const ms = await measure(work);
  return `${(ms / 1000).toFixed(2)}, ${(toMs(process.cpuUsage(before)) / 1000).toFixed(2)}`;
};

const toMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);

/** Six shapes of searches. */
const SHAPES: Readonly<Record<string, (word: string, other: string) => Json>> = {
  "match + filter + facet": (word) => ({
    query: { bool: { must: [{ match: { text: word } }], filter: [{ term: { "region.keyword": "region 3" } }] } },
    aggs: { languages: { terms: { field: "languages.keyword" } } },
  }),
  "all words of two fields": (word, other) => ({
    query: { multi_match: { query: `${word} ${other}`, fields: ["title^3", "text"], operator: "and" } },
  }),
  "typo and begin of a word": (word, other) => ({
    query: {
      bool: {
        should: [
          { match: { text: { query: `${word.slice(0, -1)}x`, fuzziness: "AUTO" } } },
          { match_bool_prefix: { title: other.slice(0, 3) } },
        ],
      },
    },
  }),
  phrase: (word, other) => ({ query: { match_phrase: { text: `${word} ${other}` } } }),
  "range, sorted": () => ({ query: { range: { stars: { gte: 100, lt: 9000 } } }, sort: [{ published: "desc" }] }),
  "three facets over all": () => ({
    size: 0,
    aggs: {
      regions: { terms: { field: "region.keyword" } },
      languages: { terms: { field: "languages.keyword" } },
      stars: { stats: { field: "stars" } },
    },
  }),
};

const runBench = async (count: number) => {
  const root = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  const records = createRecords(count);
  const words = chooseWords(records, RUNS * 2);
  const list = new MemoryList();
  let jsonBytes = 0;
  for (const record of records) {
    jsonBytes += Buffer.byteLength(JSON.stringify(record));
    list.put(String(record.id), record);
  }
  const snapshots = new MemorySnapshots();
  const open = (name: string): SearchEngine =>
    openSqliteSearch({
      folder: join(root, name),
      maxBytes: Number.POSITIVE_INFINITY,
      store: memoryStore(list),
      log,
      copies: { snapshots, describe: async () => list.index() },
      followLimits: { timeoutMs: 600_000, bytes: Number.POSITIVE_INFINITY },
    });
  const search = (engine: SearchEngine, body: Json) => engine.search([list.index()], parseSearch(body));
  const first = SHAPES["match + filter + facet"]?.("package", "") ?? {};

  let engine = open("first");
  const making = await measureOnce(() => search(engine, first));
  await engine.close();
  const file = join(root, "first", readdirSync(join(root, "first")).find((name) => name.endsWith(".sqlite")) ?? "");
  const bytes = statSync(file).size;
  const copy = Math.max(
    0,
    ...[...snapshots.copies.values()].flatMap((copies) => [...copies.values()].map(({ length }) => length)),
  );
  const copyRatio = copy === 0 ? "no copy" : (copy / jsonBytes).toFixed(2);

  engine = open("first");
  const opening = await measureOnce(() => search(engine, first));
  const shapes: Record<string, string> = {};
  for (const [shape, toBody] of Object.entries(SHAPES))
    shapes[shape] = await measureMany(RUNS, (run) =>
      search(engine, toBody(words[run * 2] ?? "", words[run * 2 + 1] ?? "")),
    );
  const written = await measureMany(WRITES, async (run) => {
    list.put(`new${run}`, { title: `fresh${run}` });
    const { total } = await search(engine, { query: { match: { title: `fresh${run}` } } });
    if (total !== 1) throw new Error("A write was not found");
  });
  await engine.close();
  engine = open("second");
  const copied = await measureOnce(() => search(engine, first));
  await engine.close();
  rmSync(root, { recursive: true });
  return {
    records: count.toLocaleString("en"),
    "make the index: s, CPU s": making,
    "open its file: s, CPU s": opening,
    "begin with a copy, and follow the list: s, CPU s": copied,
    "write to found: p50, p99, CPU ms": written,
    "JSON, MB": (jsonBytes / 1e6).toFixed(1),
    "copy / JSON": copyRatio,
    "file / JSON": (bytes / jsonBytes).toFixed(2),
    ...Object.fromEntries(Object.entries(shapes).map(([shape, times]) => [`${shape}: p50, p99, CPU ms`, times])),
  };
};

console.log(describeMachine());
const results: Record<string, string>[] = [];
for (const count of values.records.split(",")) results.push(await runBench(Number(count)));
for (const name of Object.keys(results[0] ?? {}))
  console.log(`| ${[name, ...results.map((result) => result[name] ?? "")].join(" | ")} |`);
