import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, refuse } from "@kintoun/kit";
import * as z from "zod";
import { UserError } from "../../config/user-error.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let calls = 0;
let ended: unknown;

const shop = definePlugin({
  name: "shop",
  about: "Has routes of every kind.",
  config: z.strictObject({ staff: z.string().default("/buckets/b/groups/staff") }).prefault({}),
  routes: {
    "GET /find": {
      about: "Finds things.",
      input: z.object({
        query: z.object({
          q: z.string(),
          size: z.number().int().max(50).optional(),
          exact: z.boolean().default(false),
          tag: z.array(z.string()).optional(),
          year: z.array(z.number()).optional(),
          code: z.union([z.string(), z.number()]).optional(),
        }),
      }),
      run: ({ input }) => jsonResponse({ input }),
    },
    "GET /loose": {
      about: "Takes any query.",
      input: z.object({ query: z.record(z.string(), z.unknown()) }),
      run: ({ input: { query } }) => jsonResponse(Object.keys(query)),
    },
    "POST /orders/:item": {
      about: "Orders something.",
      input: z.object({
        body: z.strictObject({
          count: z.int().min(1),
          for: z.object({ name: z.string(), age: z.number() }).optional(),
        }),
      }),
      responses: { 201: "It is ordered." },
      run: ({ input: { body }, params }) => jsonResponse({ item: params.item, count: body.count }, { status: 201 }),
    },
    "POST /ping": { about: "Takes nothing.", input: z.object({}), run: ({ input }) => jsonResponse({ input }) },
    "GET /orders/:item": {
      about: "Tells of an order.",
      run: ({ method, params }) => jsonResponse({ method, item: params.item }, { headers: { "X-Item": params.item } }),
    },
    "GET /mine": {
      about: "Tells who asks.",
      for: "user",
      run: ({ requireUser }) => jsonResponse({ user: requireUser() }),
    },
    "GET /staff": {
      about: "Answers the staff.",
      for: { principals: ({ staff }) => [staff] },
      run: () => jsonResponse({ secret: 1 }),
    },
    "GET /buckets/:bucket/collections/:collection/summary": {
      about: "Sums a collection up.",
      permission: { on: "/buckets/:bucket/collections/:collection", permission: "read" },
      run: ({ params: { bucket, collection } }) => jsonResponse({ of: `${bucket}/${collection}` }),
    },
    "POST /buckets/:bucket/collections/:collection/import": {
      about: "Imports records.",
      permission: { on: "/buckets/:bucket/collections/:collection", permission: "record:create" },
      input: z.object({ body: z.object({ url: z.url() }) }),
      run: () => jsonResponse({ imported: true }),
    },
    "GET /slow": {
      about: "Never answers.",
      timeout: 0.05,
      run: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            ended = signal.reason;
          });
        }),
    },
    "GET /broken": {
      about: "Fails.",
      run: () => {
        throw new Error("secret of the shop");
      },
    },
    "GET /refused": {
      about: "Refuses.",
      run: () => {
        throw refuse(403, "Not on Sundays.");
      },
    },
    "GET /odd/:way": {
      about: "Answers what is no answer.",
      run: ({ params: { way } }) => ODD[way] ?? jsonResponse({}),
    },
    "GET /text": {
      about: "Answers in words.",
      run: () => ({ status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: 'some "words"' }),
    },
    "POST /count": { about: "Counts.", run: () => jsonResponse({ calls: ++calls }) },
    "GET /circle": { about: "Leads to itself.", rewrite: async () => ({ path: "/circle" }) },
    "GET /away": {
      about: "Fails to lead.",
      rewrite: async () => {
        throw new Error("secret of the shop");
      },
    },
    "GET /buckets/:bucket": {
      about: "Takes the store's place.",
      run: ({ params }) => jsonResponse({ bucket: params.bucket }),
    },
  },
});

const ODD: Readonly<Record<string, { status: number; headers?: Record<string, string>; body: string | null }>> = {
  split: { status: 200, headers: { "X-A": "a\r\nX-B: b" }, body: "{}" },
  name: { status: 200, headers: { "X A": "a" }, body: "{}" },
  length: { status: 200, headers: { "Content-Length": "1" }, body: "{}" },
  status: { status: 42, body: "{}" },
  words: { status: 200, body: "no JSON" },
  number: { status: 200, body: 5 as unknown as string },
};

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket(), shop()] });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c", {
    permissions: { read: [await store.userId("reader")], "record:create": [await store.userId("writer")] },
  });
});
afterAll(() => store.close());

