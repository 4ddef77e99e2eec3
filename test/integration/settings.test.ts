import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";
import type { ProtocolSettings } from "../../kit/config.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";
const EVERYONE = ["system.Everyone"];

let store: TestStore;
afterEach(() => store.close());

const start = async (settings: ProtocolSettings, more: Parameters<typeof startStore>[0] = {}) => {
  store = await startStore({ settings, ...more });
};
/** Creates a bucket, a collection and a record that everyone may read. */
const fill = async () => {
  await store.put("/buckets/b", { permissions: { read: EVERYONE } });
  await store.put("/buckets/b/collections/c");
  await store.put("/buckets/b/groups/g");
  await store.put(`${RECORDS}/r`, { data: { n: 1 } });
};
const statuses = (answers: readonly TestResponse[]) => answers.map(({ status }) => status);

describe("read-only store", () => {
  it("rejects all writes, also in batches", async () => {
    await start({ readonly: true });
    const writes = await Promise.all([
      store.put("/buckets/b"),
      store.post("/buckets", {}),
      store.patch("/buckets/b", { data: {} }),
      store.delete("/buckets"),
      store.post("/batch", { requests: [] }),
    ]);
    expect(statuses(writes)).toEqual([405, 405, 405, 405, 405]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
    expect((await store.get("/")).body.settings.readonly).toBe(true);
  });

  it("rejects writes of plugins in routes, workers and commands", async () => {
    const writer = definePlugin({
      name: "writer",
      about: "Writes wherever it runs.",
      needs: () => ({ data: need.data({ "bucket:create": ["/"] }), flush: need.flush() }),
      setup: ({ resources: { data, flush } }) => ({
        write: () => data.create("/buckets", { data: {} }),
        flush,
        read: () => data.get("/buckets/b"),
      }),
      inbound: {
        heed: { about: "Writes.", retries: 0, run: async (_, { services }) => void (await services.write()) },
      },
      commands: {
        write: {
          about: "Writes.",
          run: async ({ print }, { services }) => print(await services.write().then(String, ({ message }) => message)),
        },
        flush: {
          about: "Removes all.",
          run: async ({ print }, { services }) =>
            print(await services.flush(() => true).then(String, ({ message }) => message)),
        },
      },
      routes: {
        "GET /write": {
          about: "Writes.",
          run: async (_, { services }) => ({ status: 200, body: JSON.stringify(await services.write()) }),
        },
      },
    });
    await start({ readonly: true }, { plugins: [writer()], retryAfter: () => 0 });
    const refusal = "The store is read-only: its setting 'readonly' is on.";

    expect([...(await store.runCommand("writer", "write")), ...(await store.runCommand("writer", "flush"))]).toEqual([
      refusal,
      refusal,
    ]);
    expect(await store.request("/write")).toMatchObject({ status: 405, body: { message: refusal } });
    await store.send("writer-heed", {});
    await store.drain();
    expect(await store.deadLetterCount("writer-heed")).toBe(1);
    expect(
      store.logLines
        .filter((line) => line.includes("The listener failed"))
        .map((line) => JSON.parse(line).error.message),
    ).toEqual([refusal]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
  });

  it("allows caching of the root page", async () => {
    await start({ readonly: true, rootCacheExpiresSeconds: 77 });
    expect((await store.get("/")).headers.get("cache-control")).toBe("max-age=77");
    await store.close();
    await start({ rootCacheExpiresSeconds: 77 });
    expect((await store.get("/")).headers.get("cache-control")).toBeNull();
  });
});

describe("Backoff", () => {
  const backoffs = async () => {
    const answers = await Promise.all([
      ...["/", "/buckets", "/nowhere", "/__lbheartbeat__"].map((path) => store.get(path)),
      store.put("/buckets/b", "{"),
      store.request("/buckets", {
        method: "OPTIONS",
        headers: { origin: "https://a.test", "access-control-request-method": "GET" },
      }),
    ]);
    return new Set(answers.map(({ headers }) => headers.get("backoff")));
  };

  it("is part of every response", async () => {
    await start({ backoff: 10 });
    expect(await backoffs()).toEqual(new Set(["10"]));
  });

  it("is part of all or no responses, depending on the percentage", async () => {
    await start({ backoff: 10, backoffPercentage: 100 });
    expect(await backoffs()).toEqual(new Set(["10"]));
    await store.close();
    await start({ backoff: 10, backoffPercentage: 0 });
    expect(await backoffs()).toEqual(new Set([null]));
  });
});

describe("end of service", () => {
  const alertOf = ({ headers }: TestResponse) => JSON.parse(headers.get("alert") ?? "null");

  it("is announced in advance", async () => {
    await start({ eos: "2999-01-01", eosMessage: "The end is far.", eosUrl: "https://example.org/end" });
    const alert = { code: "soft-eol", message: "The end is far.", url: "https://example.org/end" };
    for (const answer of [
      await store.get("/"),
      await store.get("/buckets"),
      await store.get("/nowhere"),
      await store.put("/buckets/b"),
    ]) {
      expect(answer.status).not.toBe(410);
      expect(alertOf(answer)).toEqual(alert);
    }
    expect((await store.get("/")).body.eos).toBe("2999-01-01");
  });

  it("returns 410 for all requests afterwards", async () => {
    await start({ eos: "2001-01-01T00:00:00Z", eosMessage: "It is over.", eosUrl: "https://example.org/end" });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/buckets"],
      ["GET", "/nowhere"],
      ["PUT", "/buckets/b"],
      ["POST", "/batch"],
      ["GET", "/__heartbeat__"],
    ] as const) {
      const answer = await store.request(path, { method });
      expect(answer).toMatchObject({ status: 410, body: { code: 410, errno: 202, error: "Gone" } });
      expect(alertOf(answer)).toEqual({ code: "hard-eol", message: "It is over.", url: "https://example.org/end" });
    }
  });

  it("is not announced when it is not configured", async () => {
    await start({});
    expect((await store.get("/")).headers.get("alert")).toBeNull();
    expect((await store.get("/")).body).not.toHaveProperty("eos");
  });
});

