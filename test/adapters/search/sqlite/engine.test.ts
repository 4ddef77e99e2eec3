import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { openSqliteSearch, type SqliteSearchOptions } from "../../../../adapters/search/sqlite/engine.ts";
import type { Log } from "../../../../core/ports/log.ts";
import { createJsonLog } from "../../../../core/ports/log.ts";
import type { IndexWrite, SearchEngine, SearchedIndex } from "../../../../core/ports/search-engine.ts";
import type { SnapshotStore } from "../../../../core/ports/snapshots.ts";
import type { Clause } from "../../../../core/search/clause.ts";
import { parseSearch } from "../../../../core/search/request.ts";
import { MemoryList, memoryStore } from "../memory-list.ts";
import { MemorySnapshots } from "../memory-snapshots.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
const log: Log = createJsonLog((line) => lines.push(line));
const open: SearchEngine[] = [];
let folders = 0;
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

const openEngine = (lists: readonly MemoryList[], options: Partial<SqliteSearchOptions> = {}): SearchEngine => {
  const engine = openSqliteSearch({
    folder: join(folder, `f${folders++}`),
    maxBytes: Number.POSITIVE_INFINITY,
    store: memoryStore(...lists),
    log,
    ...options,
  });
  open.push(engine);
  return engine;
};

const ALL = parseSearch({});
const word = (text: string, path: string | null = null): Clause => ({
  is: "word",
  path,
  match: { how: "word", word: text },
  scored: true,
});
const find = async (
  engine: SearchEngine,
  indexes: SearchedIndex | readonly SearchedIndex[],
  query: Clause = ALL.query,
) => {
  const all = (Array.isArray(indexes) ? indexes : [indexes]) as readonly SearchedIndex[];
  return (await engine.search(all, { ...ALL, query, size: 10_000 })).hits.map(({ id }) => id);
};

