import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, refuse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const seen: string[] = [];

/** Records requests and responses, and adds its name to them. */
const passing = (name: string) =>
  definePlugin({
    name,
    about: "Records requests and responses.",
    filters: {
      note: {
        about: "Records requests and responses.",
        request: ({ headers }) => {
          seen.push(`${name} in`);
          return { headers: { "X-Way": `${headers["x-way"] ?? ""}${name}` } };
        },
        response: (answer) => {
          seen.push(`${name} out`);
          return { ...answer, headers: { ...answer.headers, "X-Way": `${answer.headers?.["X-Way"] ?? ""}${name}` } };
        },
      },
    },
  })();

const odd = definePlugin({
  name: "odd",
  about: "Has filters of every kind.",
  filters: {
    stamp: {
      about: "Stamps the data of objects.",
      paths: ["/buckets/:bucket"],
      response: (answer, { params, user }) => {
        if (answer.status !== 200 || answer.body === null) return undefined;
        const body = JSON.parse(answer.body);
        body.data.stamp = `${params.bucket} for ${user?.split(":")[0] ?? "anonymous"}`;
        return { ...answer, body: JSON.stringify(body) };
      },
    },
    newest: {
      about: "Limits the list.",
      paths: ["/buckets/b/collections"],
      request: ({ query }) => ({ query: `${query}&_limit=1` }),
    },
    become: {
      about: "Tries to change the user.",
      request: ({ headers }) =>
        headers["x-become"] === undefined
          ? undefined
          : { headers: { authorization: undefined, Authorization: headers["x-become"] } },
    },
    lead: {
      about: "Tries to change the path.",
      request: ({ headers }) => (headers["x-lead"] === undefined ? undefined : ({ path: headers["x-lead"] } as object)),
    },
    encoding: { about: "Makes the query invalid.", paths: ["/encoding/*"], request: () => ({ query: "a=%FF" }) },
    answering: {
      about: "Answers itself.",
      paths: ["/closed/*"],
      request: ({ method }) => jsonResponse({ closed: method }, { status: 410 }),
    },
    refusing: {
      about: "Refuses.",
      paths: ["/buckets/refused"],
      request: () => {
        throw refuse(403, "Not on Sundays.");
      },
    },
    throwing: {
      about: "Fails on the way in.",
      paths: ["/buckets/throws-in"],
      request: () => {
        throw new Error("secret of the filter");
      },
    },
    throwingBack: {
      about: "Fails on the way out.",
      paths: ["/buckets/throws-out"],
      response: () => {
        throw new Error("secret of the filter");
      },
    },
    splitting: {
      about: "Splits headers.",
      paths: ["/buckets/splits"],
      response: (answer) => ({ ...answer, headers: { "X-A": "a\r\nX-B: b" } }),
    },
    hanging: { about: "Never ends.", paths: ["/buckets/hangs"], request: () => new Promise(() => undefined) },
  },
  routes: {
    "ANY /echo": {
      about: "Returns the request.",
      run: ({ query, headers, user }) => jsonResponse({ query, user, way: headers["x-way"] ?? null }),
    },
    "GET /closed/door": { about: "Is never called.", responses: { 410: "It is closed." }, run: () => jsonResponse({}) },
    "GET /encoding/none": { about: "Is never called.", run: () => jsonResponse({}) },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), passing("first"), odd(), passing("last"), xml()] });
  await store.put("/buckets/b");
  for (const id of ["c", "d", "e"]) await store.put(`/buckets/b/collections/${id}`);
});
afterAll(() => store.close());

describe("filters", () => {
  it("run in the config's order for requests, in reverse for responses", async () => {
    seen.length = 0;
    const { body, headers } = await store.get("/echo");
    expect(seen).toEqual(["first in", "last in", "last out", "first out"]);
    expect([body.way, headers.get("x-way")]).toEqual(["firstlast", "lastfirst"]);
  });

  it("change responses, errors included, at their paths", async () => {
    expect((await store.get("/buckets/b")).body.data.stamp).toBe("b for basicauth");
    expect((await store.get("/buckets/b/collections/c")).body.data.stamp).toBeUndefined();
    const missing = await store.get("/buckets/none");
    expect([missing.status, missing.headers.get("x-way")]).toEqual([403, "lastfirst"]);
  });

  it("keep the other headers of a response", async () => {
    const { headers } = await store.get("/buckets/b", { headers: { origin: "https://a.example" } });
    expect(headers.get("etag")).toMatch(/^"\d+"$/);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("can change the query", async () => {
    const { body, headers } = await store.get("/buckets/b/collections");
    expect(body.data).toHaveLength(1);
    expect(headers.get("next-page")).not.toBeNull();
    expect((await store.get("/encoding/none")).status).toBe(400);
  });

  it("cannot change the user or the path", async () => {
    const bob = `Basic ${Buffer.from("bob:secret").toString("base64")}`;
    expect((await store.get("/echo", { headers: { "x-become": bob } })).body.user).toBe(await store.userId("alice"));
    expect((await store.get("/echo", { as: null, headers: { "x-become": bob } })).body.user).toBeNull();
    expect(
      (
        await store.get("/buckets/b", {
          as: null,
          headers: { "x-become": `Basic ${Buffer.from("alice:secret").toString("base64")}` },
        })
      ).status,
    ).toBe(401);
    expect((await store.get("/echo", { headers: { "x-lead": "/buckets/b" } })).body.way).toBe("firstlast");
  });

  it("can respond instead of the endpoint; earlier filters get the response", async () => {
    seen.length = 0;
    const { status, body } = await store.get("/closed/door");
    expect([status, body]).toEqual([410, { closed: "GET" }]);
    expect(seen).toEqual(["first in", "first out"]);
    expect((await store.get("/buckets/refused")).body).toMatchObject({ code: 403, message: "Not on Sundays." });
  });

  it.each([
    ["throws on the way in", "throws-in", "throwing", 500],
    ["throws on the way out", "throws-out", "throwingBack", 500],
    ["splits headers", "splits", "splitting", 500],
    ["hangs", "hangs", "hanging", 503],
  ])("that fail fail their request alone: one that %s", async (_, bucket, filter, expected) => {
    const { status, body, headers } = await store.put(`/buckets/${bucket}`);
    expect([status, headers.get("x-b")]).toEqual([expected, null]);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(store.logLines.findLast((line) => line.includes("ERROR"))).toContain(
      `The filter '${filter}' of the plugin 'odd'`,
    );
    expect((await store.get("/buckets/b")).status).toBe(200);
  });

  it("run for the parts of a batch and for the batch itself", async () => {
    seen.length = 0;
    const { body, headers } = await store.post("/batch", {
      requests: [
        { path: "/buckets/b" },
        { path: "/closed/door" },
        { method: "PUT", path: "/buckets/throws-in" },
        { method: "PUT", path: "/buckets/throws-out" },
        { method: "PUT", path: "/buckets/kept" },
        { path: "/buckets/b/collections" },
        { path: "/nowhere" },
      ],
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 410, 500, 500, 201, 200, 404]);
    expect(body.responses[0].body.data.stamp).toBe("b for basicauth");
    expect(body.responses[5].body.data).toHaveLength(1);
    expect([headers.get("x-way"), body.responses[4].headers["X-Way"]]).toEqual(["lastfirst", "lastfirst"]);
    expect((await store.get("/buckets/kept")).status).toBe(200);
  });

  it("get JSON, whatever it is rendered as", async () => {
    const { body } = await store.get("/buckets/b", { headers: { accept: "application/xml" } });
    expect(body).toContain("<stamp>b for basicauth</stamp>");
  });
});