describe("server error", () => {
  let fault: Error | undefined;
  const wrap =
    (send: Send): Send =>
    async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
      if (fault !== undefined) throw fault;
      return send(operation, input);
    };

  it("of the table returns 503 with a random Retry-After from the configured one to twice as many seconds", async () => {
    await start({ retryAfterSeconds: 42 }, { wrap });
    fault = new Failure("BACKEND");
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.get("/buckets"))).finally(() => {
      fault = undefined;
    });
    const seconds = answers.map(({ headers }) => headers.get("retry-after") ?? "");
    expect(seconds.filter((one) => !/^\d+$/.test(one) || Number(one) < 42 || Number(one) > 84)).toEqual([]);
    expect(new Set(seconds).size).toBeGreaterThan(1);
    expect(answers[0]).toMatchObject({ status: 503, body: { code: 503, errno: 201, error: "Service Unavailable" } });
    expect(answers[0]?.body).not.toHaveProperty("info");
  });

  it("returns the configured link and no internal details", async () => {
    await start({ errorInfoLink: "https://example.org/help" }, { wrap });
    fault = new TypeError("a secret from inside");
    const answers = [await store.get("/buckets"), await store.post("/batch", { requests: [{ path: "/buckets" }] })];
    fault = undefined;
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 500,
        body: { code: 500, errno: 999, error: "Internal Server Error", info: "https://example.org/help" },
      });
      expect(JSON.stringify(answer.body)).not.toContain("secret");
    }
    expect(store.logLines.some((line) => line.includes("a secret from inside"))).toBe(true);
  });
});

