import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as z from "zod";
import type { Json } from "../../../lib/json.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { mcp } from "../../../plugins/mcp/index.ts";
import { rateLimits } from "../../../plugins/rate-limits/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { tokens } from "../../../plugins/tokens/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

const archive = definePlugin({
  name: "archive",
  about: "Archives collections.",
  actions: {
    archive: {
      about: "Archives a collection.",
      on: ["collection"],
      params: z.strictObject({ year: z.int().describe("The year.") }),
      run: async ({ params }) => ({ archived: params.year }),
    },
  },
});

let store: TestStore;
const clients: Client[] = [];
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), tokens(), search(), archive(), mcp()] });
  await store.put("/buckets/shop", { permissions: { read: ["system.Authenticated"] } });
  const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
  await store.put("/buckets/shop/collections/tasks", { data: { schema } });
  for (let index = 0; index < 30; index++)
    await store.put(`${TASKS}/t${index}`, { data: { title: `Paint the fence ${index}`, priority: index % 3 } });
  await store.put("/buckets/secret");
  await store.put("/buckets/secret/collections/diary");
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await store.close();
});

const TASKS = "/buckets/shop/collections/tasks/records";
const PLACE = { bucket: "shop", collection: "tasks" };

const connect = async (authorization: string, url = `${store.url}/mcp`): Promise<Client> => {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: authorization === "" ? {} : { authorization } },
    }),
  );
  clients.push(client);
  return client;
};
const basic = (user: string) => `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
const OWNER = basic("alice");

type Result = Record<string, Json | undefined> & { readonly error?: string };

/** Calls a tool, and returns its structured content or its error. */
const call = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<Result> => {
  const { structuredContent, isError, content } = await client.callTool({ name, arguments: args });
  const [first] = content as { text: string }[];
  if (isError === true) return { error: first?.text ?? "" };
  expect(JSON.parse(first?.text ?? "")).toEqual(JSON.parse(JSON.stringify(structuredContent)));
  return structuredContent as Result;
};

describe("the MCP server", () => {
  it("has tools that say what they change", async () => {
    const { tools } = await (await connect(OWNER)).listTools();
    const named = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
    expect(Object.keys(named)).toEqual([
      ...["store_info", "list_buckets", "describe_bucket", "describe_collection", "list_records", "read_record"],
      ...["search_records", "list_actions", "read_job"],
      ...["create_record", "update_record", "patch_record", "delete_record", "run_action"],
    ]);
    expect(named.list_records).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(named.create_record).toMatchObject({ readOnlyHint: false, destructiveHint: false });
    expect(named.delete_record).toMatchObject({ readOnlyHint: false, destructiveHint: true });
    for (const { description, inputSchema } of tools) {
      expect(description).toBeTruthy();
      for (const property of Object.values(inputSchema.properties ?? {}))
        expect(property).toHaveProperty("description");
    }
  });

  it("describes buckets and collections", async () => {
    const client = await connect(OWNER);
    expect(await call(client, "store_info")).toMatchObject({
      http_api_version: "1.23",
      user: { id: expect.any(String) },
    });
    expect(await call(client, "list_buckets")).toMatchObject({ buckets: [{ id: "secret" }, { id: "shop" }] });
    expect(await call(client, "describe_bucket", { bucket: "shop" })).toMatchObject({
      bucket: { id: "shop" },
      collections: [{ id: "tasks" }],
      groups: [],
      more_collections: false,
      more_groups: false,
    });
    expect(await call(client, "describe_collection", PLACE)).toMatchObject({
      collection: { schema: { required: ["title"] } },
      records: 30,
    });
  });

  it("lists records by filters, page by page", async () => {
    const client = await connect(OWNER);
    const query = { ...PLACE, filters: { min_priority: 1, title: "Paint the fence 4" }, fields: ["priority"] };
    const { records } = await call(client, "list_records", query);
    expect(records).toEqual([{ id: "t4", priority: 1, last_modified: expect.any(Number) }]);
    const ids = new Set<unknown>();
    for (let page: Json | undefined, pages = 0; pages < 10; pages++) {
      const result = await call(client, "list_records", {
        ...PLACE,
        limit: 12,
        filters: { like_title: "fence" },
        sort: "id",
        fields: ["priority"],
        ...(page !== undefined && { page }),
      });
      for (const { id, title } of result.records as { id: string; title?: string }[]) {
        ids.add(id);
        expect(title).toBeUndefined();
      }
      page = result.next_page;
      if (page === undefined) break;
    }
    expect(ids.size).toBe(30);
    const first = await call(client, "list_records", { ...PLACE, limit: 1 });
    for (const args of [{ page: "_fields=id&min_priority=2" }, { page: first.next_page, filters: { min_priority: 2 } }])
      expect((await call(client, "list_records", { ...PLACE, limit: 1, ...args })).error).toMatch(/_token.*HTTP 400/);
    expect(await call(client, "list_records", { ...PLACE, filters: { _limit: 5 } })).toEqual({
      error: "filters._limit is not a field. Use sort, fields, limit and page.",
    });
  });

  it("returns fewer entries if they are too long, and says so of a single one", async () => {
    const client = await connect(OWNER);
    await store.put("/buckets/shop/collections/long");
    for (let index = 0; index < 6; index++)
      await store.put(`/buckets/shop/collections/long/records/r${index}`, { data: { text: "x".repeat(15_000) } });
    const place = { bucket: "shop", collection: "long" };
    await Promise.all(
      [2, 3, 6, 10].map(async (limit) => {
        const { records, next_page } = await call(client, "list_records", { ...place, limit });
        expect([limit, (records as Json[]).length]).toEqual([limit, limit < 4 ? limit : Math.floor(limit / 4)]);
        expect(next_page).toBeTruthy();
      }),
    );
    await store.put("/buckets/shop/collections/longer");
    for (let index = 0; index < 4; index++)
      await store.put(`/buckets/shop/collections/longer/records/r${index}`, { data: { text: "x".repeat(35_000) } });
    for (const limit of [2, 3, 10]) {
      const args = { bucket: "shop", collection: "longer", limit };
      expect((await call(client, "list_records", args)).records).toHaveLength(1);
      const found = await call(client, "search_records", { ...args, query: { match_all: {} } });
      expect(found).toMatchObject({ hits: { hits: { length: 1 } }, next_offset: 1 });
    }
    await store.put("/buckets/books");
    for (const id of ["a", "b"])
      await store.put(`/buckets/books/collections/${id}`, { data: { text: "x".repeat(35_000) } });
    const books = await call(client, "describe_bucket", { bucket: "books" });
    expect(books).toMatchObject({ collections: { length: 1 }, more_collections: true, more_groups: false });
    expect(books).not.toHaveProperty("next_page");
    const last = { bucket: "shop", collection: "longer", limit: 2, offset: 3, query: { match_all: {} } };
    expect((await call(client, "search_records", last)).next_offset).toBeUndefined();
    await store.put("/buckets/shop/collections/long/records/r9", { data: { text: "x".repeat(70_000) } });
    expect((await call(client, "read_record", { ...place, record: "r9" })).error).toMatch(
      /has 7\d{4} characters.*parameter fields/,
    );
    const uri = "kintoun://buckets/shop/collections/long/records/r9";
    await expect(client.readResource({ uri })).rejects.toThrow("parameter fields");
  });

  it("searches by words and by queries", async () => {
    const client = await connect(OWNER);
    expect(await call(client, "search_records", { ...PLACE, words: "fence 17", limit: 1 })).toMatchObject({
      hits: { hits: [{ _id: "t17" }] },
    });
    const query = { range: { priority: { gte: 2 } } };
    expect(await call(client, "search_records", { ...PLACE, query, limit: 2 })).toMatchObject({
      hits: { total: { value: 10 }, hits: { length: 2 } },
    });
    expect(await call(client, "search_records", { ...PLACE, words: "a", query })).toEqual({
      error: "Send either words or query.",
    });
  });

  it("creates, changes and deletes records, but none that was changed meanwhile", async () => {
    const client = await connect(OWNER);
    const place = { ...PLACE, record: "new" };
    const created = await call(client, "create_record", { ...place, data: { title: "New", big: 2 ** 40 } });
    expect(created).toMatchObject({ record: { id: "new", title: "New" } });
    expect((await call(client, "create_record", { ...place, data: { title: "Again" } })).error).toContain("HTTP 412");
    const again = { ...PLACE, data: { id: "new", title: "Again" } };
    expect((await call(client, "create_record", again)).error).toContain("HTTP 412");
    expect((await call(client, "create_record", { ...again, record: "other" })).error).toContain("differ");
    expect((await call(client, "create_record", { ...PLACE, data: { id: 5, title: "x" } })).error).toContain("data.id");
    const byData = await call(client, "create_record", { ...PLACE, data: { id: "by-data", title: "By data" } });
    expect(byData.record).toMatchObject({ id: "by-data", title: "By data" });
    expect((await call(client, "create_record", { ...PLACE, data: { name: "No title" } })).error).toMatch(
      /title.*HTTP 400/,
    );
    const { last_modified } = created.record as { last_modified: number };
    const stale = { ...place, last_modified: last_modified - 1 };
    expect((await call(client, "update_record", { ...stale, data: { title: "x" } })).error).toContain("Read it again");
    expect((await call(client, "delete_record", stale)).error).toContain("Read it again");
    const patched = await call(client, "patch_record", { ...place, data: { priority: 1 } });
    expect(patched).toMatchObject({ record: { title: "New", priority: 1 } });
    const current = (patched.record as { last_modified: number }).last_modified;
    const updated = await call(client, "update_record", { ...place, last_modified: current, data: { title: "Other" } });
    expect(updated.record).toMatchObject({ id: "new", title: "Other" });
    const now = (updated.record as { last_modified: number }).last_modified;
    expect(await call(client, "delete_record", { ...place, last_modified: now })).toMatchObject({
      deleted: { deleted: true },
    });
    expect((await call(client, "read_record", place)).error).toMatch(/^There is no such object\. \(HTTP 404/);
  });

  it("starts actions and shows their jobs", async () => {
    const client = await connect(OWNER);
    const object = "/buckets/shop/collections/tasks";
    expect(await call(client, "list_actions", { object })).toMatchObject({
      actions: [{ name: "reindex" }, { name: "archive", params: { year: { type: "integer" } } }],
    });
    const started = await call(client, "run_action", { action: "archive", object, parameters: { year: 2026 } });
    await store.drain();
    expect(await call(client, "read_job", { job: started.job_id })).toMatchObject({
      job: { status: "succeeded", result: { archived: 2026 } },
    });
    expect((await call(client, "run_action", { action: "archive", object, parameters: {} })).error).toMatch(
      /year.*HTTP 400/,
    );
    for (const wrong of ["/buckets/../accounts/x", "/buckets/a?b", "buckets/a", "/buckets/a/b/c/%2e%2e"])
      expect((await call(client, "list_actions", { object: wrong })).error).toContain("not the path of an object");
  });

  it("has collections and records as resources", async () => {
    const client = await connect(OWNER);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain("kintoun://buckets/shop/collections/tasks");
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
    const { contents } = await client.readResource({ uri: `kintoun:/${TASKS}/t1` });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ data: { id: "t1" } });
    await expect(client.readResource({ uri: `kintoun:/${TASKS}/none` })).rejects.toThrow("HTTP 404");
  });

  it("gives a user what the user may do, and no more", async () => {
    const other = await connect(basic("bob"));
    expect(await call(other, "list_buckets")).toMatchObject({ buckets: [{ id: "shop" }] });
    const change = { ...PLACE, record: "t1", data: { title: "Mine" } };
    expect((await call(other, "patch_record", change)).error).toMatch(/HTTP 403.*may not do this/);
    expect((await call(other, "describe_bucket", { bucket: "secret" })).error).toContain("HTTP 403");
    expect((await call(other, "read_record", { bucket: "secret", collection: "diary", record: "../x" })).error).toMatch(
      /HTTP 40/,
    );
  });

  it("is limited by the scope of an API token", async () => {
    const { body } = await store.post("/tokens", {
      data: { name: "agent", scope: { read: ["/buckets/shop/collections/tasks"] }, expires_in: 3600 },
    });
    const client = await connect(`Bearer ${body.data.token}`);
    expect((await call(client, "list_records", { ...PLACE, limit: 1 })).records).toHaveLength(1);
    expect((await call(client, "create_record", { ...PLACE, data: { title: "No" } })).error).toContain("HTTP 403");
    expect((await call(client, "list_buckets")).error).toMatch(/store_info shows a scope.*describe_collection/);
    expect(await call(client, "store_info")).toMatchObject({ user: { scope: { read: [expect.any(String)] } } });
    expect((await client.listResources()).resources.map(({ name }) => name)).toEqual(["shop/tasks"]);
    expect((await call(client, "describe_bucket", { bucket: "secret" })).error).toContain("HTTP 403");
  });

  it("refuses requests without credentials, other methods, batches and what is no message", async () => {
    await expect(connect("")).rejects.toThrow(/401|Unauthorized/i);
    const send = (body: unknown, headers = {}, method = "POST") =>
      fetch(`${store.url}/mcp`, {
        method,
        headers: {
          authorization: OWNER,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...headers,
        },
        ...(method === "POST" && { body: JSON.stringify(body) }),
      });
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
    expect((await send(ping)).status).toBe(200);
    const anonymous = await send(ping, { authorization: "" });
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringContaining("Basic"),
    ]);
    for (const method of ["GET", "DELETE"]) expect((await send(undefined, {}, method)).status).toBe(405);
    expect(await (await send([ping])).json()).toMatchObject({ error: { message: expect.stringContaining("batches") } });
    expect((await send({ hello: 1 })).status).toBe(400);
    expect((await send(ping, { "mcp-protocol-version": "1999-01-01" })).status).toBe(400);
    expect((await send({ jsonrpc: "2.0", method: "notifications/initialized" })).status).toBe(202);
    const unknown = await send({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "drop_all", arguments: {} },
    });
    expect(JSON.stringify(await unknown.json())).toContain("drop_all");
  });

  it("names what is wrong with the arguments of a tool", async () => {
    const client = await connect(OWNER);
    const { isError, content } = await client.callTool({
      name: "list_records",
      arguments: { bucket: "", limit: 1000 },
    });
    expect([isError, JSON.stringify(content)]).toEqual([true, expect.stringMatching(/bucket.*collection.*limit/)]);
  });

  it("keeps integers that JavaScript cannot hold", async () => {
    await store.put(`${TASKS}/exact`, '{"data":{"title":"Exact","n":9007199254740993}}', {
      headers: { "content-type": "application/json" },
    });
    const { content } = await (await connect(OWNER)).callTool({
      name: "read_record",
      arguments: { ...PLACE, record: "exact" },
    });
    expect(JSON.stringify(content)).toContain("9007199254740993");
  });
});

describe("options of the MCP server", () => {
  it("work in a store without search and actions, which tools name", async () => {
    await using plain = await startStore({ plugins: [basicauth(), mcp()] });
    await plain.put("/buckets/shop");
    await plain.put("/buckets/shop/collections/tasks");
    const client = await connect(OWNER, `${plain.url}/mcp`);
    expect(await call(client, "search_records", { ...PLACE, words: "a" })).toEqual({
      error: "This store has no search.",
    });
    for (const [name, args] of [["list_actions"], ["run_action", { action: "archive" }]] as const)
      expect([name, await call(client, name, args)]).toEqual([name, { error: "This store has no actions." }]);
  });

  it("let everyone read, and count for rate limits", async () => {
    const limits = rateLimits({ limits: [{ name: "requests", requests: 6, seconds: 60 }] });
    await using open = await startStore({ plugins: [basicauth(), limits, mcp({ anonymous: true, readOnly: true })] });
    await open.put("/buckets/news", { permissions: { read: ["system.Everyone"] } });
    const client = await connect("", `${open.url}/mcp`);
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain("create_record");
    expect(await call(client, "list_buckets")).toMatchObject({ buckets: [{ id: "news" }] });
    await expect(Promise.all([1, 2, 3, 4].map(() => call(client, "list_buckets")))).rejects.toThrow("429");
  });
});
