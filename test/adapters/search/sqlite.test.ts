import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { openSqliteSearch } from "../../../adapters/search/sqlite/engine.ts";
import { Failure } from "../../../core/errors.ts";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { parseSearch, type SearchRequest } from "../../../core/search/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { searchContract } from "../../contracts/search.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
afterAll(() => rmSync(folder, { recursive: true }));

searchContract("sqlite", async () => {
  const engine = openSqliteSearch({ file: join(folder, "contract.db") });
  return { engine, settle: async () => {}, [Symbol.asyncDispose]: () => engine.close() };
});

/** Distinct clauses that each read all words of the index. */
const expensive = (count: number): SearchRequest =>
  parseSearch({
    query: { bool: { should: Array.from({ length: count }, (_, i) => ({ match: { text: `common w${i}` } })) } },
    aggs: { words: { terms: { field: "text", size: 10_000 } } },
  });

/** Runs work again while the only thread is being replaced. */
const retryWhileBusy = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || tries === 10) throw error;
    }
  }
};

describe("openSqliteSearch › threads", () => {
  const file = join(folder, "threads.db");
  const limits = { threads: 1, waiting: 2, timeoutMs: 1500 };
  let engine: SearchEngine;
  beforeAll(async () => {
    engine = openSqliteSearch({ file, limits });
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    await engine.write(
      ids.map((n) => ({ index: "big", id: `r${n}`, version: 1, document: { text: `common w${n % 300}` } })),
    );
  });
  afterAll(() => engine.close());

  it("lets this thread work during a search, and stops the search at its deadline", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const refused = engine.search("big", expensive(240));
    await expect(refused).rejects.toMatchObject({
      kind: "BACKEND",
      message: "The search takes longer than 1.5 seconds. Use a smaller size, or fewer or narrower clauses.",
    });
    clearInterval(timer);

    expect(ticks).toBeGreaterThan(30);
  });

  it("replaces a stopped thread, and writes go on", async () => {
    await engine.write([{ index: "big", id: "new", version: 1, document: { text: "fresh" } }]);
    const answer = await retryWhileBusy(() =>
      engine.search("big", parseSearch({ query: { match: { text: "fresh" } } })),
    );

    expect(answer.hits.map(({ id }) => id)).toEqual(["new"]);
  });

  it("refuses searches when too many wait, and those that waited too long", async () => {
    const searches = [expensive(240), ...Array.from({ length: 4 }, () => parseSearch({}))];
    const settled = await Promise.allSettled(searches.map((request) => engine.search("big", request)));

    expect(settled.map((one) => (one.status === "rejected" ? one.reason.message : "found"))).toEqual([
      expect.stringContaining("takes longer than 1.5 seconds"),
      expect.stringContaining("takes longer than 1.5 seconds"),
      expect.stringContaining("takes longer than 1.5 seconds"),
      "Too many searches are waiting. Please retry.",
      "Too many searches are waiting. Please retry.",
    ]);
  });

  it("evaluates equal clauses once", async () => {
    const clause = { match: { text: "common" } };
    const many = parseSearch({ query: { bool: { should: Array.from({ length: 300 }, () => clause) } }, size: 1 });
    const [once, often] = await retryWhileBusy(async () => [
      await engine.search("big", parseSearch({ query: clause, size: 1 })),
      await engine.search("big", many),
    ]);

    expect(often?.total).toBe(20_000);
    expect(often?.max_score).toBeCloseTo(300 * (once?.max_score ?? 0), 5);
  });

  it("refuses an answer of too large documents", async () => {
    const text = "x".repeat(400_000);
    const writes = Array.from({ length: 90 }, (_, n) => ({
      index: "large",
      id: `l${n}`,
      version: 1,
      document: { text },
    }));
    await engine.write(writes);

    await expect(engine.search("large", parseSearch({ size: 90 }))).rejects.toMatchObject({
      kind: "BACKEND",
      message: expect.stringMatching(/^The search finds documents of more than 32 MB\. Use a smaller size/),
    });
    expect((await engine.search("large", parseSearch({ size: 10 }))).hits).toHaveLength(10);
  });

  it("rejects running and later searches after close", async () => {
    const closing = openSqliteSearch({ file, limits });
    const running = closing.search("big", expensive(240));
    await Promise.all([closing.close(), expect(running).rejects.toThrow("The search engine was closed")]);
    await expect(closing.search("big", parseSearch({}))).rejects.toThrow("The search engine is closed");
  });
});

