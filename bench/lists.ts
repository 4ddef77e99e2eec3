/**
 * Measures lists with filters or an order, which a function keeps in memory once it has read them: the first request, and
 * the later ones, each after a write, so that none is answered from a cache of responses.
 *
 * npm run bench:lists -- [--records N,N] [--runs N]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startGrowthServer } from "./growth-server.ts";
import { prepareRecords, RECORDS, recordUri } from "./growth-stores.ts";
import { describeMachine } from "./server.ts";

const { values } = parseArgs({
  options: { records: { type: "string", default: "10000,100000" }, runs: { type: "string", default: "100" } },
});
const RUNS = Number(values.runs);
/** Records that get other values than the rest. */
const VARIED_RECORDS = 1000;
const REQUESTS_PER_BATCH = 25;

const CASES: Readonly<Record<string, string>> = {
  "page, sorted": "_sort=-number&_limit=100",
  "page, sorted by two fields": "_sort=title,-number&_limit=100",
  "page, filtered": "min_number=43&_limit=100",
  "page, filtered and sorted": "min_number=43&_sort=number&_limit=100",
  "page by id, for comparison": "_limit=100",
};

const at = (times: readonly number[], share: number): string =>
  (times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0).toFixed(1);

const runBench = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  await using server = await startGrowthServer(folder, "uncounted");
  const measure = async (method: string, path: string, body?: string): Promise<number> => {
    const began = performance.now();
    await (await server.send(method, path, { body })).arrayBuffer();
    return performance.now() - began;
  };
  const patch = (run: number): Promise<number> =>
    measure("PATCH", recordUri(run), JSON.stringify({ data: { number: 50 + (run % 40) } }));
  for (let from = 0; from < VARIED_RECORDS; from += REQUESTS_PER_BATCH) {
    const requests = Array.from({ length: REQUESTS_PER_BATCH }, (_, n) => ({
      path: recordUri(from + n),
      body: { data: { number: 43 + ((from + n) % 200), title: `Cloud ${(from + n) % 37}` } },
    }));
    await measure("POST", "/batch", JSON.stringify({ defaults: { method: "PATCH" }, requests }));
  }
  const figures: Record<string, string> = {};
  figures["first sorted page, which reads the list: ms"] = (await measure("GET", `${RECORDS}?_sort=number`)).toFixed(0);
  for (const [name, query] of Object.entries(CASES)) {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await patch(run);
      times.push(await measure("GET", `${RECORDS}?${query}`));
    }
    figures[`${name}: p50, p99 ms`] = `${at(times, 0.5)}, ${at(times, 0.99)}`;
  }
  const writes: number[] = [];
  for (let run = 0; run < RUNS; run++) writes.push(await patch(run));
  figures["patch, for comparison: p50, p99 ms"] = `${at(writes, 0.5)}, ${at(writes, 0.99)}`;
  return figures;
};

const data = mkdtempSync(join(tmpdir(), "kintoun-lists-"));
try {
  console.log(`${describeMachine()}\n`);
  const sizes = values.records.split(",").map(Number);
  const results: Readonly<Record<string, string>>[] = [];
  for (const size of sizes) results.push(await runBench(await prepareRecords(data, size)));
  console.log(
    `| | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} |\n|---|${"---|".repeat(sizes.length)}`,
  );
  for (const name of Object.keys(results[0] ?? {}))
    console.log(`| ${[name, ...results.map((result) => result[name] ?? "")].join(" | ")} |`);
} finally {
  rmSync(data, { recursive: true });
}
