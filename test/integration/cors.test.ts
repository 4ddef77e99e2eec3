import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startStore, type TestStore } from "../start-store.ts";

const ORIGIN = "https://app.example.org";

let open: TestStore;
let closed: TestStore;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    startStore(),
    startStore({ settings: { corsOrigins: [ORIGIN, "https://*.example.com"], corsMaxAgeSeconds: 0 } }),
  ]);
  for (const store of [open, closed]) await store.put("/buckets/b");
});
afterAll(() => Promise.all([open.close(), closed.close()]));

const preflight = (path: string, headers: Record<string, string>, store = open) =>
  store.request(path, {
    method: "OPTIONS",
    as: null,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  });
const preflightHeaders = (method: string, names?: string) => ({
  Origin: ORIGIN,
  "Access-Control-Request-Method": method,
  ...(names !== undefined && { "Access-Control-Request-Headers": names }),
});
const splitList = (text: string | null) => (text ?? "").split(",").map((name) => name.trim());

describe("a CORS preflight request", () => {
  it.each([
    ["/buckets", "HEAD,GET,POST,DELETE,OPTIONS"],
    ["/buckets/b", "GET,HEAD,PUT,PATCH,DELETE,OPTIONS"],
    ["/buckets/none/collections/none/records/none", "GET,HEAD,PUT,PATCH,DELETE,OPTIONS"],
    ["/batch", "POST,OPTIONS"],
    ["/", "GET,HEAD,OPTIONS"],
  ])("to %s returns its methods", async (path, methods) => {
    const { status, headers } = await preflight(path, preflightHeaders(methods.split(",")[0] as string));
    expect([status, headers.get("access-control-allow-origin"), headers.get("access-control-max-age")]).toEqual([
      200,
      "*",
      "3600",
    ]);
    expect(splitList(headers.get("access-control-allow-methods")).toSorted()).toEqual(methods.split(",").toSorted());
  });

  it("allows any request header", async () => {
    const { headers } = await preflight(
      "/buckets",
      preflightHeaders("POST", "authorization, content-type,If-Match,X-Own"),
    );
    expect(splitList(headers.get("access-control-allow-headers"))).toEqual(
      expect.arrayContaining(["authorization", "content-type", "If-Match", "X-Own"]),
    );
    const hostile = await preflight("/buckets", preflightHeaders("POST", "x-own, <script>, a b"));
    expect(hostile.status).toBe(200);
    expect(hostile.headers.get("access-control-allow-headers")).not.toMatch(/[<> ]/);
  });

  it("returns 400 for missing headers and unknown methods", async () => {
    const issue = (name: string) => ({ location: "header", name, description: expect.any(String) });
    expect(await preflight("/buckets", { Origin: ORIGIN })).toMatchObject({
      status: 400,
      body: { errno: 107, details: [issue("Access-Control-Request-Method")] },
    });
    expect(await preflight("/buckets", preflightHeaders("PUT"))).toMatchObject({
      status: 400,
      body: { details: [issue("Access-Control-Request-Method")] },
    });
    expect(await preflight("/buckets", {})).toMatchObject({
      status: 400,
      body: { details: [issue("Access-Control-Request-Method"), issue("Origin")] },
    });
    expect(await preflight("/nowhere", preflightHeaders("GET"))).toMatchObject({ status: 404, body: { errno: 111 } });
  });

  it("succeeds only for origins in the settings", async () => {
    for (const origin of [ORIGIN, "https://a.example.com"]) {
      const { status, headers } = await preflight("/buckets", { ...preflightHeaders("POST"), Origin: origin }, closed);
      expect([status, headers.get("access-control-allow-origin"), headers.get("access-control-max-age")]).toEqual([
        200,
        origin,
        null,
      ]);
    }
    for (const origin of ["https://evil.test", "http://app.example.org", `${ORIGIN}.evil.test`, "null"]) {
      const { status, headers } = await preflight("/buckets", { ...preflightHeaders("POST"), Origin: origin }, closed);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([400, null]);
    }
  });
});