describe("anonymous response", () => {
  const kept = async (path: string, as: string | null = null) =>
    (await store.get(path, { as })).headers.get("cache-control");
  const FORBIDDEN = "no-cache, no-store";

  it("can be cached for the time set for its resource, bucket or collection", async () => {
    await start({
      recordCacheExpiresSeconds: 10,
      collectionCacheExpiresSeconds: 0,
      places: {
        b: { recordCacheExpiresSeconds: 20 },
        "b.d": { recordCacheExpiresSeconds: 30 },
        "b.e": { recordCacheExpiresSeconds: 0 },
      },
    });
    await fill();
    for (const id of ["d", "e"]) await store.put(`/buckets/b/collections/${id}`);
    await store.put("/buckets/other", { permissions: { read: EVERYONE } });
    await store.put("/buckets/other/collections/c");

    expect(await kept(RECORDS)).toBe("max-age=20");
    expect(await kept(`${RECORDS}/r`)).toBe("max-age=20");
    expect(await kept("/buckets/b/collections/d/records")).toBe("max-age=30");
    expect(await kept("/buckets/other/collections/c/records")).toBe("max-age=10");
    expect(await kept("/buckets/b/collections/e/records")).toContain("max-age=0");
    expect(await kept("/buckets/b/collections/c")).toBe(FORBIDDEN);
    expect(await kept("/buckets/b")).toBe(FORBIDDEN);
    expect((await store.get(RECORDS, { as: null })).headers.get("expires")).not.toBeNull();
  });

  it("cannot be cached for authenticated users", async () => {
    await start({ recordCacheExpiresSeconds: 10 });
    await fill();
    expect(await kept(RECORDS, "alice")).toBe(FORBIDDEN);
    expect(await kept(RECORDS)).toBe("max-age=10");
  });

  it("can be cached for the time in the collection's metadata", async () => {
    await start({});
    await fill();
    expect(await kept(RECORDS)).toBe(FORBIDDEN);
    await store.patch("/buckets/b/collections/c", { data: { cache_expires: 60 } });
    expect(await kept(RECORDS)).toBe("max-age=60");
    expect(await kept(`${RECORDS}/r`)).toBe("max-age=60");
    expect(await kept("/buckets/b/collections/c")).toBe(FORBIDDEN);
    expect(await kept(RECORDS, "alice")).toBe(FORBIDDEN);
    expect(await store.patch("/buckets/b/collections/c", { data: { cache_expires: "soon" } })).toMatchObject({
      status: 400,
    });
  });
});

describe("principals in settings", () => {
  it("have the configured permissions, globally or in one bucket or collection", async () => {
    await start({
      bucketReadPrincipals: ["system.Authenticated"],
      recordCreatePrincipals: ["system.Authenticated"],
      places: {
        b: { collectionCreatePrincipals: EVERYONE },
        "b.c": { recordWritePrincipals: ["system.Authenticated"] },
      },
    });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    await store.put("/buckets/b/collections/d");
    await store.put("/buckets/other");
    for (const collection of ["c", "d"]) await store.put(`/buckets/b/collections/${collection}/records/r`, {});
    const bob = { as: "bob" };
    const anonymous = { as: null };

    expect(statuses([await store.get("/buckets/b", bob), await store.get("/buckets/b", anonymous)])).toEqual([
      200, 401,
    ]);
    expect((await store.get("/buckets", bob)).body.data).toHaveLength(2);
    expect(
      statuses([
        await store.put("/buckets/b/collections/x", {}, anonymous),
        await store.put("/buckets/other/collections/x", {}, anonymous),
      ]),
    ).toEqual([201, 401]);
    expect(
      statuses([
        await store.patch("/buckets/b/collections/c/records/r", { data: {} }, bob),
        await store.patch("/buckets/b/collections/d/records/r", { data: {} }, bob),
        await store.post("/buckets/b/collections/d/records", {}, bob),
        await store.post("/buckets/b/collections/d/records", {}, anonymous),
      ]),
    ).toEqual([200, 403, 201, 401]);
  });

  it("determine who may create buckets", async () => {
    await start({ bucketCreatePrincipals: EVERYONE });
    const created = await store.put("/buckets/b", {}, { as: null });
    expect([created.status, created.body.permissions]).toEqual([201, { write: EVERYONE }]);
    await store.close();
    await start({ bucketCreatePrincipals: [] });
    expect(statuses([await store.put("/buckets/b"), await store.put("/buckets/b", {}, { as: null })])).toEqual([
      403, 401,
    ]);
  });

  it("are the only permissions when creators get none", async () => {
    await start({
      explicitPermissions: false,
      bucketCreatePrincipals: ["system.Authenticated"],
      bucketWritePrincipals: ["system.Authenticated"],
    });
    const created = await store.put("/buckets/b", { permissions: { "group:create": ["x"] } });
    expect([created.status, created.body.permissions]).toEqual([
      201,
      expect.not.objectContaining({ write: expect.anything() }),
    ]);
    expect((await store.patch("/buckets/b", { data: { n: 1 } }, { as: "bob" })).status).toBe(200);
    expect((await store.get("/")).body.settings.explicit_permissions).toBe(false);
  });
});

