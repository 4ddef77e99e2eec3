import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { commandOutput } from "../cli/run-command.ts";

const root = join(import.meta.dirname, "../..");

/** The plugin of the tutorial's first steps. At its end it has a client of its own: see `search-plugin`. */
const elasticsearch = definePlugin({
  name: "kinto-elasticsearch",
  about: "Finds records in a search engine.",
  setup: ({ log }) => log.info("I am the ElasticSearch plugin!"),
  routes: {
    "POST /buckets/:bucket_id/collections/:collection_id/search": {
      about: "Searches a collection.",
      permission: { on: "/buckets/:bucket_id/collections/:collection_id", permission: "read" },
      run: () => jsonResponse({}),
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

  it("serves the route of the plugin at the path of the store's search, without results", async () => {
    await using store = await startTestStore({ plugins: [elasticsearch()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");

    const response = await store.post("/buckets/example/collections/notes/search", {});

    expect([response.status, response.body]).toEqual([200, {}]);
    expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
  });

  it("cannot be active together with the store's own search", async () => {
    await expect(startTestStore({ plugins: [search(), elasticsearch()] })).rejects.toThrow(
      "the plugin 'search' has this route already",
    );
  });

  it("needs no code where the store's own search is enough", async () => {
    await using store = await startTestStore({ plugins: [basicauth(), search()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");
    const created = await store.post("/buckets/example/collections/notes/records", { data: { note: "kinto" } });

    const found = await store.post("/buckets/example/collections/notes/search", {});

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
  });

  it("returns 403 when the user may not read the collection", async () => {
    await using store = await startTestStore({ plugins: [basicauth(), elasticsearch()] });
    await store.put("/buckets/example");
    await store.put("/buckets/example/collections/notes");

    expect((await store.post("/buckets/example/collections/notes/search", {}, { as: "mallory" })).status).toBe(403);
    expect((await store.post("/buckets/example/collections/notes/search", {}, { as: null })).status).toBe(401);
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
