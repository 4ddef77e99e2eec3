import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { openSqliteSearch } from "../../adapters/search/sqlite/engine.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { readSearchSettings, toIndexDefinition } from "../../core/search/search-settings.ts";
import { MemoryList, memoryStore } from "../adapters/search/memory-list.ts";
import { measureRelevance, RELEVANCE_SETS, type RelevanceResult } from "./measure.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-relevance-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The share of searches that must be answered as a person expects. */
const MIN_SHARE = 0.95;

describe("a search by words", () => {
  it("finds what a person expects in at least 95 % of 80 searches over three data sets", async () => {
    const results: (RelevanceResult & { readonly set: string })[] = [];
    for (const set of RELEVANCE_SETS) {
      const data = set.load();
      const list = new MemoryList().fill(data.records);
      const engine = openSqliteSearch({
        folder: join(folder, set.name),
        maxBytes: Number.POSITIVE_INFINITY,
        store: memoryStore(list),
        log: createJsonLog(() => {}),
      });
      const definition = toIndexDefinition(readSearchSettings({ index: data.index }), "");
      try {
        const found = await measureRelevance(engine, list.index({ definition }), set, data);
        results.push(...found.map((result) => ({ ...result, set: set.name })));
      } finally {
        await engine.close();
      }
    }
    const misses = results.filter(({ miss }) => miss !== undefined).map(({ set, q, miss }) => `${set}: ${q}: ${miss}`);

    expect(results).toHaveLength(80);
    // The misses are in the message of a failure.
    expect(misses.length <= (1 - MIN_SHARE) * results.length ? [] : misses).toEqual([]);
  }, 60_000);
});
