import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";

const RECORD = "/buckets/b/collections/c/records/:record";

const echo = definePlugin({
  name: "echo",
  about: "Tests bodies and requests of routes.",
  capabilityFields: () => ({ base_url: "https://example.org/" }),
  filters: {
    mark: {
      about: "Adds a header.",
      response: (response) => ({ ...response, headers: { ...response.headers, "x-mark": "1" } }),
    },
  },
  routes: {
    "POST /echo": {
      about: "Returns the body.",
      run: ({ bytes }) => ({ status: 200, headers: { "Content-Type": "image/png" }, body: bytes() }),
    },
    "GET /bytes/:count": {
      about: "Returns zeros.",
      run: ({ params }) => ({ status: 200, body: new Uint8Array(Number(params.count)) }),
    },
    "GET /loop": {
      about: "Calls itself.",
      run: async ({ send }) => jsonResponse({ ...(await send({ method: "GET", path: "/loop" })).body }),
    },
    "POST /buckets/b/collections/c/records/:record/touch": {
      about: "Changes a record.",
      permission: { on: RECORD, permission: "save" },
      run: async ({ params, send, headers }) => {
        const { "if-match": ifMatch } = headers;
        const { status, body } = await send({
          method: "PUT",
          path: RECORD.replace(":record", params.record),
          body: { data: { touched: true } },
          headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
        });
        return jsonResponse(body ?? {}, { status });
      },
    },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({ plugins: [echo()] });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c", { permissions: { "record:create": ["testuser:eve"] } });
});
afterAll(async () => store.close());

const post = (path: string, body: Uint8Array, type: string) =>
  fetch(`${store.url}${path}`, { method: "POST", headers: { "content-type": type }, body: new Uint8Array(body) });

describe("bodies of routes", () => {
  it("are any bytes, in requests and responses", async () => {
    const content = randomBytes(3000);
    const response = await post("/echo", content, "image/png");

    expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("x-mark")).toBe("1");
    expect(await (await post("/echo", Buffer.from("Grüße"), "text/plain")).text()).toBe("Grüße");
    expect(await (await post("/echo", Buffer.alloc(0), "image/png")).text()).toBe("");
  });

  it("are limited by what Lambda takes", async () => {
    expect((await post("/echo", Buffer.alloc(4_500_001), "image/png")).status).toBe(413);
    expect((await store.get("/bytes/4600000")).status).toBe(200);
    expect((await store.get("/bytes/4700000")).status).toBe(413);
  });

  it("are base64 in a batch", async () => {
    const { body } = await store.post("/batch", { requests: [{ path: "/bytes/3" }] });

    expect(body.responses[0]).toMatchObject({ status: 200, body: "AAAA" });
  });
});

describe("requests of routes", () => {
  const touch = (record: string, as: string, headers = {}) =>
    store.post(`${RECORD.replace(":record", record)}/touch`, undefined, { as, headers });

  it("are those of the user, with its permissions and preconditions", async () => {
    expect((await touch("r", "bob")).status).toBe(403);
    const created = await touch("r", "eve");
    expect([created.status, created.body.permissions.write]).toEqual([201, ["testuser:eve"]]);
    expect((await touch("r", "eve", { "if-match": '"1"' })).status).toBe(412);
    expect((await touch("r", "alice")).status).toBe(200);
    await store.put(RECORD.replace(":record", "hers"));
    // To create records is not enough to change one.
    expect((await touch("hers", "eve")).status).toBe(403);
  });

  it("are refused in a batch, and end where they call each other", async () => {
    const path = `${RECORD.replace(":record", "r")}/touch`;
    const { body } = await store.post("/batch", { requests: [{ method: "POST", path }] });

    expect(body.responses[0]).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("Send it alone") },
    });
    await store.get("/loop");
    expect(store.logLines.join()).toContain("it sends requests to itself, more than 5 times");
  });

  it("adds fields to the capability", async () => {
    expect((await store.get("/")).body.capabilities.echo).toMatchObject({ base_url: "https://example.org/" });
  });
});