describe("disabled endpoint", () => {
  it("returns 405", async () => {
    await start({
      pluralRecordDeleteEnabled: false,
      objectBucketDeleteEnabled: false,
      pluralGroupGetEnabled: false,
      objectCollectionPatchEnabled: false,
    });
    await fill();
    const answers = [
      await store.delete(RECORDS),
      await store.delete("/buckets/b"),
      await store.get("/buckets/b/groups"),
      await store.patch("/buckets/b/collections/c", { data: {} }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 405, body: { errno: 115 } });
    expect(answers.map(({ headers }) => headers.get("allow"))).toEqual([
      "HEAD, GET, POST, OPTIONS",
      "GET, HEAD, PUT, PATCH, OPTIONS",
      "HEAD, POST, DELETE, OPTIONS",
      "GET, HEAD, PUT, DELETE, OPTIONS",
    ]);
    expect(
      statuses([
        await store.delete(`${RECORDS}/r`),
        await store.delete("/buckets/b/groups/g"),
        await store.get("/buckets/b/groups/g"),
      ]),
    ).toEqual([200, 200, 404]);
  });

  it("is disabled in batches too", async () => {
    await start({ pluralRecordDeleteEnabled: false });
    await fill();
    const { body } = await store.post("/batch", {
      requests: [
        { method: "DELETE", path: RECORDS },
        { method: "DELETE", path: `${RECORDS}/r` },
      ],
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([405, 200]);
  });
});

describe("root page and ids", () => {
  it("follow the settings", async () => {
    await start({
      projectName: "store of mine",
      projectVersion: "7",
      projectDocs: "https://example.org/docs",
      httpScheme: "https",
      httpHost: "store.example.org",
      batchMaxRequests: 7,
      recordIdGenerator: "name",
      bucketIdGenerator: "uuid",
    });
    expect((await store.get("/")).body).toMatchObject({
      project_name: "store of mine",
      project_version: "7",
      project_docs: "https://example.org/docs",
      url: "https://store.example.org/v1/",
      settings: { batch_max_requests: 7 },
    });
    await fill();
    await store.put(`${RECORDS}/s`, {});
    expect((await store.get(`${RECORDS}?_limit=1`)).headers.get("next-page")).toMatch(
      /^https:\/\/store\.example\.org\/v1\/buckets\/b\//,
    );
    expect((await store.post(RECORDS, {})).body.data.id).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]{7}$/);
    expect((await store.post("/buckets", {})).body.data.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await store.post("/batch", { requests: Array(8).fill({ path: "/" }) })).status).toBe(400);
  });
});