describe("openSqliteSearch › file", () => {
  const search = { index: "i", id: "a", version: 1, document: { title: "sea" } };

  it("keeps documents and versions", async () => {
    const file = join(folder, "kept.db");
    const before = openSqliteSearch({ file });
    await before.write([search, { ...search, id: "b", version: 5, document: null }]);
    await before.close();

    const after = openSqliteSearch({ file });
    await after.write([{ ...search, id: "b", version: 4 }]);
    expect(
      (await after.search("i", parseSearch({ query: { match: { title: "sea" } } }))).hits.map(({ id }) => id),
    ).toEqual(["a"]);
    await after.close();
  });

  it("keeps every completed write when its process is killed", async () => {
    const file = join(folder, "killed.db");
    const engineUrl = new URL("../../../adapters/search/sqlite/engine.ts", import.meta.url).href;
    const script = `
      const { openSqliteSearch } = await import(${JSON.stringify(engineUrl)});
      const engine = openSqliteSearch({ file: ${JSON.stringify(file)} });
      for (let n = 1; ; n++) { await engine.write([{ index: "i", id: "r" + n, version: 1, document: { n } }]); process.stdout.write(n + "\\n"); }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      output += text;
      if (Number(output.split("\n").at(-2)) >= 50) break;
    }
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;

    const engine = openSqliteSearch({ file });
    expect((await engine.search("i", parseSearch({}))).total).toBeGreaterThanOrEqual(50);
    expect((await engine.search("i", parseSearch({ query: { range: { n: { lte: 50 } } } }))).total).toBe(50);
    await engine.close();
  });

  it("forgets a deletion after 60 days, when another record is deleted", async () => {
    const engine = openSqliteSearch({ file: join(folder, "forgets.db") });
    const countHits = async () => (await engine.search("i", parseSearch({}))).total;
    const deletion = { ...search, version: 3, document: null };
    const now = Date.now();
    const clock = jest.spyOn(Date, "now");
    try {
      await engine.write([deletion]);
      clock.mockReturnValue(now + 59 * 86_400_000);
      await engine.write([{ ...deletion, id: "b" }]);
      await engine.write([{ ...search, version: 2 }]);
      expect(await countHits()).toBe(0);
      clock.mockReturnValue(now + 61 * 86_400_000);
      await engine.write([{ ...deletion, id: "c" }]);
      await engine.write([{ ...search, version: 2 }]);
      expect(await countHits()).toBe(1);
    } finally {
      clock.mockRestore();
      await engine.close();
    }
  });

  it("can be shared by processes", async () => {
    const file = join(folder, "shared.db");
    const [one, other] = [openSqliteSearch({ file }), openSqliteSearch({ file })];
    await one.write([search]);
    await other.write([{ ...search, id: "b" }]);
    await one.drop("i");
    await other.write([{ ...search, id: "c" }]);

    expect((await one.search("i", parseSearch({}))).hits.map(({ id }) => id)).toEqual(["c"]);
    await one.close();
    await other.close();
  });

  it("is rejected if it has another format", () => {
    const file = join(folder, "other.db");
    const database = new DatabaseSync(file);
    database.exec("pragma user_version = 99");
    database.close();

    expect(() => openSqliteSearch({ file })).toThrow("format 99");
  });

  it("stores all writes of a batch or none", async () => {
    const engine = openSqliteSearch({ file: join(folder, "batch.db") });
    const broken = {
      get title(): string {
        throw new Error("broken");
      },
    } as JsonObject;

    await expect(engine.write([search, { ...search, id: "b", document: broken }])).rejects.toThrow("broken");
    expect((await engine.search("i", parseSearch({}))).total).toBe(0);
    await engine.close();
  });
});
