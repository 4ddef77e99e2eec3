import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";
import { createApi } from "../../functions/api/app.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
let fails: "not" | "refuses" | "refuses writes" | "is silent" = "not";
const wrap =
  (send: Send): Send =>
  async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
    if (fails === "refuses" || (fails === "refuses writes" && operation === "PutItem")) throw new Failure("BACKEND");
    if (fails === "is silent") await new Promise(() => undefined);
    return send(operation, input);
  };
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.close());

describe("GET /__heartbeat__", () => {
  it("checks everything that the store depends on", async () => {
    const { status, body } = await store.get("/__heartbeat__", { as: null });
    expect([status, Object.values(body)]).toEqual([200, Object.keys(body).map(() => true)]);
    expect(body.storage).toBe(true);
    expect(await store.request("/__heartbeat__", { method: "HEAD" })).toMatchObject({ status: 200, body: undefined });
  });

  it.each([
    ["does not answer", "refuses", 10],
    ["accepts no writes, for example because the disk is full", "refuses writes", 10],
    ["does not answer in time", "is silent", 0.05],
  ] as const)("returns 503 and logs an error if the table %s", async (_, way, heartbeatTimeoutSeconds) => {
    const { config } = store.options;
    const api = await createApi({
      ...store.options,
      config: { ...config, settings: { ...config.settings, heartbeatTimeoutSeconds } },
      wrapSend: wrap,
    });
    fails = way;
    try {
      const response = await requestApi(api).request("http://localhost/v1/__heartbeat__");
      expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ storage: false })]);
      expect((await requestApi(api).request("http://localhost/v1/__lbheartbeat__")).status).toBe(200);
      expect(store.logLines.some((line) => line.includes("A heartbeat failed"))).toBe(true);
    } finally {
      fails = "not";
      await api.close();
    }
  });

  it("checks once a second at most, also for many requests in a batch", async () => {
    let writes = 0;
    const api = await createApi({
      ...store.options,
      wrapSend: (send) => async (operation, input) => {
        if (operation === "PutItem") writes++;
        return send(operation, input);
      },
    });
    try {
      const requests = Array.from({ length: 25 }, () => ({ path: "/__heartbeat__" }));
      const response = await requestApi(api).request("http://localhost/v1/batch", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ requests }),
      });
      expect((await response.json()).responses).toHaveLength(25);
      expect(writes).toBeLessThanOrEqual(2);
    } finally {
      await api.close();
    }
  });

  it("does not write in a read-only store", async () => {
    const { config } = store.options;
    const api = await createApi({
      ...store.options,
      config: { ...config, settings: { ...config.settings, readonly: true } },
      wrapSend: wrap,
    });
    fails = "refuses writes";
    try {
      const response = await requestApi(api).request("http://localhost/v1/__heartbeat__");
      expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ storage: true })]);
    } finally {
      fails = "not";
      await api.close();
    }
  });

  it("returns 503 if a queue does not exist", async () => {
    const { queues } = store.options.location;
    const gone = Object.fromEntries(Object.entries(queues).map(([name, url]) => [name, `${url}-gone`]));
    const api = await createApi({ ...store.options, location: { ...store.options.location, queues: gone } });
    try {
      const response = await requestApi(api).request("http://localhost/v1/__heartbeat__");
      expect([response.status, await response.json()]).toEqual([
        503,
        expect.objectContaining({ storage: true, queues: false }),
      ]);
    } finally {
      await api.close();
    }
  });
});

describe("the utility endpoints", () => {
  it("respond without authentication", async () => {
    expect(await store.get("/__lbheartbeat__", { as: null })).toMatchObject({ status: 200, body: {} });
    expect(await store.get("/__version__", { as: null })).toMatchObject({
      status: 200,
      body: { name: "kintoun", version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    });
    expect(await store.get("/contribute.json", { as: null })).toMatchObject({
      status: 200,
      body: { name: expect.any(String), description: expect.any(String), repository: expect.any(Object) },
    });
  });

  it.each(["/", "/__heartbeat__", "/__lbheartbeat__", "/__version__", "/contribute.json"])(
    "are read, and nothing else: %s",
    async (path) => {
      const head = await store.request(path, { method: "HEAD" });
      expect([head.status, head.body]).toEqual([200, undefined]);
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const { status, headers, body } = await store.request(path, { method });
        expect([status, headers.get("allow"), body.errno]).toEqual([405, "GET, HEAD, OPTIONS", 115]);
      }
    },
  );
});

describe("GET /", () => {
  it("returns the server, its capabilities and the user", async () => {
    const { body } = await store.get("/");
    expect(body).toMatchObject({
      project_name: "kintoun",
      project_version: expect.stringMatching(/^\d/),
      project_docs: expect.stringMatching(/^https:/),
      http_api_version: "1.23",
      url: `${store.url}/`,
      settings: { readonly: false, explicit_permissions: true, batch_max_requests: 25 },
      user: { id: await store.userId("alice") },
    });
    for (const capability of Object.values(body.capabilities))
      expect(capability).toMatchObject({ description: expect.any(String) });
    const urls = Object.values<{ url?: string }>(body.capabilities).flatMap(({ url }) => url ?? []);
    expect(urls).not.toContain(body.project_docs);
    const { user, ...same } = body;
    expect((await store.get("/", { as: null })).body).toEqual(same);
    expect(user.principals).toEqual(expect.arrayContaining([user.id, "system.Everyone", "system.Authenticated"]));
  });

  it("returns every group of the user as a principal", async () => {
    const bob = await store.userId("bob");
    await store.put("/buckets/b");
    for (const group of ["g", "h"]) await store.put(`/buckets/b/groups/${group}`, { data: { members: [bob] } });
    expect((await store.get("/", { as: "bob" })).body.user.principals).toEqual(
      expect.arrayContaining(["/buckets/b/groups/g", "/buckets/b/groups/h"]),
    );
    await store.delete("/buckets/b/groups/h");
    expect((await store.get("/", { as: "bob" })).body.user.principals).not.toContain("/buckets/b/groups/h");
    await store.delete("/buckets/b");
    expect((await store.get("/", { as: "bob" })).body.user.principals).toHaveLength(3);
  });
});
