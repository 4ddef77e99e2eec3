import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, type Plugin } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const ORIGIN = "https://app.example.org";
const OTHER_ORIGIN = "https://other.example.org";
const MEDIA_TYPE = "text/x-upper";

/** A plugin with a part of every kind that takes part in requests. */
const parts = (): Plugin =>
  definePlugin({
    name: "parts",
    about: "Has a route, a filter, a renderer and an action.",
    routes: {
      "GET /greetings/:name": { about: "Greets.", run: ({ params }) => jsonResponse({ hello: params.name }) },
      "POST /elsewhere/:collection/search": {
        about: "Searches a collection of the bucket `b`.",
        rewrite: async ({ params }) => ({ path: `/buckets/b/collections/${params.collection}/search` }),
      },
    },
    filters: {
      mark: {
        about: "Adds a header.",
        response: ({ status, headers = {}, body }) => ({ status, headers: { ...headers, "X-Filtered": "yes" }, body }),
      },
    },
    renderers: {
      upper: {
        types: [MEDIA_TYPE],
        about: "Renders JSON in upper case.",
        render: ({ body }) => JSON.stringify(body).toUpperCase(),
      },
    },
    actions: {
      wait: {
        about: "Does nothing.",
        on: ["server", "bucket", "collection"],
        principals: () => ["system.Authenticated"],
        run: () => null,
      },
    },
  })();

interface Case {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: unknown;
  /** Whether a read-only store allows a method that is not GET or HEAD. */
  readonly readsOnly?: boolean;
  /** The status as a part of a batch, if it differs. */
  readonly inBatch?: number;
}

const read = (path: string, status = 200): Case[] => [
  { method: "GET", path, status },
  { method: "HEAD", path, status },
];
const object = (path: string): Case[] => [
  ...read(path),
  { method: "PUT", path, body: { data: {} }, status: 200 },
  { method: "PATCH", path, body: { data: { changed: true } }, status: 200 },
];
const list = (path: string, body: unknown = {}): Case[] => [...read(path), { method: "POST", path, body, status: 201 }];
const SEARCH = { method: "POST", body: { query: { match_all: {} } }, status: 200, readsOnly: true } as const;
const RECORD = "/buckets/b/collections/c/records/r";
const UNKNOWN_JOB = "/jobs/00000000-0000-4000-8000-000000000000";
const START = { method: "POST", status: 202, inBatch: 400 } as const;

const CASES: readonly Case[] = [
  ...["/", "/permissions", "/__heartbeat__", "/__lbheartbeat__", "/__version__", "/contribute.json"].flatMap((path) =>
    read(path),
  ),
  ...read("/__api__"),
  ...list("/buckets"),
  ...object("/buckets/b"),
  ...list("/buckets/b/groups"),
  ...object("/buckets/b/groups/g"),
  ...list("/buckets/b/collections"),
  ...object("/buckets/b/collections/c"),
  ...list("/buckets/b/collections/c/records"),
  ...object(RECORD),
  ...read("/buckets/b/collections/c/search"),
  { ...SEARCH, path: "/buckets/b/collections/c/search" },
  { ...SEARCH, path: "/buckets/b/collections/c/search/_count" },
  { ...SEARCH, path: "/buckets/b/collections/c/search/_msearch", body: { searches: [{}] } },
  { ...SEARCH, path: "/buckets/b/search" },
  { ...SEARCH, path: "/search" },
  ...read("/search/plugins"),
  ...read("/search/facets"),
  { ...SEARCH, path: "/elsewhere/c/search" },
  { method: "POST", path: "/batch", body: { requests: [{ path: "/" }] }, status: 200, inBatch: 400 },
  ...["", "/buckets/b", "/buckets/b/collections/c"].flatMap((at): Case[] => [
    ...read(`${at}/actions`),
    ...read(`${at}/actions/wait`),
    { ...START, path: `${at}/actions/wait` },
  ]),
  ...read("/jobs"),
  ...read(UNKNOWN_JOB, 404),
  { method: "DELETE", path: UNKNOWN_JOB, status: 404, inBatch: 400 },
  { method: "POST", path: `${UNKNOWN_JOB}/retry`, status: 404, inBatch: 400 },
  ...read("/greetings/ann"),
  // Deletions come last, children first.
  { method: "DELETE", path: RECORD, status: 200 },
  { method: "DELETE", path: "/buckets/b/collections/c/records", status: 200 },
  { method: "DELETE", path: "/buckets/b/collections/c", status: 200 },
  { method: "DELETE", path: "/buckets/b/collections", status: 200 },
  { method: "DELETE", path: "/buckets/b/groups/g", status: 200 },
  { method: "DELETE", path: "/buckets/b/groups", status: 200 },
  { method: "DELETE", path: "/buckets/b", status: 200 },
  { method: "DELETE", path: "/buckets", status: 200 },
];
const TABLE = CASES.map((one) => [`${one.method} ${one.path}`, one] as const);
const PATHS = [...new Map(CASES.map((one) => [one.path, one])).values()].map((one) => [one.path, one] as const);
/** Cases that change nothing, so that they can run in any order. */
const SAFE = TABLE.filter(([, { method, readsOnly }]) => method === "GET" || method === "HEAD" || readsOnly);

