import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { openSqliteSearch } from "../../../adapters/search/sqlite/engine.ts";
import { parseSearch } from "../../../core/search/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { searchContract } from "../../contracts/search.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
afterAll(() => rmSync(folder, { recursive: true }));

searchContract("sqlite", async () => {
  const engine = openSqliteSearch({ file: join(folder, "contract.db") });
  return { engine, settle: async () => {}, [Symbol.asyncDispose]: () => engine.close() };
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
