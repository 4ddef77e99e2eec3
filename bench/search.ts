/**
 * Measures a search engine: making an index, opening it, searches, writes, and the size of its files. The list that it
 * follows is in memory, so that this is the work of the engine without that of the table.
 *
 * npm run bench:search -- [--engine embedded|opensearch] [--records N,N] [--heap MB]
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
import { runOpenSearch } from "./search-opensearch.ts";
import { measureMany, measureOnce, RUNS, SHAPES, WRITES } from "./search-shapes.ts";
import { describeMachine } from "./server.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "embedded" },
    records: { type: "string", default: "1000,20000,100000" },
    /** Maximum heap of OpenSearch. */
    heap: { type: "string", default: "2048" },
  },
});
if (values.engine !== "embedded" && values.engine !== "opensearch")
  throw new Error(`--engine is ${values.engine}. Use embedded or opensearch.`);

const log = createJsonLog((line) => process.stderr.write(`${line}\n`), "WARN");

const runEmbedded = async (count: number) => {
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
for (const count of values.records.split(","))
  results.push(
    values.engine === "embedded"
      ? await runEmbedded(Number(count))
      : await runOpenSearch(Number(count), Number(values.heap)),
  );
for (const name of Object.keys(results[0] ?? {}))
  console.log(`| ${[name, ...results.map((result) => result[name] ?? "")].join(" | ")} |`);