describe("a response to a cross-origin request", () => {
  it.each<[string, string, number]>([
    ["GET", "/buckets/b", 200],
    ["GET", "/buckets/none", 403],
    ["GET", "/nowhere", 404],
    ["PUT", "/buckets", 405],
    ["PUT", "/buckets/not%20an%20id", 400],
    ["HEAD", "/buckets", 200],
  ])("allows the origin: %s %s", async (method, path, expected) => {
    const { status, headers } = await open.request(path, { method, headers: { origin: ORIGIN } });
    expect([status, headers.get("access-control-allow-origin")]).toEqual([expected, "*"]);
  });

  it("exposes its headers", async () => {
    const { headers } = await open.get("/buckets?_limit=1", { headers: { origin: ORIGIN } });
    expect(splitList(headers.get("access-control-expose-headers"))).toEqual(
      expect.arrayContaining([
        "ETag",
        "Last-Modified",
        "Next-Page",
        "Alert",
        "Backoff",
        "Retry-After",
        "Content-Type",
        "Cache-Control",
      ]),
    );
    expect(
      splitList(
        (await open.request("/buckets", { method: "HEAD", headers: { origin: ORIGIN } })).headers.get(
          "access-control-expose-headers",
        ),
      ),
    ).toContain("Total-Objects");
  });

  it("keeps caches from giving it to other origins, if only some are allowed", async () => {
    const varies = async (store: TestStore, headers: Record<string, string>) =>
      splitList((await store.get("/buckets", { headers })).headers.get("vary")).includes("Origin");
    expect(await varies(closed, { origin: ORIGIN })).toBe(true);
    expect(await varies(closed, { origin: "https://evil.test" })).toBe(true);
    expect(await varies(closed, {})).toBe(true);
    expect(await varies(open, { origin: ORIGIN })).toBe(false);
  });

  it("has no Access-Control-Allow-Origin if the request has no Origin", async () => {
    expect((await open.get("/buckets")).headers.get("access-control-allow-origin")).toBeNull();
  });

  it("allows the origins in the settings", async () => {
    const { status, headers } = await closed.get("/buckets/b", { headers: { origin: "https://a.example.com" } });
    expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "https://a.example.com"]);
    const refused = await closed.put("/buckets/b2", {}, { headers: { origin: "https://evil.test" } });
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("without allowed origins", () => {
  let off: TestStore;
  beforeAll(async () => {
    off = await startStore({ settings: { corsOrigins: [] } });
  });
  afterAll(() => off.close());

  it.each<[string, string, number]>([
    ["GET", "/", 200],
    ["PUT", "/buckets/b", 201],
    ["GET", "/buckets/none", 403],
    ["GET", "/nowhere", 404],
    ["POST", "/buckets/b", 405],
    ["DELETE", "/buckets/b", 200],
  ])("no response has CORS headers: %s %s", async (method, path, expected) => {
    const { status, headers } = await off.request(path, { method, headers: { origin: ORIGIN } });
    expect(status).toBe(expected);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(headers.get("allow") ?? "").not.toContain("OPTIONS");
  });

  it("a batch runs", async () => {
    const { status, body } = await off.post("/batch", { requests: [{ path: "/" }] }, { headers: { origin: ORIGIN } });
    expect([status, body.responses[0].status]).toEqual([200, 200]);
    expect(JSON.stringify(body)).not.toMatch(/access-control-/i);
  });

  it.each([
    ["/buckets", 405, "HEAD, GET, POST, DELETE"],
    ["/buckets/b", 405, "GET, HEAD, PUT, PATCH, DELETE"],
    ["/batch", 405, "POST"],
    ["/nowhere", 404, null],
  ])("a preflight request to %s returns %d", async (path, expected, allow) => {
    const { status, headers } = await preflight(path, preflightHeaders("GET"), off);
    expect([status, headers.get("allow")]).toEqual([expected, allow]);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});
