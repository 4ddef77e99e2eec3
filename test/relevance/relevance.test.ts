import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { openSqliteSearch } from "../../adapters/search/sqlite/engine.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { readSearchSettings, toIndexDefinition } from "../../core/search/search-settings.ts";
import { MemoryList, memoryStore } from "../adapters/search/memory-list.ts";
import { measureRelevance, RELEVANCE_SETS } from "./measure.ts";
import { MIN_SHARE, missesOf, publishedCells, toCell } from "./published.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-relevance-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a search by words", () => {
  it("finds what a person expects in at least 95 % of 80 searches over three data sets, as published", async () => {
    const cells = new Map<string, string>();
    const misses: string[] = [];
    for (const set of RELEVANCE_SETS) {
      const data = set.load();
      const list = new MemoryList().fill(data.records);
      const engine = openSqliteSearch({
        folder: join(folder, set.name),
        maxBytes: Number.POSITIVE_INFINITY,
        store: memoryStore(list),
        log: createJsonLog(() => {}),
      });
      try {
        const definition = toIndexDefinition(readSearchSettings({ index: data.index }), "");
        const results = await measureRelevance(engine, list.index({ definition }), set, data);
        for (const result of results) cells.set(`${set.name}: ${result.q}`, toCell(result));
        misses.push(...missesOf(set, results));
      } finally {
        await engine.close();
      }
    }

    expect(cells.size).toBe(80);
    // The misses are in the message of a failure.
    expect(misses.length <= (1 - MIN_SHARE) * cells.size ? [] : misses).toEqual([]);
    expect(Object.fromEntries(cells)).toEqual(Object.fromEntries(publishedCells("embedded")));
  }, 60_000);
});
