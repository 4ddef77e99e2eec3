import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

let store: TestStore;
let strict: TestStore;
beforeAll(async () => {
  [store, strict] = await Promise.all([
    startStore({ settings: { versionPrefixRedirectTtlSeconds: 60 } }),
    startStore({ settings: { versionPrefixRedirectEnabled: false, trailingSlashRedirectEnabled: false } }),
  ]);
});
afterAll(() => Promise.all([store.close(), strict.close()]));

/** Sends a request to a path of the server, with or without version, without following redirects. */
const at = (path: string, { from = store, ...init }: RequestInit & { from?: TestStore } = {}) =>
  fetch(`${from.url.slice(0, -"/v1".length)}${path}`, {
    redirect: "manual",
    headers: { authorization: AUTHORIZATION },
    ...init,
  });
const leadsTo = async (answer: Promise<Response>, place: string, from = store) => {
  const { status, headers } = await answer;
  expect([status, headers.get("location")]).toEqual([307, `${from.url.slice(0, -"/v1".length)}${place}`]);
  return headers;
};
const missing = async (answer: Promise<Response>, errno: number) => {
  const got = await answer;
  expect([got.status, await got.json()]).toMatchObject([404, { code: 404, errno, error: "Not Found" }]);
};

describe("a path without a version", () => {
  it("redirects to the path with the version, keeping query and method", async () => {
    await leadsTo(at("/"), "/v1/");
    await leadsTo(at("/buckets?_limit=1&x=%26%20%C3%A9"), "/v1/buckets?_limit=1&x=%26%20%C3%A9");
    await leadsTo(at("/buckets/b", { method: "PUT" }), "/v1/buckets/b");
    await leadsTo(at("/buckets/b", { method: "HEAD" }), "/v1/buckets/b");
    await leadsTo(at("/__heartbeat__"), "/v1/__heartbeat__");
    await leadsTo(at("/contribute.json"), "/v1/contribute.json");
    await leadsTo(at("/nowhere"), "/v1/nowhere");
  });

  it("keeps the body when a client follows the redirect", async () => {
    const body = JSON.stringify({ data: { n: 1 } });
    const put = await at("/buckets/followed", {
      method: "PUT",
      redirect: "follow",
      body,
      headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    });
    expect([put.status, await put.json()]).toMatchObject([201, { data: { id: "followed", n: 1 } }]);
  });

  it("can be cached for the time in the settings", async () => {
    const headers = await leadsTo(at("/buckets"), "/v1/buckets");
    expect(headers.get("cache-control")).toBe("max-age=60");
    expect(Date.parse(headers.get("expires") ?? "")).toBeGreaterThan(Date.now());
    const unsaid = await at("/buckets/", { from: strict });
    expect(unsaid.headers.get("cache-control")).toBeNull();
  });

  it("answers preflight requests with 200", async () => {
    expect((await at("/buckets", { method: "OPTIONS" })).status).toBe(200);
  });

  it("returns 404 if the settings disable the redirect", async () => {
    for (const path of ["/", "/buckets", "/nowhere"]) await missing(at(path, { from: strict }), 116);
  });
});

describe("a path of another version", () => {
  it.each(["/v0/", "/v2", "/v2/buckets", "/v3/buckets/"])("returns 404: %s", async (path) => {
    await missing(at(path), 116);
  });
});

describe("a path that ends in slashes", () => {
  it("redirects to the path without slashes", async () => {
    await leadsTo(at("/v1/buckets/?_limit=1&x=%26"), "/v1/buckets?_limit=1&x=%26");
    await leadsTo(at("/v1/buckets/b/", { method: "PUT" }), "/v1/buckets/b");
    await leadsTo(at("/v1/nowhere/"), "/v1/nowhere");
    await leadsTo(at("/v1/buckets//"), "/v1/buckets");
    await leadsTo(at("/v1"), "/v1/");
    expect((await at("/v1/")).status).toBe(200);
    expect((await at("/v1/buckets/", { redirect: "follow" })).status).toBe(200);
  });

  it("can be cached for an hour", async () => {
    const headers = await leadsTo(at("/v1/buckets/"), "/v1/buckets");
    expect(headers.get("cache-control")).toBe("max-age=3600");
  });

  it("never redirects to another host", async () => {
    const there = new URL(store.url).origin;
    for (const path of ["/v1//evil.test/", "//evil.test/", "/v1/%2F%2Fevil.test/", "/v1/\\evil.test/", "/@evil.test"]) {
      const { status, headers } = await at(path);
      if (status === 307) expect(new URL(headers.get("location") ?? "").origin).toBe(there);
    }
  });

  it("returns 404 if the settings disable the redirect", async () => {
    await missing(at("/v1/buckets/", { from: strict }), 111);
    await missing(at("/v1/nowhere/", { from: strict }), 111);
    const requests = ["/buckets/", "/buckets//", "/buckets"].map((path) => ({ path }));
    const statuses = async (from: TestStore) =>
      (await from.post("/batch", { requests })).body.responses.map(({ status }: { status: number }) => status);
    expect([await statuses(store), await statuses(strict)]).toEqual([
      [200, 200, 200],
      [404, 404, 200],
    ]);
  });
});

it("redirects go to the host and the scheme that the settings name", async () => {
  await using named = await startStore({ settings: { httpHost: "store.example.org", httpScheme: "https" } });
  expect((await at("/buckets", { from: named })).headers.get("location")).toBe("https://store.example.org/v1/buckets");
  expect((await at("/v1/buckets/?x=1", { from: named })).headers.get("location")).toBe(
    "https://store.example.org/v1/buckets?x=1",
  );
});