const SETTINGS = { experimentalPermissionsEndpoint: true };
const start = (settings: NonNullable<Parameters<typeof startStore>[0]>["settings"] = {}): Promise<TestStore> =>
  startStore({ plugins: [basicauth(), search(), parts()], settings: { ...SETTINGS, ...settings } });

let open: TestStore;
let closed: TestStore;
let ending: TestStore;
let ended: TestStore;
let readonly: TestStore;
const createObjects = async (store: TestStore): Promise<void> => {
  for (const path of ["/buckets/b", "/buckets/b/groups/g", "/buckets/b/collections/c", RECORD]) await store.put(path);
};
beforeAll(async () => {
  [open, closed, ending, ended, readonly] = await Promise.all([
    start(),
    start({ corsOrigins: [ORIGIN] }),
    start({ eos: "2999-01-01T00:00:00Z", backoff: 30 }),
    start({ eos: "2001-01-01T00:00:00Z" }),
    start({ readonly: true }),
  ]);
});
afterAll(() => Promise.all([open, closed, ending, ended, readonly].map((store) => store.close())));

const send = (store: TestStore, { method, path, body }: Case, headers: Record<string, string> = {}) =>
  store.request(path, { method, headers, ...(body !== undefined && { body }) });
/** Without following redirects. */
const fetchRaw = (store: TestStore, path: string, init: RequestInit = {}) =>
  fetch(`${new URL(store.url).origin}${path}`, { redirect: "manual", ...init });

describe("the table of endpoints", () => {
  it("has every operation of the OpenAPI document", async () => {
    const { body } = await open.get("/__api__");
    const covered = new Set(CASES.map(({ method, path }) => `${method} ${path}`));
    const patternOf = (path: string) => new RegExp(`^${path.replace(/[.*]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+")}$`);
    const missing = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== "parameters")
        .map((key) => key.toUpperCase())
        .filter(
          (method) =>
            ![...covered].some(
              (one) => one.startsWith(`${method} `) && patternOf(path).test(one.slice(method.length + 1)),
            ),
        )
        .map((method) => `${method} ${path}`),
    );

    // Actions on groups and records work as those on buckets and collections do.
    expect(missing.filter((one) => !/\/(groups|records)\/\{\w+\}\/actions/.test(one))).toEqual([]);
  });
});

describe("every path", () => {
  it.each(PATHS)("%s answers a preflight request with its methods", async (path) => {
    for (const { method } of CASES.filter((one) => one.path === path)) {
      const headers = { origin: ORIGIN, "access-control-request-method": method };
      const response = await open.request(path, { method: "OPTIONS", as: null, headers });

      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")?.split(",")).toEqual(
        expect.arrayContaining([method, "OPTIONS"]),
      );
    }
  });

  it.each(PATHS)("%s rejects a preflight request from an origin that is not allowed", async (path, { method }) => {
    const headers = { origin: OTHER_ORIGIN, "access-control-request-method": method };

    expect((await closed.request(path, { method: "OPTIONS", as: null, headers })).status).toBe(400);
  });

  it.each(PATHS)("%s returns 405 with Allow for other methods", async (path) => {
    const response = await fetchRaw(open, `/v1${path}`, { method: "REPORT" });

    expect(response.status).toBe(405);
    expect(response.headers.get("allow")?.split(", ")).toEqual(
      expect.arrayContaining([...CASES.filter((one) => one.path === path).map(({ method }) => method), "OPTIONS"]),
    );
  });

  it.each(PATHS)("%s is the target of redirects", async (path, { method }) => {
    const origin = new URL(open.url).origin;
    for (const other of path === "/" ? ["/"] : [path, `/v1${path}/`]) {
      const response = await fetchRaw(open, `${other}?a=1`, { method });

      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toBe(`${origin}/v1${path}?a=1`);
    }
  });
});

