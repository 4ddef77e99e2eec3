import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { defineInterface, definePlugin, type JsonObject, jsonResponse, need, refuse } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import * as z from "zod";
import { commandOutput } from "../cli/run-command.ts";

const root = join(import.meta.dirname, "../..");

const formatPage = (title: string) =>
  `<html><head><title>${title}</title></head><body><h1>${title}</h1><div id="comments"></div></body></html>`;

/** A site with pages of packages; stands for CKAN, which the extensions change. */
const site = definePlugin({
  name: "site",
  about: "Serves pages of packages.",
  routes: {
    "GET /package/:id": {
      about: "Returns the page of a package.",
      run: ({ params }) => ({
        status: 200,
        headers: { "Content-Type": "text/html; charset=utf-8" },
        body: formatPage(`Package ${params.id}`),
      }),
    },
    "GET /home": {
      about: "Returns the home page.",
      run: () => ({
        status: 200,
        headers: { "Content-Type": "text/html; charset=utf-8" },
        body: formatPage("Packages"),
      }),
    },
  },
});

const formatScript = (name: string) => `<script src="https://${name}.disqus.example/count.js"></script>`;
const formatComments = (name: string, identifier: string) =>
  `<div id="disqus_thread" data-name="${name}" data-identifier="${identifier}"></div>`;

/** The main example of the tutorial: comments on the pages of packages. */
const disqus = definePlugin({
  name: "disqus",
  about: "Lets users comment on packages.",
  config: z.strictObject({ forum: z.string().optional() }).default({}),
  requires: ["site"],
  setup: ({ config, log }) => {
    if (config.forum === undefined)
      log.warn("No disqus forum name is set. Please set disqus.forum in kintoun.config.ts!");
    return { forum: config.forum ?? "kintoun" };
  },
  filters: {
    comments: {
      about: "Adds comments to the pages of packages.",
      paths: ["/package/:id"],
      response: (response, { params }, { services: { forum } }) => ({
        ...response,
        body: (response.body ?? "")
          .replace('<div id="comments"></div>', `<div id="comments">${formatComments(forum, `pkg-${params.id}`)}</div>`)
          .replace("</body>", `${formatScript(forum)}</body>`),
      }),
    },
  },
});

/** Logs a line after an object is inserted. */
const insertLogger = definePlugin({
  name: "insert-logger",
  about: "Emits a log line when objects are inserted.",
  hooks: {
    after: {
      insert: {
        on: ["bucket.create", "group.create", "collection.create", "record.create"],
        run: (event, { log }) => log.info(`Object ${event.uri} was inserted`),
      },
    },
  },
});

describe("creating an extension (CKAN tutorial)", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kintoun-extension-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("creates a package with one command", async () => {
    const target = join(folder, "kintoun-plugin-myname");
    const flags = `--description "Great extension package" --author "James Gardner <james@example.org>" --license GPL-3.0-only`;
    await commandOutput(`npm run -s kintoun -- plugins new myname --package --folder ${target} ${flags}`, root);

    const { name, description, author, license, keywords } = JSON.parse(
      await readFile(join(target, "package.json"), "utf8"),
    );
    expect({ name, description, author, license }).toEqual({
      name: "kintoun-plugin-myname",
      description: "Great extension package",
      author: "James Gardner <james@example.org>",
      license: "GPL-3.0-only",
    });
    expect(keywords).toContain("kintoun-plugin");
    expect(await readdir(join(target, "src"))).toContain("index.ts");
  });
});

describe("a plugin with options and a filter (CKAN tutorial)", () => {
  it("changes only the selected pages", async () => {
    await using store = await startTestStore({ plugins: [site(), disqus({ forum: "okfn" })] });

    const page = await store.get("/package/roads");

    expect(page.body).toContain('data-name="okfn" data-identifier="pkg-roads"');
    expect(page.body).toContain("okfn.disqus.example/count.js");
    expect((await store.get("/home")).body).toBe(formatPage("Packages"));
    expect(store.logLines.join("\n")).not.toContain("No disqus forum name");
  });

  it("logs a warning and uses a default when an option is missing", async () => {
    await using store = await startTestStore({ plugins: [site(), disqus()] });

    expect(store.logLines.join("\n")).toContain(
      "No disqus forum name is set. Please set disqus.forum in kintoun.config.ts!",
    );
    expect((await store.get("/package/roads")).body).toContain('data-name="kintoun"');
  });

  it("rejects a misspelled option and a missing required plugin", async () => {
    // @ts-expect-error `name` is meant
    await expect(startTestStore({ plugins: [site(), disqus({ nam: "okfn" })] })).rejects.toThrow("disqus.nam");
    await expect(startTestStore({ plugins: [disqus()] })).rejects.toThrow("disqus.requires: there is no plugin 'site'");
  });
});

describe("a plugin with an after hook (CKAN tutorial)", () => {
  it("logs a line after any object is inserted", async () => {
    await using store = await startTestStore({ plugins: [insertLogger()] });
    await store.put("/buckets/a");
    await store.put("/buckets/a/collections/b");
    await store.patch("/buckets/a", { data: { changed: true } });

    const inserted = store.logLines.flatMap((line) => /Object (\S+) was inserted/.exec(line)?.[1] ?? []);

    expect(inserted).toEqual(["/buckets/a", "/buckets/a/collections/b"]);
  });
});