describe("openSqliteSearch › following", () => {
  it("finds every write that was made before the search", async () => {
    const list = new MemoryList();
    const engine = openEngine([list]);
    for (let n = 0; n < 200; n++) {
      const id = `r${n % 20}`;
      list.put(id, n % 7 === 6 ? null : { n, text: `w${n}` });

      expect(await find(engine, list.index(), word(`w${n}`))).toEqual(n % 7 === 6 ? [] : [id]);
      if (n >= 20) expect(await find(engine, list.index(), word(`w${n - 20}`))).toEqual([]);
    }
  });

  it("says which timestamp the answer reflects", async () => {
    const list = new MemoryList().fill({ a: {}, b: {} });
    const engine = openEngine([list]);

    expect((await engine.search([list.index()], ALL)).reflects).toEqual([2]);
  });

  it("reads only what has changed since the last search", async () => {
    const list = new MemoryList().fill(Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`r${n}`, { n }])));
    const engine = openEngine([list]);
    await find(engine, list.index());
    expect(list.reads).toEqual({ changes: 1200, pages: 3, clocks: 0 });
    list.put("r5", { n: 6 });
    await find(engine, list.index());
    await find(engine, list.index());

    expect(list.reads).toEqual({ changes: 1201, pages: 4, clocks: 0 });
  });

  it("shares one follow between searches", async () => {
    const list = new MemoryList().fill({ a: {}, b: {} });
    const engine = openEngine([list]);
    await Promise.all(Array.from({ length: 20 }, () => find(engine, list.index())));

    expect(list.reads.pages).toBe(1);
  });

  it("goes on from the last page when a page could not be read", async () => {
    const list = new MemoryList().fill(Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`r${n}`, { n }])));
    const engine = openEngine([list]);
    let pages = 0;
    list.beforePage = async () => {
      if (++pages === 3) throw new Error("The table is down");
    };
    await expect(find(engine, list.index())).rejects.toThrow("The table is down");

    expect(await find(engine, list.index())).toHaveLength(1200);
    expect(list.reads.changes).toBeLessThan(1800);
  });

  it("keeps the index in a file", async () => {
    const list = new MemoryList().fill({ a: { title: "sea" } });
    const options = { folder: join(folder, "kept") };
    const before = openEngine([list], options);
    await find(before, list.index());
    await before.close();

    expect(await find(openEngine([list], options), list.index(), word("sea"))).toEqual(["a"]);
    expect(list.reads.pages).toBe(1);
  });

  it("starts anew for another generation, another definition and a list that was set back", async () => {
    const list = new MemoryList().fill({ a: {}, b: {} });
    const engine = openEngine([list]);
    await find(engine, list.index());
    list.restart();
    list.put("c", { title: "sea" });
    expect(await find(engine, list.index())).toEqual(["c"]);
    const definition = { ...list.index().definition, excluded: ["title"], hash: "h2" };
    expect(await find(engine, list.index({ definition }), word("sea"))).toEqual([]);
    expect(await find(engine, list.index(), word("sea"))).toEqual(["c"]);

    list.timestamp = 1;
    list.put("d", {});
    expect(await find(engine, list.index())).toEqual(["c", "d"]);
  });

  it("starts anew when the table was restored and has been written to since", async () => {
    const list = new MemoryList().fill({ a: {}, b: {}, c: {} });
    const options = { folder: join(folder, "restored") };
    const before = openEngine([list], options);
    await find(before, list.index());
    await before.close();
    list.restore(2);
    list.timestamp = 10;
    list.put("d", {});

    expect(await find(openEngine([list], options), list.index())).toEqual(["a", "b", "d"]);
  });

  it("answers a search whose timestamp is older than the index, without making the index again", async () => {
    const list = new MemoryList().fill({ a: {} });
    const older = list.index();
    const engine = openEngine([list]);
    list.put("b", {});
    await find(engine, list.index());

    expect(await find(engine, older)).toEqual(["a", "b"]);
    expect(list.reads).toEqual({ changes: 2, pages: 1, clocks: 1 });
  });

  it("makes an index again whose file is damaged", async () => {
    const list = new MemoryList().fill({ a: { title: "sea" } });
    const options = { folder: join(folder, "damaged") };
    const before = openEngine([list], options);
    await find(before, list.index());
    await before.close();
    for (const name of readdirSync(options.folder)) writeFileSync(join(options.folder, name), "x".repeat(5000));

    expect(await find(openEngine([list], options), list.index(), word("sea"))).toEqual(["a"]);
  });

  it("makes indexes again when the folder is removed while it is used", async () => {
    const lists = [new MemoryList().fill({ a: { title: "sea" } }), new MemoryList().fill({ b: { title: "sea" } })];
    const options = { folder: join(folder, "removed") };
    const engine = openEngine(lists, options);
    await find(engine, (lists[0] as MemoryList).index());

    rmSync(options.folder, { recursive: true });

    for (const [n, id] of ["a", "b"].entries())
      expect(await find(engine, (lists[n] as MemoryList).index(), word("sea"))).toEqual([id]);
  });

  it("makes an index again when a folder has the name of its file", async () => {
    const list = new MemoryList().fill({ a: { title: "sea" } });
    const options = { folder: join(folder, "folders") };
    const before = openEngine([list], options);
    await find(before, list.index());
    await before.close();
    for (const name of readdirSync(options.folder)) {
      rmSync(join(options.folder, name));
      mkdirSync(join(options.folder, name));
    }

    expect(await find(openEngine([list], options), list.index(), word("sea"))).toEqual(["a"]);
  });

  it("makes an index again when a search finds that its file is damaged", async () => {
    const list = new MemoryList().fill(
      Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`r${n}`, { text: `w${n} common words of all` }])),
    );
    const options = { folder: join(folder, "cut") };
    const before = openEngine([list], options);
    await find(before, list.index());
    await before.close();
    const [name = ""] = readdirSync(options.folder);
    const path = join(options.folder, name);
    for (const share of [0.5, 0.7, 0.8, 0.9, 0.97]) {
      copyFileSync(path, `${path}.whole`);
      truncateSync(path, Math.floor(statSync(path).size * share));
      const engine = openEngine([list], options);

      expect(await find(engine, list.index(), word("w7"))).toEqual(["r7"]);
      expect((await find(engine, list.index(), word("common"))).length).toBe(3000);
      list.put("r5", { text: `changed ${share}` });
      expect((await find(engine, list.index(), word("common"))).length).toBe(2999);
      await engine.close();
      list.put("r5", { text: "w5 common words of all" });
      renameSync(`${path}.whole`, path);
    }
  });

  it("shares files with other engines", async () => {
    const list = new MemoryList().fill({ a: {} });
    const options = { folder: join(folder, "shared") };
    const [one, other] = [openEngine([list], options), openEngine([list], options)];
    for (let n = 0; n < 40; n++) {
      list.put(`r${n}`, { n });
      const [first, second] = await Promise.all([find(one, list.index()), find(other, list.index())]);
      expect([first.length, second.length]).toEqual([n + 2, n + 2]);
    }
  });

  it("leaves out what has no document, and records whose document fails", async () => {
    const list = new MemoryList().fill({ a: { n: 1 }, b: { n: 2 }, c: { n: 3 } });
    const engine = openEngine([list]);
    const document: SearchedIndex["document"] = async ({ n }) => {
      if (n === 3) throw new Error("broken");
      return n === 2 ? null : { n: 1 };
    };

    expect(await find(engine, list.index({ document }))).toEqual(["a"]);
    expect(lines.at(-1)).toContain("A record is not searchable, because a plugin failed to make its document");
  });

  it("answers 503 while an index takes long to be made, and goes on making it", async () => {
    const list = new MemoryList().fill({ a: {} });
    const engine = openEngine([list], { followLimits: { timeoutMs: 20, bytes: 1e9 } });
    let isSlow = true;
    list.beforePage = async () => {
      while (isSlow) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await expect(find(engine, list.index())).rejects.toMatchObject({
      kind: "BACKEND",
      message: "The search index is too far behind the records, and is being brought up to date. Please retry.",
    });
    isSlow = false;

    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await find(engine, list.index())).toEqual(["a"]);
    expect(list.reads.pages).toBe(1);
  });

  it("answers 503 when an index has more to read than a search waits for, and goes on reading", async () => {
    const list = new MemoryList();
    for (let n = 0; n < 1600; n++) list.put(`r${n}`, { text: "x".repeat(100) });
    const { promise: isReleased, resolve: release } = Promise.withResolvers<void>();
    const engine = openEngine([list], { followLimits: { timeoutMs: 60_000, bytes: 50_000 } });
    list.beforePage = async () => {
      if (list.reads.pages === 2) await isReleased;
    };

    for (let n = 0; n < 2; n++) await expect(find(engine, list.index())).rejects.toMatchObject({ kind: "BACKEND" });
    release();
    list.beforePage = async () => {};
    let found: readonly string[] | undefined;
    for (let tries = 0; tries < 100 && found === undefined; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      found = await find(engine, list.index()).catch(() => undefined);
    }
    expect(found?.length).toBe(1600);
    expect(list.reads.changes).toBe(1600);
  });

  it("deletes the indexes of a generation", async () => {
    const list = new MemoryList().fill({ a: {} });
    const options = { folder: join(folder, "dropped") };
    const engine = openEngine([list], options);
    await find(engine, list.index());
    await engine.drop(list.generation);

    expect(readdirSync(options.folder)).toEqual([]);
  });

  it("limits the size of all files", async () => {
    const lists = Array.from({ length: 5 }, () => new MemoryList().fill({ a: { text: "x" } }));
    const options = { folder: join(folder, "limited"), maxBytes: 150_000 };
    const engine = openEngine(lists, options);
    for (const list of lists) await find(engine, list.index());
    await engine.close();
    const again = openEngine(lists, options);
    await find(again, lists[4]?.index() as SearchedIndex);

    expect(readdirSync(options.folder).filter((name) => name.endsWith(".sqlite")).length).toBeLessThan(5);
    expect(await find(again, lists[0]?.index() as SearchedIndex)).toEqual(["a"]);
  });
});

