import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type ChangeEvent,
  definePlugin,
  jsonResponse,
  need,
  parseSearch,
  type SearchEngine,
  toOpenSearchShape,
} from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { commandOutput } from "../cli/run-command.ts";

const root = join(import.meta.dirname, "../..");

/** Finds and indexes records. The tutorial has this class in a separate file. */
class Indexer {
  readonly #engine: SearchEngine;

  constructor(engine: SearchEngine) {
    this.#engine = engine;
  }

  async search(bucket: string, collection: string, body: Parameters<typeof parseSearch>[0]) {
    const request = parseSearch(body);
    const startMs = Date.now();
    const answer = await this.#engine.search(toIndexName(bucket, collection), request);
    return toOpenSearchShape({ request, answer, index: `${bucket}-${collection}`, took: Date.now() - startMs });
  }

  async write({ bucket_id = "", collection_id = "", record_id = "", timestamp, new: document }: ChangeEvent) {
    await this.#engine.write([
      { index: toIndexName(bucket_id, collection_id), id: record_id, version: timestamp, document: document ?? null },
    ]);
  }
}

const toIndexName = (bucket: string, collection: string) =>
  createHash("sha256").update(`${bucket}/${collection}`).digest("hex").slice(0, 30);

const SEARCH = "POST /buckets/:bucket_id/collections/:collection_id/lookup";

/** The plugin at the end of the tutorial. */
const elasticsearch = definePlugin({
  name: "kinto-elasticsearch",
  about: "Finds records in a search engine.",
  needs: () => ({ engine: need.search() }),
  setup: ({ resources, log }) => {
    log.info("I am the ElasticSearch plugin!");
    return { indexer: new Indexer(resources.engine) };
  },
  routes: {
    [SEARCH]: {
      about: "Searches a collection.",
      permission: { on: "/buckets/:bucket_id/collections/:collection_id", permission: "read" },
      run: async ({ params, json: body }, { services, log }) => {
        try {
          return jsonResponse(
            await services.indexer.search(String(params.bucket_id), String(params.collection_id), body()),
          );
        } catch (error) {
          log.error("The search failed", { error });
          return jsonResponse({});
        }
      },
    },
  },
  listeners: {
    index: {
      on: ["record.create", "record.update", "record.delete"],
      idempotent: true,
      run: (event, { services }) => services.indexer.write(event),
    },
  },
});

describe("the Kinto plugin tutorial", () => {
  describe("the package", () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "kintoun-tutorial-"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it("is created by a command", async () => {
      const target = join(folder, "kintoun-plugin-elastic");
      const flags = `--package --folder ${target} --description "Finds records." --author Ada --license MIT --parts listener`;
      expect(await commandOutput(`npm run -s kintoun -- plugins new elastic ${flags}`, root)).toContain("package.json");

      expect(await readdir(target)).toEqual(
        expect.arrayContaining(["CHANGELOG.md", "README.md", "package.json", "src", "test"]),
      );
      expect(JSON.parse(await readFile(join(target, "package.json"), "utf8"))).toMatchObject({
        name: "kintoun-plugin-elastic",
        description: "Finds records.",
      });
    });
  });

  it("sets up the plugin at the start", async () => {
    await using store = await startTestStore({ plugins: [elasticsearch()] });

    expect(store.logLines.join("\n")).toContain("I am the ElasticSearch plugin!");
  });

  it("serves the route of the plugin, without results for an empty collection", async () => {
    await using store = await startTestStore({ plugins: [elasticsearch()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");

    const response = await store.post("/buckets/example/collections/notes/lookup", {});

    expect(response.status).toBe(200);
    expect(response.body.hits.hits).toEqual([]);
    expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
  });

  it("indexes records when they change, and finds them", async () => {
    await using store = await startTestStore({ plugins: [basicauth(), elasticsearch()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");
    const created = await store.post("/buckets/example/collections/notes/records", { data: { note: "kinto" } });
    await store.drain();

    const found = await store.post("/buckets/example/collections/notes/lookup", {});

    expect(found.body).toMatchObject({
      _shards: { failed: 0 },
      hits: {
        max_score: 1,
        total: { value: 1 },
        hits: [{ _id: created.body.data.id, _index: "example-notes", _source: created.body.data }],
      },
      timed_out: false,
      took: expect.any(Number),
    });

    const record = `/buckets/example/collections/notes/records/${created.body.data.id}`;
    await store.patch(record, { data: { note: "nimbus" } });
    await store.drain();
    const query = { query: { match: { note: "nimbus" } } };
    expect((await store.post("/buckets/example/collections/notes/lookup", query)).body.hits.hits).toHaveLength(1);

    await store.delete(record);
    await store.drain();
    expect((await store.post("/buckets/example/collections/notes/lookup", query)).body.hits.hits).toEqual([]);
  });

  it("returns 403 when the user may not read the collection", async () => {
    await using store = await startTestStore({ plugins: [basicauth(), elasticsearch()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");

    expect((await store.post("/buckets/example/collections/notes/lookup", {}, { as: "mallory" })).status).toBe(403);
    expect((await store.post("/buckets/example/collections/notes/lookup", {}, { as: null })).status).toBe(401);
  });

  it("serves a hello endpoint", async () => {
    const hello = definePlugin({
      name: "hello",
      about: "Returns a greeting.",
      routes: {
        "GET /hello": { about: "Returns a greeting.", run: ({ user }) => jsonResponse({ hello: user ?? "world" }) },
      },
    });
    await using store = await startTestStore({ plugins: [hello()] });

    expect((await store.get("/hello", { as: null })).body).toEqual({ hello: "world" });
  });

  it("renders responses as XML", async () => {
    await using store = await startTestStore({ plugins: [xml()] });
    await store.put("/buckets/example", { data: { title: "Ships & sails" } });

    const response = await store.get("/buckets/example", { headers: { accept: "application/xml" } });

    expect(response.headers.get("content-type")).toBe("application/xml; charset=utf-8");
    expect(response.body).toContain("<title>Ships &amp; sails</title>");
    expect((await store.get("/buckets/example", { headers: { accept: "text/x-unknown" } })).status).toBe(406);
  });
});
