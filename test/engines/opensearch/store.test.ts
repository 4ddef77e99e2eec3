import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../../config/config.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import { startCloud } from "../../../local/cloud.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { createClient, createRequester } from "../../../testing/client.ts";
import { kintoun } from "../../cli/operate.ts";
import { startStore } from "../../start-store.ts";
import { useEmptiedOpenSearch } from "./use-emptied-opensearch.ts";

const PLUGINS = [basicauth(), search()];
const RECORDS = "/buckets/blog/collections/posts/records";
const SEARCH = "/buckets/blog/collections/posts/search";
const everyone = { read: ["system.Everyone"] };

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/operations/commands.md"), "utf8");
/** The commands of the page, without `kintoun search`. */
const DOCUMENTED = [...PAGE.matchAll(/^npx kintoun search (.*)$/gm)].map(([, command = ""]) => command);

const server = useEmptiedOpenSearch();

/** A server in front of OpenSearch that can be down. */
const startProxy = async () => {
  let isDown = false;
  const proxy: Server = createServer((incoming, outgoing) => {
    if (isDown) return void incoming.socket.destroy();
    const { hostname, port } = new URL(server.endpoint);
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    setDown: (down: boolean) => {
      isDown = down;
    },
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
};

describe("a store with OpenSearch", () => {
  it("finds what was written, and says what the answer reflects", async () => {
    await using store = await startStore({ openSearch: server.endpoint, plugins: PLUGINS });
    await store.put("/buckets/blog", { permissions: everyone }, { as: "alice" });
    await store.put("/buckets/blog/collections/posts", {}, { as: "alice" });
    await store.put(`${RECORDS}/a`, { data: { title: "The sea" } }, { as: "alice" });
    const { headers } = await store.put(`${RECORDS}/b`, { data: { title: "A mountain" } }, { as: "alice" });
    const timestamp = headers.get("ETag")?.replaceAll('"', "");
    const waiting = store.post(`${SEARCH}?after=${timestamp}`, { query: { match: { title: "sea" } } }, { as: "bob" });

    const { status, body } = await waiting;

    expect(status).toBe(200);
    expect(body).toMatchObject({
      hits: { total: { value: 1 }, hits: [{ _id: "a", _source: { title: "The sea" } }] },
      reflects: { timestamp },
    });
  });

  it("answers only searches with 503 while the cluster is down, and loses nothing", async () => {
    await using proxy = await startProxy();
    await using store = await startStore({ openSearch: proxy.url, plugins: PLUGINS, retryAfter: () => 1 });
    await store.put("/buckets/blog", { permissions: everyone }, { as: "alice" });
    await store.put("/buckets/blog/collections/posts", {}, { as: "alice" });
    proxy.setDown(true);

    const written = await store.put(`${RECORDS}/a`, { data: { title: "The sea" } }, { as: "alice" });
    const found = await store.post(SEARCH, {}, { as: "alice" });
    expect([written.status, found.status]).toEqual([201, 503]);
    expect(Number(found.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect((await store.get(`${RECORDS}/a`, { as: "alice" })).status).toBe(200);

    proxy.setDown(false);
    await store.drain();
    await server.refresh();
    expect((await store.post(SEARCH, {}, { as: "alice" })).body).toMatchObject({ hits: { total: { value: 1 } } });
    expect(await store.deadLetterCount("search-index")).toBe(0);
  });
});

describe("the action reindex", () => {
  it("writes all records of a collection again, for those who may write it", async () => {
    await using store = await startStore({ openSearch: server.endpoint, plugins: PLUGINS });
    await store.put("/buckets/blog", { permissions: everyone }, { as: "alice" });
    await store.put("/buckets/blog/collections/posts", {}, { as: "alice" });
    for (const id of ["a", "b"]) await store.put(`${RECORDS}/${id}`, { data: { title: "The seas" } }, { as: "alice" });
    await store.drain();
    await server.empty();
    const path = "/buckets/blog/collections/posts/actions/reindex";

    expect((await store.post(path, {}, { as: "bob" })).status).toBe(403);
    const { status, body } = await store.post(path, {}, { as: "alice" });
    expect(status).toBe(202);
    await store.drain();
    await server.refresh();

    const job = (body as { job_id: string }).job_id;
    expect((await store.get(`/jobs/${job}`, { as: "alice" })).body).toMatchObject({
      status: "succeeded",
      result: { documents: 2 },
    });
    const found = await store.post(SEARCH, { query: { match: { title: "seas" } } }, { as: "bob" });
    expect(found.body).toMatchObject({ hits: { total: { value: 2 } } });
  });
});

describe("kintoun search", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("rebuilds, checks, repairs and rolls back the indexes of a running store", async () => {
    const data = join(folder, "data");
    const config = readConfig({ plugins: PLUGINS });
    const log = createJsonLog(() => {});
    const store = await startCloud({ config, port: 0, data, openSearch: server.endpoint, log });
    const run = (args: string) => kintoun(`search ${args} --data ${data}`);
    try {
      const { put } = createClient(createRequester(store.url));
      await put("/buckets/blog", {}, { as: "alice" });
      await put("/buckets/blog/collections/posts", {}, { as: "alice" });
      for (const id of ["a", "b", "c"]) await put(`${RECORDS}/${id}`, { data: { title: id } }, { as: "alice" });
      await store.drain();
      await server.refresh();

      expect(await run("check")).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("Compared 3 records: 0 differences"),
      });
      expect(await run("reindex record")).toMatchObject({
        code: 0,
        stdout: "record is indexed again.\n",
        stderr: expect.stringContaining("Swapped: kintoun-record-2 is searched now."),
      });
      await server.refresh();
      const json = { method: "PUT", headers: { "content-type": "application/json" } };
      // OpenSearch forgets versions of deleted documents after a minute.
      await fetch(`${server.endpoint}/kintoun-record/_settings`, { ...json, body: '{"index.gc_deletes": "0s"}' });
      await fetch(`${server.endpoint}/kintoun-record/_delete_by_query?refresh=true`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: { term: { id: "b" } } }),
      });
      expect(await run("check")).toMatchObject({
        code: 1,
        stdout: `${RECORDS}/b is not in the index\n`,
        stderr: expect.stringContaining("1 differences, 0 repaired. Repair them with --repair."),
      });
      expect(await run("check --repair")).toMatchObject({
        code: 0,
        stdout: `${RECORDS}/b is not in the index: repaired\n`,
      });
      await server.refresh();
      expect(await run("check /buckets/blog/collections/posts")).toMatchObject({ code: 0, stdout: "" });
      expect(await run("reindex /buckets/blog/collections/posts")).toMatchObject({ code: 0 });
      expect(await run("rollback --yes")).toMatchObject({
        code: 0,
        stdout: "The previous index of record is searched again.\n",
      });
      expect(await run("rollback --yes")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("There is no previous index of record."),
      });
      for (const command of DOCUMENTED) expect([command, (await run(command)).code]).toEqual([command, 0]);
      expect(await run("reindex")).toMatchObject({ code: 1, stderr: expect.stringContaining("or give --all") });
      expect(await run("reindex posts")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("There is no type 'posts'. There are: record."),
      });
    } finally {
      await store.close();
    }
  }, 240_000);
});