describe("openSqliteSearch › copies", () => {
  const copiesOf = (list: MemoryList, snapshots: SnapshotStore) => ({ snapshots, describe: async () => list.index() });
  const fillMany = (count: number) =>
    new MemoryList().fill(Object.fromEntries(Array.from({ length: count }, (_, n) => [`r${n}`, { text: `w${n}` }])));

  it("begins with the newest copy and follows the list from there", async () => {
    const list = fillMany(2500);
    const snapshots = new MemorySnapshots();
    await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index());
    expect(snapshots.calls.put).toBe(1);
    list.fill({ r5: null, new: { text: "fresh" } });
    list.reads.changes = 0;
    const other = openEngine([list], { copies: copiesOf(list, snapshots) });

    expect(await find(other, list.index(), word("fresh"))).toEqual(["new"]);
    expect((await find(other, list.index())).length).toBe(2500);
    expect(list.reads.changes).toBe(2);
  });

  it("goes on with a newer copy when it is far behind", async () => {
    const list = fillMany(100);
    const snapshots = new MemorySnapshots();
    const late = openEngine([list], {
      copies: copiesOf(list, snapshots),
      followLimits: { timeoutMs: 60_000, bytes: 50_000 },
    });
    expect((await find(late, list.index())).length).toBe(100);
    for (let n = 100; n < 3000; n++) list.put(`r${n}`, { text: `w${n}` });
    await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index());
    list.put("last", { text: "last" });
    list.reads.changes = 0;

    expect((await find(late, list.index())).length).toBe(3001);
    expect(list.reads.changes).toBeLessThan(1100);
  });

  it("keeps a copy after many writes, before anyone searches", async () => {
    const list = fillMany(2500);
    const snapshots = new MemorySnapshots();
    const engine = openEngine([list], { copies: copiesOf(list, snapshots) });
    const write: IndexWrite = { list: list.list.uri, index: list.generation, id: "a", version: 1, document: {} };
    await engine.write(Array.from({ length: 499 }, () => write));
    expect(snapshots.calls.put).toBe(0);
    await engine.write([write]);
    expect(snapshots.calls.put).toBe(1);
    list.reads.changes = 0;

    expect(await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index(), word("w7"))).toEqual([
      "r7",
    ]);
    expect(list.reads.changes).toBe(0);
  });

  it("keeps no copy for few changes", async () => {
    const list = fillMany(1500);
    const snapshots = new MemorySnapshots();
    const engine = openEngine([list], { copies: copiesOf(list, snapshots) });
    await find(engine, list.index());
    expect(snapshots.calls.put).toBe(0);
    for (let n = 0; n < 600; n++) list.put(`more${n}`, {});
    await find(engine, list.index());
    list.put("last", {});
    await find(engine, list.index());

    expect(snapshots.calls).toEqual({ get: 1, put: 1 });
  });

  it.each<[what: string, damage: (content: Uint8Array) => Uint8Array]>([
    ["cut off", (content) => content.subarray(0, content.length / 2)],
    ["not compressed", () => Buffer.from("not a copy")],
    ["of other data", () => zstdCompressSync(Buffer.alloc(100_000, "x"))],
    ["empty", () => new Uint8Array()],
  ])("makes the index from the records when the copy is %s", async (_, damage) => {
    const list = fillMany(2100);
    const snapshots = new MemorySnapshots();
    await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index());
    snapshots.damage = damage;

    expect(await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index(), word("w7"))).toEqual([
      "r7",
    ]);
    expect(snapshots.calls.put).toBe(2);
  });

  it("does without copies that cannot be read or kept", async () => {
    const list = fillMany(2100);
    const snapshots = new MemorySnapshots();
    snapshots.put = () => Promise.reject(new Error("S3 is down"));
    snapshots.getNewest = () => Promise.reject(new Error("S3 is down"));

    expect(await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index(), word("w7"))).toEqual([
      "r7",
    ]);
    expect(lines.at(-1)).toContain("A copy of a search index cannot be kept");
  });

  it("ignores a copy of another state of the list, as after a restore", async () => {
    const list = fillMany(2100);
    const snapshots = new MemorySnapshots();
    await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index());
    list.restore(2000);
    list.timestamp = 5000;
    list.put("new", { text: "fresh" });

    expect((await find(openEngine([list], { copies: copiesOf(list, snapshots) }), list.index())).length).toBe(2001);
  });
});

