/** @slow */

import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { openLineReader, openLineWriter } from "../../operations/transfer/export-file.ts";
import { parseExportState } from "../../operations/transfer/export-state.ts";
import { exportStore } from "../../operations/transfer/export-store.ts";
import { type ImportOptions, importStore } from "../../operations/transfer/import-store.ts";
import { createKintoClient } from "../../operations/transfer/kinto/kinto-client.ts";
import { readKinto } from "../../operations/transfer/kinto/read-kinto.ts";
import type { Line } from "../../operations/transfer/lines.ts";
import { readExport } from "../../operations/transfer/read-export.ts";
import { openStateFile } from "../../operations/transfer/state-file.ts";
import { readStoreId } from "../../operations/transfer/store-id.ts";
import { accounts } from "../../plugins/accounts/index.ts";
import { attachments } from "../../plugins/attachments/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { history } from "../../plugins/history/index.ts";
import { startTestStore, type TestStore } from "../../testing/test-store.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-transfer-"));
const file = (name: string) => join(folder, name);
const never = new AbortController().signal;
const RECORDS = "/buckets/blog/collections/posts/records";
const CREDENTIALS = { headers: { authorization: `Basic ${btoa("bob:open-sesame")}` } };

const received: string[] = [];
const start = () =>
  startTestStore({
    plugins: [
      accounts({
        createPrincipals: ["system.Everyone"],
        writePrincipals: ["account:admin"],
        minPasswordLength: 1,
        scrypt: { log2n: 13, p: 1 },
      }),
      defaultBucket(),
      history(),
      attachments({ baseUrl: "/v1/attachments/" }),
      definePlugin({
        name: "note",
        about: "Notes events.",
        listeners: {
          all: { on: ["record.create"], run: ({ uri }) => void received.push(`all ${uri}`) },
          derived: { on: ["record.create"], imports: true, run: ({ uri }) => void received.push(`derived ${uri}`) },
        },
      })(),
    ],
  });