describe("the input of a route", () => {
  it.each([
    ["q=x", { q: "x", exact: false }],
    ["q=5&size=20&exact=true", { q: "5", size: 20, exact: true }],
    ["q=x&tag=a&tag=b", { q: "x", exact: false, tag: ["a", "b"] }],
    ["q=x&tag=a&year=1999", { q: "x", exact: false, tag: ["a"], year: [1999] }],
    ["q=x&code=007", { q: "x", exact: false, code: "007" }],
    ["q=x&unheard=of", { q: "x", exact: false }],
    ["q=x&__proto__=y&constructor=z", { q: "x", exact: false }],
  ])("is parsed from the query %s", async (query, expected) => {
    const { status, body } = await store.get(`/find?${query}`);
    expect([status, body]).toEqual([200, { input: { query: expected } }]);
  });

  it("can have any names in its query", async () => {
    expect((await store.get("/loose?constructor=b&toString=c&hasOwnProperty=d")).body).toEqual([
      "constructor",
      "toString",
      "hasOwnProperty",
    ]);
    expect((await store.get("/loose?__proto__=a&__proto__=b")).status).toBe(200);
  });

  it("is rejected with every issue", async () => {
    const { status, body } = await store.get("/find?size=many&exact=perhaps&year=1999&year=x");
    expect([status, body.errno, body.message]).toEqual([400, 107, expect.stringMatching(/^exact in querystring: /)]);
    expect(body.details).toEqual([
      { location: "querystring", name: "exact", description: expect.stringContaining("boolean") },
      { location: "querystring", name: "q", description: "Required" },
      { location: "querystring", name: "size", description: expect.stringContaining("number") },
      { location: "querystring", name: "year.1", description: expect.stringContaining("number") },
    ]);
    expect((await store.get("/find?q=a&q=b")).body.details).toEqual([expect.objectContaining({ name: "q" })]);
    expect((await store.get("/find?q=x&size=1e999")).status).toBe(400);
    expect((await store.get("/find?q=x&size=90071992547409930")).status).toBe(400);
    expect((await store.get("/find?q=x&size=60")).body.details).toEqual([expect.objectContaining({ name: "size" })]);
  });

  it("can be a JSON body", async () => {
    expect(await store.post("/orders/tea", { count: 2 })).toMatchObject({
      status: 201,
      body: { item: "tea", count: 2 },
    });
    const wrong = await store.post("/orders/tea", { count: 0, for: { name: 5 }, extra: true });
    expect(wrong.body.details).toEqual([
      { location: "body", name: "", description: expect.stringContaining("extra") },
      { location: "body", name: "count", description: expect.any(String) },
      { location: "body", name: "for.age", description: "Required" },
      { location: "body", name: "for.name", description: expect.any(String) },
    ]);
    expect((await store.request("/orders/tea", { method: "POST" })).body.details).toEqual([
      { location: "body", name: "", description: "Required" },
    ]);
    expect(
      (await store.post("/orders/tea", "count=2", { headers: { "content-type": "application/x-www-form-urlencoded" } }))
        .status,
    ).toBe(400);
    expect((await store.post("/orders/tea", "5", { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });

  it("is ignored if the route takes none, unless it is invalid JSON", async () => {
    expect((await store.post("/ping?a=b", { whatever: true })).body).toEqual({ input: {} });
    expect((await store.post("/ping", "{")).body.details).toEqual([expect.objectContaining({ location: "body" })]);
  });
});

describe("access to a route", () => {
  const SUMMARY = "/buckets/b/collections/c/summary";
  const IMPORT = "/buckets/b/collections/c/import";

  it("requires a user with `for: user`", async () => {
    expect((await store.get("/mine", { as: null })).status).toBe(401);
    expect((await store.get("/mine")).body).toEqual({ user: await store.userId("alice") });
  });

  it("requires a principal of `for: { principals }`, also in a batch", async () => {
    const member = await store.userId("member");
    await store.put("/buckets/b/groups/staff", { data: { members: [member] } });
    expect((await store.get("/staff", { as: null })).status).toBe(401);
    expect((await store.get("/staff", { as: "reader" })).status).toBe(403);
    expect((await store.get("/staff", { as: "member" })).body).toEqual({ secret: 1 });
    const requests = [
      { path: "/staff" },
      { method: "PATCH", path: "/buckets/b/groups/staff", body: { data: { members: [await store.userId("alice")] } } },
      { path: "/staff" },
    ];
    const { responses } = (await store.post("/batch", { requests })).body;
    expect((responses as { status: number }[]).map(({ status }) => status)).toEqual([403, 200, 200]);
    expect((await store.get("/staff", { as: "member" })).status).toBe(403);
  });

  it("requires its permission", async () => {
    expect((await store.get(SUMMARY)).body).toEqual({ of: "b/c" });
    expect((await store.get(SUMMARY, { as: "reader" })).status).toBe(200);
    expect((await store.get(SUMMARY, { as: "writer" })).status).toBe(403);
    expect((await store.get(SUMMARY, { as: null })).status).toBe(401);
    const body = { url: "https://a.example" };
    expect((await store.post(IMPORT, body, { as: "writer" })).status).toBe(200);
    expect((await store.post(IMPORT, body, { as: "reader" })).status).toBe(403);
    expect((await store.post(IMPORT, {}, { as: "reader" })).status).toBe(403);
    expect((await store.post(IMPORT, {}, { as: "writer" })).status).toBe(400);
  });

  it("is granted by permissions in the settings", async () => {
    await using open = await startStore({
      plugins: [basicauth(), shop()],
      settings: { recordCreatePrincipals: ["system.Everyone"], collectionReadPrincipals: ["system.Authenticated"] },
    });
    await open.put("/buckets/b");
    await open.put("/buckets/b/collections/c");
    expect((await open.post(IMPORT, { url: "https://a.example" }, { as: null })).status).toBe(200);
    expect((await open.get(SUMMARY, { as: "bob" })).status).toBe(200);
    expect((await open.get(SUMMARY, { as: null })).status).toBe(401);
  });

  it.each([
    ["/buckets/b/collections/none", "alice"],
    ["/buckets/b/collections/none", "bob"],
    ["/buckets/none/collections/c", "alice"],
    ["/buckets/b/collections/n$ne", "alice"],
    ["/buckets/b%2Fcollections%2Fc/collections/c", "alice"],
    ["/buckets/b/collections/none", null],
  ])("to %s is denied like a GET, as %s", async (path, as) => {
    const asked = await store.get(`${path}/summary`, { as });
    const got = await store.get(path, { as });
    expect([asked.status, asked.body]).toEqual([got.status, got.body]);
    expect(asked.status).toBeGreaterThanOrEqual(400);
  });

  it("is checked in batches, after the changes of earlier requests", async () => {
    const { body } = await store.post("/batch", {
      requests: [
        { path: "/buckets/b/collections/fresh/summary" },
        { method: "PUT", path: "/buckets/b/collections/fresh" },
        { path: "/buckets/b/collections/fresh/summary" },
      ],
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([404, 201, 200]);
  });

  it("is checked when a request is rewritten", async () => {
    await store.put("/buckets/default/collections/own");
    expect((await store.get("/buckets/default/collections/own/summary")).body.of).toMatch(/\/own$/);
  });
});

describe("the response of a route", () => {
  it("is returned to HEAD as to GET, and other methods go to other routes", async () => {
    expect((await store.get("/orders/tea")).body).toEqual({ method: "GET", item: "tea" });
    const head = await store.request("/orders/tea", { method: "HEAD" });
    expect([head.status, head.body, head.headers.get("x-item")]).toEqual([200, undefined, "tea"]);
    expect((await store.get("/buckets/b")).body).toEqual({ bucket: "b" });
    expect((await store.patch("/buckets/b", { data: { a: 1 } })).body.data).toMatchObject({ id: "b", a: 1 });
    expect((await store.delete("/orders/tea")).headers.get("allow")?.split(", ").toSorted()).toEqual([
      "GET",
      "HEAD",
      "OPTIONS",
      "POST",
    ]);
  });

  it("is that of the plugin's own HEAD route, if it has one beside GET", async () => {
    const answer = (method: string) => ({
      about: `Answers ${method}.`,
      run: () => ({ status: method === "GET" ? 200 : 204, headers: { "X-Route": method }, body: null }),
    });
    const plugin = definePlugin({
      name: "both",
      about: "Has GET and HEAD at a path.",
      routes: { "GET /both": answer("GET"), "HEAD /both": answer("HEAD"), "GET /one": answer("GET") },
    });
    const other = await startStore({ plugins: [plugin()] });
    const read = async (method: string, path: string) => {
      const { status, headers } = await other.request(path, { method, as: null });
      return [status, headers.get("x-route")];
    };
    try {
      expect(await read("GET", "/both")).toEqual([200, "GET"]);
      expect(await read("HEAD", "/both")).toEqual([204, "HEAD"]);
      expect(await read("HEAD", "/one")).toEqual([200, "GET"]);
    } finally {
      await other.close();
    }
  });

  it.each(Object.keys(ODD))("becomes a 500 if it is invalid: %s", async (way) => {
    const { status, body, headers } = await store.get(`/odd/${way}`);
    expect([status, body.errno, headers.get("x-b")]).toEqual([500, 999, null]);
    expect(store.logLines.at(-1)).toContain("The route 'GET /odd/:way' of the plugin 'shop' failed");
  });

  it("has no details of an error", async () => {
    for (const path of ["/broken", "/away", "/circle"]) {
      const { status, body } = await store.get(path);
      expect([status, body]).toEqual([
        500,
        { code: 500, errno: 999, error: "Internal Server Error", message: expect.any(String) },
      ]);
      expect(JSON.stringify(body)).not.toContain("secret");
      expect(store.logLines.at(-1)).toContain(`The route 'GET ${path}' of the plugin 'shop' failed`);
    }
    expect((await store.get("/refused")).body).toMatchObject({ code: 403, message: "Not on Sundays." });
  });

  it("becomes a 503 after the timeout, and the signal is aborted", async () => {
    const { status, headers } = await store.get("/slow");
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toMatch(/^[3-6]$/);
    expect(ended).toMatchObject({ kind: "BACKEND" });
    expect(store.logLines.at(-1)).toContain("The route 'GET /slow' of the plugin 'shop' took longer than 0.05 s");
  });

  it("does not depend on other requests of a batch", async () => {
    const paths = ["/broken", "/slow", "/away", "/text", "/refused", "/odd/words"];
    const { body } = await store.post("/batch", {
      requests: [...paths.map((path) => ({ path })), { method: "PUT", path: "/buckets/b/collections/kept" }],
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([500, 503, 500, 200, 403, 500, 201]);
    expect(body.responses[3]).toMatchObject({
      body: 'some "words"',
      headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
    expect((await store.get("/buckets/b/collections/kept")).status).toBe(200);
  });

  it("is requested once if a batch runs again", async () => {
    calls = 0;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        store.post("/batch", {
          requests: [
            { method: "POST", path: "/count" },
            { method: "POST", path: "/buckets/b/collections", body: { data: {} } },
          ],
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(calls).toBe(8);
  });
});

describe("a route with the path of search", () => {
  it("belongs to its plugin if no plugin needs search", async () => {
    const finder = definePlugin({
      name: "finder",
      about: "Searches in its own way.",
      routes: {
        "POST /buckets/:bucket/collections/:collection/search": {
          about: "Finds nothing.",
          run: ({ params }) => jsonResponse({ searched: params.collection }),
        },
      },
    })();
    await using other = await startStore({ plugins: [basicauth(), finder] });

    expect(await other.post("/buckets/b/collections/c/search", {})).toMatchObject({
      status: 200,
      body: { searched: "c" },
    });
    expect((await other.get("/buckets/b/collections/c/search")).status).toBe(405);
  });
});

describe("the OpenAPI document", () => {
  it("describes input and responses of routes", async () => {
    const { paths } = (await store.get("/__api__")).body;
    expect(paths["/find"].get).toMatchObject({
      summary: "Finds things.",
      parameters: expect.arrayContaining([
        { name: "q", in: "query", required: true, schema: { type: "string" } },
        { name: "tag", in: "query", schema: { type: "array", items: { type: "string" } } },
        expect.objectContaining({ name: "size", schema: expect.objectContaining({ type: "integer", maximum: 50 }) }),
      ]),
    });
    expect(paths["/find"].head.operationId).toBe("head_find");
    expect(paths["/orders/{item}"].post.requestBody.content["application/json"].schema).toMatchObject({
      type: "object",
      required: ["count"],
    });
    expect(Object.keys(paths["/orders/{item}"].post.responses)).toEqual(expect.arrayContaining(["201", "4XX", "5XX"]));
    expect(Object.keys(paths["/mine"].get.responses)).toEqual(expect.arrayContaining(["2XX", "401"]));
    expect(Object.keys(paths["/staff"].get.responses)).toEqual(expect.arrayContaining(["2XX", "401", "403"]));
    expect(Object.keys(paths["/buckets/{bucket_id}/collections/{collection_id}/summary"].get.responses)).toEqual(
      expect.arrayContaining(["401", "403", "404"]),
    );
  });
});

describe("starting a store", () => {
  const about = "Is a test.";
  const starting = (definition: Parameters<typeof definePlugin>[0]) =>
    startStore({ plugins: [definePlugin(definition as never)() as never] });

  it.each<[string, Record<string, object>, string]>([
    [
      "has input that is neither query nor body",
      { "GET /x": { about, input: z.object({ qurey: z.object({}) }), run: () => jsonResponse({}) } },
      "plugins: x.routes['GET /x'].input.qurey: is not a field of a route's input, which is { query, body }. Did you mean 'query'?",
    ],
    [
      "names an unknown audience",
      { "GET /x": { about, for: "staff", run: () => jsonResponse({}) } },
      "plugins: x.routes['GET /x'].for: must be 'everyone', 'user', or { principals: (config) => a list of principals }",
    ],
    [
      "is for principals that are no list",
      { "GET /x": { about, for: { principals: () => "account:admin" }, run: () => jsonResponse({}) } },
      "plugins: x.routes['GET /x'].for.principals: must return a list of principals, for example ['account:admin'].",
    ],
    [
      "has the path of another",
      { "GET /x/:a": { about, run: () => jsonResponse({}) }, "ANY /x/:b": { about, run: () => jsonResponse({}) } },
      "plugins: x.routes['ANY /x/:b']: handles the same requests as 'GET /x/:a'.",
    ],
    [
      "uses a name twice",
      { "GET /x/:a/:a": { about, run: () => jsonResponse({}) } },
      "plugins: x.routes['GET /x/:a/:a']: has the parameter ':a' twice.",
    ],
    [
      "requires a permission on a path of no object",
      { "GET /x": { about, permission: { on: "/bucket/b", permission: "read" }, run: () => jsonResponse({}) } },
      "plugins: x.routes['GET /x'].permission.on: '/bucket/b' is not the path of an object",
    ],
    [
      "requires a permission with a name that its path lacks",
      {
        "GET /x/:bucket": {
          about,
          permission: { on: "/buckets/:bukket", permission: "read" },
          run: () => jsonResponse({}),
        },
      },
      "the route's path has no ':bukket'. Did you mean 'bucket'?",
    ],
    [
      "requires an unknown permission",
      {
        "GET /x": { about, permission: { on: "/buckets/b", permission: "record:create" }, run: () => jsonResponse({}) },
      },
      "a bucket has no permission 'record:create'.",
    ],
  ])("fails if a route %s", async (_, routes, message) => {
    const error = await starting({ name: "x", about, routes } as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain(message);
  });

  it.each([
    [
      "another plugin has",
      "GET /x/:b",
      [definePlugin({ name: "y", about, routes: { "ANY /x/:a": { about, run: () => jsonResponse({}) } } })()],
    ],
    ["the search plugin has", "POST /buckets/:b/collections/:c/search", [search()]],
    ["the search plugin has for searches by words", "GET /buckets/:b/collections/:c/search", [search()]],
    ["the search plugin has for everything", "POST /search", [search()]],
  ])("fails if a plugin has a route that %s too, and names both", async (_, route, others) => {
    const plugin = definePlugin({
      name: "x",
      about,
      routes: { [route]: { about, run: () => jsonResponse({}) } } as never,
    })();

    const error = await startStore({ plugins: [...others, plugin] }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain(
      `plugins: x.routes['${route}']: the plugin '${others[0]?.name}' has this route already.`,
    );
  });

  it("fails if a renderer has an invalid type or a filter an invalid path", async () => {
    const parts = {
      renderers: {
        a: { types: ["text"], about, render: () => "" },
        b: { types: ["application/json"], about, render: () => "" },
      },
      filters: { c: { about, paths: ["buckets"], response: () => undefined } },
    };
    const error = await starting({ name: "x", about, ...parts } as never).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("plugins: x.renderers.a.types[0]: 'text' is not a media type");
    expect(String(error)).toContain("plugins: x.renderers.b.types[0]: is rendered by the store itself.");
    expect(String(error)).toContain("plugins: x.filters.c.paths[0]: 'buckets' is not a path");
  });
});