describe("openSqliteSearch › answers", () => {
  it("searches several indexes together, and names the index of each hit", async () => {
    const [one, other] = [new MemoryList(), new MemoryList()];
    one.fill({ a: { title: "sea", year: 2001 }, c: { title: "sky", year: 2003 } });
    other.fill({ a: { title: "lake", year: 2000 }, b: { title: "sea", year: 2002 } });
    const engine = openEngine([one, other]);
    const answer = await engine.search([one.index(), other.index()], {
      ...ALL,
      sort: [{ by: "values", paths: ["year"], order: "desc", mode: "max", missing: "last" }],
      size: 3,
    });

    expect(answer.total).toBe(4);
    expect(answer.hits.map(({ index, id, sort }) => [index, id, sort])).toEqual([
      [0, "c", [2003]],
      [1, "b", [2002]],
      [0, "a", [2001]],
    ]);
  });

  it("finds nothing but readable records and what matches the filter of the index", async () => {
    const list = new MemoryList().fill({ a: { n: 1 }, b: { n: 2 }, c: { n: 2 } });
    const engine = openEngine([list]);
    const filter: Clause = { is: "ids", ids: ["a", "b"] };

    expect(await find(engine, list.index({ readable: ["b", "c", "none"], filter }))).toEqual(["b"]);
  });

  it("ends a search at its time, and answers the next", async () => {
    const list = new MemoryList().fill(
      Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`r${n}`, { text: `common w${n} ${n % 9}` }])),
    );
    const engine = openEngine([list], { limits: { waiting: 2, timeoutMs: 100, sharedTimeoutMs: 100 } });
    await find(engine, list.index());
    const should = Array.from(
      { length: 3000 },
      (_, n): Clause => ({
        is: "values",
        path: null,
        match: { how: "pattern", source: `.*x${n}.*`, ignoreCase: true },
      }),
    );
    const expensive: Clause = { is: "bool", must: [], filter: [], should, mustNot: [], minimumShouldMatch: 1 };

    await expect(find(engine, list.index(), expensive)).rejects.toMatchObject({
      kind: "BACKEND",
      message: "The search takes longer than 0.1 seconds. Use a smaller size, or fewer or narrower clauses.",
    });
    expect(await find(engine, list.index(), word("w5"))).toEqual(["r5"]);
  });

  it("ends a search sooner while others wait", async () => {
    const names = Array.from({ length: 16 }, (_, n) => `f${n}`);
    const values = Array.from({ length: 10 }, (_, n) => n);
    const list = new MemoryList().fill({ a: Object.fromEntries(names.map((name) => [name, values])) });
    const engine = openEngine([list], { limits: { waiting: 2, timeoutMs: 60_000, sharedTimeoutMs: 50 } });
    const composite = { sources: names.map((field) => ({ [field]: { terms: { field } } })) };
    await find(engine, list.index());
    const expensive = engine.search([list.index()], parseSearch({ size: 0, aggs: { all: { composite } } }));
    const other = find(engine, list.index());

    await expect(expensive).rejects.toMatchObject({
      kind: "BACKEND",
      message: expect.stringContaining("takes longer than 0.05 seconds while others wait"),
    });
    expect(await other).toEqual(["a"]);
  });

  it("refuses searches when too many wait", async () => {
    const list = new MemoryList().fill({ a: {} });
    const engine = openEngine([list], { limits: { waiting: 2, timeoutMs: 5000, sharedTimeoutMs: 5000 } });
    const settled = await Promise.allSettled(Array.from({ length: 9 }, () => find(engine, list.index())));

    expect(settled.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    expect(settled.filter((one) => one.status === "rejected").map(({ reason }) => reason.message)).toContain(
      "Too many searches are waiting. Please retry.",
    );
  });

  it("rejects running and later searches after close", async () => {
    const list = new MemoryList().fill({ a: {} });
    const engine = openEngine([list]);
    const running = find(engine, list.index());
    await Promise.all([engine.close(), expect(running).rejects.toThrow("The search engine was closed")]);
    await expect(find(engine, list.index())).rejects.toThrow("The search engine is closed");
  });
});