let source: TestStore;
let target: TestStore;
beforeAll(async () => {
  [source, target] = await Promise.all([start(), start()]);
  await source.put("/accounts/alice", { data: { password: "secret" } }, { as: null });
  await source.put("/accounts/bob", { data: { password: "open-sesame", name: "Bob" } }, { as: null });
  await source.put("/buckets/blog", { data: { title: "Blog" }, permissions: { read: ["account:bob"] } });
  await source.put("/buckets/blog/groups/writers", { data: { members: ["account:bob"] } });
  await source.put("/buckets/blog/collections/posts", { permissions: { write: ["/buckets/blog/groups/writers"] } });
  for (let n = 0; n < 45; n++) await source.put(`${RECORDS}/r${n}`, { data: { n, big: 9007199254740993n } });
  await source.put(`${RECORDS}/old`, { data: { last_modified: 1000 } });
  await source.delete(`${RECORDS}/r3`);
  await source.patch(`${RECORDS}/r4`, { data: { n: "changed" } });
  const form = new FormData();
  form.append("attachment", new Blob(["x".repeat(3_000_000)], { type: "text/plain" }), "long.txt");
  const own = await fetch(`${source.url}${RECORDS}/r5/attachment`, { method: "POST", body: form, ...CREDENTIALS });
  expect(own.status).toBe(200);
  await source.put("/buckets/other");
  await source.drain();
  received.length = 0;
}, 60_000);
afterAll(async () => {
  await source.close();
  await target.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The id of a user's own bucket, which a secret of the store decides. */
const defaultBucketId = async () => (await source.get("/buckets/default")).body.data.id as string;

const exportTo = (name: string, more: Partial<Parameters<typeof exportStore>[0]> = {}) =>
  exportStore({
    appOptions: source.cloud.options,
    store: "source",
    description: "the source",
    buckets: undefined,
    secrets: true,
    openWriter: (bytes) => openLineWriter(file(name), bytes),
    state: openStateFile(file(`${name}.state`), parseExportState),
    signal: never,
    progress: () => undefined,
    ...more,
  });

const parse = (name: string): AsyncGenerator<Line> => readExport(name, openLineReader(file(name)).lines);

async function* toAsync(lines: readonly Line[]): AsyncGenerator<Line> {
  yield* lines;
}

const notices: string[] = [];
const importFrom = (name: string, more: Partial<ImportOptions> = {}) =>
  importStore({
    appOptions: target.cloud.options,
    lines: parse(name),
    skippedLines: 0,
    buckets: undefined,
    events: false,
    isDryRun: false,
    signal: never,
    progress: () => undefined,
    onNotice: (text) => notices.push(text),
    onCheckpoint: () => undefined,
    ...more,
  });

describe("export and import", () => {
  it("a dry run counts what it would create, and writes nothing", async () => {
    expect((await exportTo("dry.ndjson")).isComplete).toBe(true);
    const { counts } = await importFrom("dry.ndjson", { isDryRun: true });
    expect(counts).toMatchObject({ created: 52, refused: 0 });
    expect((await target.get("/buckets/blog", { as: null })).status).toBe(401);
  });

  it("a store becomes equal to another: objects, permissions, timestamps, tombstones, histories and files", async () => {
    const exported = await exportTo("all.ndjson.gz");
    expect(exported.counts).toMatchObject({ objects: 51, tombstones: 1, files: 1 });
    const lines = gunzipSync(readFileSync(file("all.ndjson.gz"))).toString();
    expect(lines).not.toContain("open-sesame");

    const { counts, differences, compared } = await importFrom("all.ndjson.gz");
    expect(notices).toEqual([]);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(5);
    expect(counts).toMatchObject({ created: 52, updated: 0, unchanged: 0, newer: 0, refused: 0, files: 1 });

    for (const uri of ["/buckets/blog", "/buckets/blog/groups/writers", `${RECORDS}/r4`, `${RECORDS}/old`]) {
      const [one, other] = [await source.get(uri), await target.get(uri)];
      expect(other.body).toEqual(one.body);
    }
    expect(await target.get(`${RECORDS}?_since=0&_limit=100`)).toMatchObject({
      body: { data: expect.arrayContaining([expect.objectContaining({ id: "r3", deleted: true })]) },
    });
  });

  it("passwords, memberships and files can be used afterwards", async () => {
    const profile = await fetch(`${target.url}/`, CREDENTIALS);
    expect(((await profile.json()) as { user: { id: string } }).user.id).toBe("account:bob");
    const record = await fetch(`${target.url}${RECORDS}/r5`, CREDENTIALS);
    const { data } = (await record.json()) as { data: { attachment: { location: string; hash: string } } };
    const content = await (await fetch(`${target.url}${data.attachment.location.slice(3)}`, CREDENTIALS)).text();
    expect([content.length, hash("sha256", content)]).toEqual([3_000_000, data.attachment.hash]);
  });

  it("histories have the same entries, and go on", async () => {
    const read = async (store: TestStore) => {
      const { body } = await store.get(`/buckets/blog/history?uri=${RECORDS}/r4&_sort=last_modified`);
      // An import adds an entry of its own, to which later ones join on.
      const own = body.data.filter(({ user_id }: Record<string, string>) => user_id !== "plugin:import");
      return own.map(({ action, date, user_id }: Record<string, string>) => [action, date, user_id]);
    };
    expect(await read(target)).toEqual(await read(source));
    expect(await read(target)).toHaveLength(2);
    const { body } = await source.get(`${RECORDS}/r4`);
    const at = body.data.last_modified;
    expect((await target.patch(`${RECORDS}/r4`, { data: { n: "again" } })).status).toBe(200);
    expect(await read(target)).toHaveLength(3);
    expect((await target.get(`${RECORDS}/r4?_at=${at}`)).body.data).toEqual(body.data);
  });

  it("refuses entries by name, also in a dry run, and only listeners with `imports` receive the others, unless all do", async () => {
    await target.drain();
    expect(received.filter((line) => line.startsWith("all"))).toEqual([]);
    expect(new Set(received).size).toBe(46 - 1);
    received.length = 0;
    writeFileSync(
      file("one.ndjson"),
      [
        { kintoun_export: 1, version: "0", store: "x", exported: "2030-01-31T12:00:00Z" },
        { object: `${RECORDS}/new`, data: { id: "new", last_modified: 5 }, permissions: {}, user: "account:bob" },
        { object: `${RECORDS}/new`, data: { n: 1, last_modified: 5 }, permissions: {}, user: "account:bob" },
        { object: "/buckets/none/collections/x", data: { last_modified: 5 }, permissions: {}, user: "account:bob" },
        { object: "/things/x", data: { last_modified: 5 }, permissions: {}, user: "account:bob" },
        { object: `${RECORDS}/far`, data: { last_modified: 9e15 }, permissions: {}, user: "account:bob" },
        { object: `${RECORDS}/odd`, data: { last_modified: 5 }, permissions: { fly: ["x"] }, user: "account:bob" },
        { object: `${RECORDS}/day`, data: { last_modified: "2030-01-31" }, permissions: {}, user: "account:bob" },
        { object: `${RECORDS}/named`, data: { id: "other", last_modified: 5 }, permissions: {}, user: "account:bob" },
        {
          object: "/accounts/eve",
          data: { last_modified: 5 },
          permissions: {},
          user: "account:eve",
          plugins: { accounts: { extra: { hash: "none of these", created: 5 } } },
        },
        { end: { objects: 9, tombstones: 0, versions: 0, files: 0 } },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
    // Record `new` is written twice.
    const tried = await importFrom("one.ndjson", { isDryRun: true });
    expect(tried.counts).toMatchObject({ created: 2, updated: 0, refused: 7 });
    const reasons = notices.splice(0);
    const { counts } = await importFrom("one.ndjson", { events: true });
    await target.drain();
    expect(counts).toMatchObject({ created: 1, updated: 1, refused: 7 });
    expect(received.toSorted()).toEqual([`all ${RECORDS}/new`, `derived ${RECORDS}/new`]);
    expect(notices).toEqual(reasons);
    expect(notices.splice(0)).toEqual([
      `${RECORDS}/new is in the file more than once with the same last_modified. The last of its entries counts.`,
      expect.stringContaining("/things/x was refused: no active plugin has this resource"),
      "/buckets/none/collections/x was refused: /buckets/none is missing",
      `${RECORDS}/day was refused: last_modified is "2030-01-31". It must be a whole number: ms since 1970`,
      `${RECORDS}/named was refused: data.id is "other". It must be the id in the URI, or absent`,
      expect.stringContaining(`${RECORDS}/far was refused: last_modified is`),
      expect.stringContaining(`${RECORDS}/odd was refused:`),
      expect.stringContaining("/accounts/eve was refused: The password of /accounts/eve cannot be used"),
    ]);
  });

  it("a second import changes nothing, keeps later changes, and shows where stores differ", async () => {
    const { counts, differences } = await importFrom("all.ndjson.gz");
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 51, newer: 1, refused: 0 });
    expect(differences.map(({ list }) => list)).toEqual([RECORDS, "/buckets/blog/history"]);
    expect((await target.get(`${RECORDS}/r4`)).body.data.n).toBe("again");
  });

  it("names the buckets that an import does not find", async () => {
    await importFrom("dry.ndjson", { isDryRun: true, buckets: ["blog", "none"] });
    expect(notices).toContain("There is no bucket 'none' to import. Check the id after --bucket.");
    expect(notices.join("\n")).not.toContain("'blog'");
  });

  it("each store has an id of its own, which stays", async () => {
    const ids = await Promise.all([source, target, source].map(({ cloud }) => readStoreId(cloud.options)));
    expect(new Set(ids).size).toBe(2);
    expect(ids[2]).toBe(ids[0]);
  });

  it("adds no user to any `write`", async () => {
    const { body } = await target.get("/buckets/other");
    expect(body.permissions.write).toEqual((await source.get("/buckets/other")).body.permissions.write);
  });

  it("an export that was stopped, or killed after a checkpoint, goes on to the same file", async () => {
    for (const name of ["parts.ndjson", "parts.ndjson.gz"]) {
      let stops = 0;
      for (let done = false; !done; ) {
        const stop = new AbortController();
        let steps = 0;
        const report = await exportTo(name, {
          signal: stop.signal,
          progress: () => void (++steps === 20 && stop.abort()),
          openWriter: (bytes) => {
            const writer = openLineWriter(file(name), bytes);
            return { ...writer, isFull: false, flush: writer.flush };
          },
        });
        // What a killed process has written after its last checkpoint.
        if (!report.isComplete) writeFileSync(file(name), '{"object":"/bu', { flag: "a" });
        done = report.isComplete;
        stops += Number(!done);
      }
      expect(stops).toBeGreaterThan(2);
    }
    // What is left of a process that was killed before its first checkpoint.
    writeFileSync(file("killed.ndjson"), "", { mode: 0o644 });
    expect((await exportTo("killed.ndjson")).isComplete).toBe(true);
    expect(statSync(file("killed.ndjson")).mode & 0o777).toBe(0o600);
    const stop = new AbortController();
    await exportTo("stopped.ndjson", { signal: stop.signal, progress: () => stop.abort() });
    for (const other of [{ store: "target" }, { secrets: false }, { buckets: ["blog"] }])
      await expect(exportTo("stopped.ndjson", other)).rejects.toThrow("stopped.ndjson.state is of an export of source");
    await expect(exportTo("none.ndjson", { buckets: ["blog", "none"] })).rejects.toThrow("There is no bucket 'none'");
    const read = async (name: string) => {
      const lines: string[] = [];
      for await (const line of openLineReader(file(name)).lines) lines.push(line);
      return lines.slice(1);
    };
    await exportTo("whole.ndjson");
    expect(await read("parts.ndjson")).toEqual(await read("whole.ndjson"));
    expect(await read("parts.ndjson.gz")).toEqual(await read("whole.ndjson"));
  });

  it("an import goes on after its last checkpoint, and refuses a file without its end", async () => {
    const checkpoints: number[] = [];
    await importFrom("whole.ndjson", { onCheckpoint: (lines) => checkpoints.push(lines) });
    expect(checkpoints.length).toBeGreaterThan(5);
    const skippedLines = checkpoints.at(-3) ?? 0;
    const { counts } = await importFrom("whole.ndjson", { skippedLines });
    expect(counts.unchanged).toBeLessThan(51);

    writeFileSync(file("cut.ndjson"), readFileSync(file("whole.ndjson"), "utf8").split("\n").slice(0, 4).join("\n"));
    await expect(importFrom("cut.ndjson")).rejects.toThrow("The file is not complete");
    writeFileSync(file("bad.ndjson"), '{"object": "/buckets/x"}\n');
    await expect(importFrom("bad.ndjson")).rejects.toThrow("data: ");
  });

  it("names the file and what is wrong with it", async () => {
    const text = readFileSync(file("whole.ndjson"), "utf8");
    const [header = "", ...lines] = text.trimEnd().split("\n");
    const packed = readFileSync(file("all.ndjson.gz"));
    const refused: readonly (readonly [name: string, content: string | Buffer, message: string])[] = [
      ["empty.ndjson", "", "empty.ndjson is empty"],
      ["short.ndjson.gz", packed.subarray(0, -20), "short.ndjson.gz is not complete: its end is missing"],
      ["plain.ndjson.gz", text, "plain.ndjson.gz is damaged, or not compressed by gzip"],
      ["twice.ndjson", text + text, `twice.ndjson, line ${lines.length + 2}: the export has ended before it`],
      ["double.ndjson", `${header}\n${text}`, "double.ndjson, line 2: another export begins"],
      ["less.ndjson", `${header}\n${lines.at(-1)}`, "less.ndjson is damaged: it has 0 objects, and its last line"],
      ["later.ndjson", '{"kintoun_export":2,"version":"9.9.9","new":1}', "format 2. Import it with Kintoun 9.9.9 or"],
      ["negative.ndjson", header.replace('"kintoun_export":1', '"kintoun_export":-5'), "line 1: kintoun_export: Too"],
      ["odd.ndjson", header.replace("{", '{"odd":1,'), 'line 1: Unrecognized key: "odd". Is the file'],
    ];
    for (const [name, content, message] of refused) {
      writeFileSync(file(name), content);
      await expect(importFrom(name)).rejects.toThrow(message);
    }
    writeFileSync(file("marked.ndjson"), `\uFEFF${text}`);
    expect((await importFrom("marked.ndjson", { isDryRun: true })).isComplete).toBe(true);
    await expect(exportTo("no-folder/x.ndjson")).rejects.toThrow("There is no folder");
    // A reader that is not read yet must not end the process.
    openLineReader(file("short.ndjson.gz"));
  });

  it("buckets can be chosen, and secrets left out", async () => {
    const { counts } = await exportTo("other.ndjson", { buckets: ["other"], secrets: false });
    expect(counts.objects).toBe(1);
    await exportTo("bucket.ndjson", { buckets: ["other"] });
    expect(readFileSync(file("bucket.ndjson"), "utf8")).not.toContain('"secret"');
    await exportTo("shown.ndjson", { secrets: false });
    const text = readFileSync(file("shown.ndjson"), "utf8");
    expect(text).not.toMatch(/scrypt|"secret"/);
    const { counts: imported } = await importFrom("shown.ndjson", { buckets: ["other"] });
    expect(imported.files).toBe(0);
    expect(imported.unchanged).toBe(1);
    // A file without passwords leaves those of the store as they are.
    await importFrom("shown.ndjson");
    expect((await fetch(`${target.url}/accounts/bob`, CREDENTIALS)).status).toBe(200);
  });

  it("a running store with Kinto's API is read as a file is", async () => {
    const user = { url: source.url, authorization: `Basic ${btoa("alice:secret")}`, signal: never };
    const kinto = {
      client: createKintoClient({ ...user, onNotice: (text) => notices.push(text) }),
      buckets: ["blog"],
      permissions: undefined,
      known: new Map(),
      onList: () => undefined,
      onNotice: (text: string) => notices.push(text),
    };
    const lines: Line[] = [];
    for await (const line of readKinto(kinto)) lines.push(line);
    const { counts, differences } = await importFrom("", { lines: toAsync(lines) });
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 48, newer: 1, refused: 0, files: 1 });
    expect(differences.map(({ list }) => list)).toEqual([RECORDS, "/buckets/blog/history"]);
  });

  it("the secret that ids are made with is taken over", async () => {
    expect((await target.get("/buckets/default")).body.data.id).toBe(await defaultBucketId());
  });
});