describe("a plugin with a before hook (CKAN tutorial)", () => {
  it("rejects requests that the permissions would allow", async () => {
    const approval = definePlugin({
      name: "approval",
      about: "Rejects records that are published without approval.",
      hooks: {
        before: {
          publish: {
            on: ["record.create", "record.update"],
            run: (change) => {
              if (change.new.published === true && !change.new.approved)
                throw refuse(403, "The record is not approved.");
              return undefined;
            },
          },
        },
      },
    });
    await using store = await startTestStore({ plugins: [approval()] });
    await store.put("/buckets/a");
    await store.put("/buckets/a/collections/b");

    const rejected = await store.post("/buckets/a/collections/b/records", { data: { published: true } });

    expect([rejected.status, rejected.body.message]).toEqual([403, "The record is not approved."]);
    expect((await store.post("/buckets/a/collections/b/records", { data: { published: false } })).status).toBe(201);
  });
});

describe("a plugin interface (CKAN tutorial)", () => {
  interface Munger {
    munge(data: string): string;
  }
  const munger = defineInterface<Munger>("munger");

  /** Owns the interface `munger`: other plugins can change its data. */
  const input = definePlugin({
    name: "input",
    about: "Passes new data to mungers.",
    interfaces: [munger],
    setup: ({ use }) => ({ mungers: use(munger) }),
    routes: {
      "POST /data/:text": {
        about: "Returns the changed data.",
        run: async ({ params }, { services }) =>
          jsonResponse({ data: await services.mungers.chain("munge", params.text) }),
      },
    },
  });
  const createMunger = (name: string, munge: Munger["munge"]) =>
    definePlugin({
      name,
      about: "Changes data.",
      implementations: { munger: { interface: munger, with: () => ({ munge }) } },
    });
  const upper = createMunger("upper", (text) => text.toUpperCase());
  const twice = createMunger("twice", (text) => `${text} ${text.toLowerCase()}`);

  it("passes data through all implementations in the order of the config", async () => {
    await using store = await startTestStore({ plugins: [input(), upper(), twice()] });
    await using reordered = await startTestStore({ plugins: [twice(), input(), upper()] });

    expect((await store.post("/data/Ship")).body).toEqual({ data: "SHIP ship" });
    expect((await reordered.post("/data/Ship")).body).toEqual({ data: "SHIP SHIP" });
  });

  it("does not change data without implementations", async () => {
    await using store = await startTestStore({ plugins: [input()] });

    expect((await store.post("/data/Ship")).body).toEqual({ data: "Ship" });
  });

  it("keeps no implementations between stores", async () => {
    {
      await using store = await startTestStore({ plugins: [input(), upper()] });
      expect((await store.post("/data/Ship")).body).toEqual({ data: "SHIP" });
    }
    await using store = await startTestStore({ plugins: [input()] });
    expect((await store.post("/data/Ship")).body).toEqual({ data: "Ship" });
  });
});

describe("publishers and workers (CKAN tutorial)", () => {
  const FEED = "https://news.example/rss/edition.rss";

  /** Imports feeds from a queue, in jobs. */
  const feeds = definePlugin({
    name: "feeds",
    about: "Imports feeds.",
    needs: () => ({ data: need.data({ "record:create": ["/buckets/news/collections/feeds"] }) }),
    setup: ({ resources }) => resources,
    actions: {
      import_feed: {
        about: "Imports a feed.",
        on: ["bucket"],
        params: z.object({ import_feed: z.url().describe("URL of the feed") }),
        run: async ({ params, job }, { services, log }) => {
          log.info(`Got message for: ${params.import_feed}`);
          await services.data.create("/buckets/news/collections/feeds/records", { data: { url: params.import_feed } });
          await job.note({ imported: params.import_feed });
        },
      },
    },
  });

  it("pass a message through a queue to a consumer", async () => {
    await using store = await startTestStore({ plugins: [feeds()] });
    await store.put("/buckets/news");
    await store.put("/buckets/news/collections/feeds");

    const response = await store.post("/buckets/news/actions/import_feed", { import_feed: FEED });
    expect(response.status).toBe(202);
    await store.drain();

    expect(store.logLines.join("\n")).toContain(`Got message for: ${FEED}`);
    expect((await store.get("/buckets/news/collections/feeds/records")).body.data).toEqual([
      expect.objectContaining({ url: FEED }),
    ]);
    expect((await store.get(`/jobs/${response.body.job_id}`)).body).toMatchObject({
      status: "succeeded",
      entries: [{ imported: FEED }],
    });
  });

  it("print every change with the echo worker", async () => {
    const echo = definePlugin({
      name: "echo",
      about: "Prints every event.",
      listeners: {
        echo: {
          on: ["bucket.create", "bucket.update", "bucket.delete", "record.create"],
          run: (event, { log }) =>
            log.info(`Route ${event.resource_name}, op ${event.action}`, { payload: event as unknown as JsonObject }),
        },
      },
    });
    await using store = await startTestStore({ plugins: [echo()] });
    await store.put("/buckets/a", { data: { title: "A" } });
    await store.drain();

    expect(store.logLines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        message: "Route bucket, op create",
        payload: expect.objectContaining({ uri: "/buckets/a", new: expect.objectContaining({ title: "A" }) }),
      }),
    );
  });
});
