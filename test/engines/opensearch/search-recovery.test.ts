/** @slow */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer as readBody } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../../adapters/search/opensearch/engine.ts";
import { readConfig } from "../../../config/config.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import type { IndexWrite } from "../../../core/ports/search-engine.ts";
import { listRef, RESOURCES } from "../../../core/resources.ts";
import { parseSearch } from "../../../core/search/request.ts";
import { readSearchSettings, toIndexDefinition } from "../../../core/search/search-settings.ts";
import { parseData } from "../../../core/store/view.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { startCloud } from "../../../local/cloud.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { createClient, createRequester } from "../../../testing/client.ts";
import { kintoun } from "../../cli/operate.ts";
import { openObjects } from "../../core/open-objects.ts";
import fc from "../../fast-check.ts";
import { startStore } from "../../start-store.ts";
import { useEmptiedOpenSearch } from "./use-emptied-opensearch.ts";

const PLUGINS = [basicauth(), search()];
const POSTS = "/buckets/blog/collections/posts";
const ROOT = join(import.meta.dirname, "../../..");

const folder = mkdtempSync(join(tmpdir(), "kintoun-recovery-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const server = useEmptiedOpenSearch();

/** A server in front of OpenSearch. @param onBulk sees each bulk request before it is sent on */
const startProxy = async (onBulk: (body: string) => Promise<void>) => {
  const proxy = createServer(async (incoming, outgoing) => {
    try {
      const body = await readBody(incoming);
      if (incoming.url?.startsWith("/_bulk")) await onBulk(body.toString("utf8"));
      const { hostname, port } = new URL(server.endpoint);
      const { method, url: path, headers } = incoming;
      const sent = request({ hostname, port, method, path, headers, agent: false });
      sent.on("error", () => outgoing.destroy()).end(body);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      await pipeline(answer, outgoing);
    } catch {
      // The client is killed, or either server closes its connection: the client sees that it has no answer.
      outgoing.destroy();
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
};

it("a rebuild that is killed goes on where it was, while the present index is searched", async () => {
  const RECORDS = 250;
  let rebuilt = 0;
  let isHeld = true;
  const { promise: reached, resolve: onSecondPage } = Promise.withResolvers<void>();
  const proxy = await startProxy(async (body) => {
    const written = body.split("\n").filter((line) => line.includes('"kintoun-record-2"') && /:[a-z]\d+"/.test(line));
    if (isHeld && rebuilt > 0 && written.length > 0) {
      onSecondPage();
      // The process is killed before it gets an answer.
      await new Promise(() => {});
    }
    rebuilt += written.length;
  });
  const data = join(folder, "killed");
  const log = createJsonLog(() => {});
  const store = await startCloud({
    config: readConfig({ plugins: PLUGINS }),
    port: 0,
    data,
    openSearch: proxy.url,
    log,
  });
  try {
    const { put, post } = createClient(createRequester(store.url));
    await put("/buckets/blog", {}, { as: "alice" });
    await put(POSTS, {}, { as: "alice" });
    for (let at = 0; at < RECORDS; at += 25)
      await post(
        "/batch",
        {
          defaults: { method: "PUT", body: { data: { title: "sea" } } },
          requests: Array.from({ length: 25 }, (_, n) => ({ path: `${POSTS}/records/r${at + n}` })),
        },
        { as: "alice" },
      );
    await store.drain();
    const count = async () => {
      await server.refresh();
      return (await post(`${POSTS}/search/_count`, { query: { match: { title: "sea" } } }, { as: "alice" })).body.count;
    };
    const killed = spawn(process.execPath, ["cli/main.ts", "search", "reindex", "record", "--data", data], {
      cwd: ROOT,
    });
    await reached;
    killed.kill("SIGKILL");
    await once(killed, "exit");
    isHeld = false;

    expect(rebuilt).toBe(200);
    expect(await count()).toBe(RECORDS);
    expect(await kintoun(`search reindex record --data ${data}`)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Swapped: kintoun-record-2 is searched now."),
    });
    expect(rebuilt).toBeLessThan(RECORDS + 50);
    expect(await count()).toBe(RECORDS);
    expect(await kintoun(`search check --data ${data}`)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`Compared ${RECORDS} records: 0 differences`),
    });
  } finally {
    proxy.close();
    await store.close();
  }
}, 240_000);

it("new settings of a collection write its records again, and answers say so until then", async () => {
  await using store = await startStore({ openSearch: server.endpoint, plugins: PLUGINS });
  await store.put("/buckets/blog", {}, { as: "alice" });
  await store.put(POSTS, { data: { index: { language: "en" } } }, { as: "alice" });
  await store.put(`${POSTS}/records/a`, { data: { title: "Häuser" } }, { as: "alice" });
  await store.drain();
  const find = async () => {
    await server.refresh();
    const { body } = await store.get(`${POSTS}/search?q=haus%20`, { as: "alice" });
    return { total: body.hits.total.value, outdated: body.reflects.outdated };
  };

  expect(await find()).toEqual({ total: 0, outdated: undefined });
  await store.patch(POSTS, { data: { index: { language: "de", fields: { title: { weight: 2 } } } } }, { as: "alice" });
  expect(await find()).toEqual({ total: 0, outdated: true });
  await store.drain();
  expect(await find()).toEqual({ total: 1, outdated: undefined });
  await store.patch(POSTS, { data: { index: { language: "de" } } }, { as: "alice" });
  await store.drain();
  expect((await store.get("/jobs?action=reindex", { as: "alice" })).body.data.length).toBeLessThanOrEqual(1);
}, 120_000);

it("events that are lost or delivered twice leave nothing behind that a check does not repair", async () => {
  await using objects = await openObjects();
  const engine = openOpenSearch({ node: server.endpoint }, { store: objects.store, resources: RESOURCES, types: [] });
  await objects.put("/buckets/b");
  const ids = ["a", "b", "c", "d", "e"];
  const step = fc.record({
    id: fc.constantFrom(...ids),
    n: fc.option(fc.nat(9), { nil: null }),
    /** How often the event arrives. */
    deliveries: fc.constantFrom(0, 1, 1, 2),
  });
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 20 }),
        fc.infiniteStream(fc.nat(20)),
        async (steps, order) => {
          const collection = objects.refOf(`/buckets/b/collections/c${runs++}`);
          await objects.put(collection.uri);
          const list = listRef(RESOURCES.core.record, collection);
          const readAll = async () => {
            const clock = (await objects.store.read({ objects: [], clocks: [list] })).clocks.get(list.uri);
            const generation = String(clock?.parentGeneration);
            const query = { parentGeneration: generation, after: { revision: 0 }, limit: 1000 };
            return {
              generation,
              timestamp: Number(clock?.timestamp),
              ...(await objects.store.readChanges(list, query)),
            };
          };
          const waiting: IndexWrite[] = [];
          const deliver = async (from: number) => {
            const [write] = waiting.splice(from % waiting.length, 1);
            if (write !== undefined) await engine.write([write]);
          };
          for (const { id, n, deliveries } of steps) {
            const uri = `${list.uri}/${id}`;
            await (n === null ? objects.remove(uri) : objects.put(uri, { data: { n } })).catch(() => undefined);
            const { generation, changes } = await readAll();
            const change = changes.find((one) => one.id === id);
            if (change === undefined) continue;
            const document = change.deleted ? null : parseData(change);
            const write = { list: list.uri, index: generation, id, version: change.revision, document };
            for (let k = 0; k < deliveries; k++) waiting.push(write);
            if (waiting.length > 3) await deliver(order.next().value as number);
          }
          while (waiting.length > 0) await deliver(order.next().value as number);
          const check = (repair: boolean) =>
            engine.maintenance?.check(
              {
                repair,
                documents: async (_, document) => ({ document }),
                isIndexed: () => true,
                signal: new AbortController().signal,
                onWrites: () => {},
                onStep: () => {},
              },
              collection.uri,
            );
          await server.refresh();
          await check(true);
          await server.refresh();
          const { generation, timestamp, changes } = await readAll();
          const index = {
            list,
            generation,
            timestamp,
            definition: toIndexDefinition(readSearchSettings({}), ""),
            document: async (record: JsonObject) => record,
            readable: undefined,
          };
          const answer = await engine.search([index], parseSearch({ size: 100, sort: "n" }));

          expect((await check(false))?.differences).toEqual([]);
          expect(answer.reflects).toEqual([timestamp]);
          expect(answer.hits.map(({ id, revision }) => [id, revision]).sort()).toEqual(
            changes.flatMap(({ id, revision, deleted }) => (deleted ? [] : [[id, revision]])).sort(),
          );
        },
      ),
      { numRuns: 8, includeErrorInReport: true, endOnFailure: true },
    );
  } finally {
    await engine.close();
  }
}, 240_000);