describe("every endpoint", () => {
  beforeAll(() => createObjects(closed));

  it.each(TABLE)("%s returns 400 for an origin that is not allowed", async (_, one) => {
    expect((await send(closed, one, { origin: OTHER_ORIGIN })).status).toBe(400);
  });

  it.each(SAFE)("%s names the allowed origin", async (_, one) => {
    const response = await send(closed, one, { origin: ORIGIN });

    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([one.status, ORIGIN]);
    expect(response.headers.get("access-control-expose-headers")).toContain("Backoff");
  });

  it.each(TABLE)("%s returns 410 after the end of the service", async (_, one) => {
    const response = await send(ended, one);

    expect(response.status).toBe(410);
    expect(JSON.parse(response.headers.get("alert") ?? "{}")).toMatchObject({ code: "hard-eol" });
  });

  it.each(TABLE)("%s announces the end of the service, and how long to wait", async (_, one) => {
    const { headers } = await send(ending, one);

    expect(JSON.parse(headers.get("alert") ?? "{}")).toMatchObject({ code: "soft-eol" });
    expect(headers.get("backoff")).toBe("30");
  });

  it.each(TABLE)("%s returns 405 on a read-only store if it writes", async (_, one) => {
    // The document of a read-only store has no POST to a rewrite, even if it leads to a search.
    const { method, path, body } = one;
    const { status } = await fetchRaw(readonly, `/v1${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

    if (one.method === "GET" || one.method === "HEAD" || one.readsOnly) expect(status).not.toBe(405);
    else expect(status).toBe(405);
  });

  it.each(TABLE)("%s returns 400 for a query that is not UTF-8", async (_, { method, path, body }) => {
    const response = await fetchRaw(open, `/v1${path}?a=%ff`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

    expect(response.status).toBe(400);
  });

  it.each(TABLE)("%s returns 406 for media types that it cannot render", async (_, one) => {
    expect((await send(open, one, { accept: "image/png" })).status).toBe(406);
  });
});

describe("every endpoint with its objects", () => {
  beforeAll(() => createObjects(open));

  it.each(SAFE)("%s works as part of a batch", async (_, { method, path, body, status, inBatch = status }) => {
    const response = await open.post("/batch", {
      requests: [{ method, path, ...(body !== undefined && { body }), headers: { origin: ORIGIN } }],
    });

    expect(response.status).toBe(200);
    expect(response.body.responses).toEqual([
      expect.objectContaining({
        status: inBatch,
        headers: expect.objectContaining({ "Access-Control-Allow-Origin": "*", "X-Filtered": "yes" }),
      }),
    ]);
  });

  it.each(SAFE)("%s is rendered as the media type that the client accepts", async (_, one) => {
    const response = await send(open, one, { accept: MEDIA_TYPE });

    expect(response.status).toBe(one.status);
    expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(response.headers.get("content-type")).toContain(MEDIA_TYPE);
    if (one.method !== "HEAD") expect(response.body).toBe(String(response.body).toUpperCase());
  });

  it.each(TABLE)("%s runs filters and has a request id", async (_, one) => {
    const response = await send(open, one);

    expect([response.status, response.headers.get("x-filtered")]).toEqual([one.status, "yes"]);
    expect(response.headers.get("apigw-requestid")).toMatch(/^[\w=-]+$/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("a batch with searches", () => {
  it("searches as each user, and fails no other request", async () => {
    await createObjects(ending);
    await ending.drain();
    const one = { method: "POST", path: "/buckets/b/collections/c/search", body: { query: { match_all: {} } } };
    const bob = { authorization: `Basic ${Buffer.from("bob:secret").toString("base64")}` };

    const { body } = await ending.post("/batch", {
      requests: [one, { ...one, headers: bob }, { ...one, body: { query: { nonsense: {} } } }, { path: RECORD }],
    });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 403, 400, 200]);
    expect(body.responses[0].body.hits.hits).toHaveLength(1);
  });
});
