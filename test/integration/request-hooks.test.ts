import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse, storeHookPoints } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { parseErrors } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

/** Starts a store with a plugin whose hooks record each request and login, and refuse what `refuses` names. */
const start = async (refuses: (what: string) => boolean = () => false, ...more: ReturnType<typeof csv>[]) => {
  const seen: string[] = [];
  const note = (what: string) => {
    // The client of the test store reads the OpenAPI document once.
    if (what.includes("/__api__")) return;
    seen.push(what);
    if (refuses(what)) throw refuse(403, `Not ${what}.`);
  };
  const watch = definePlugin({
    name: "watch",
    about: "Watches requests.",
    hooks: {
      at: {
        start: {
          point: storeHookPoints["request.start"],
          run: ({ method, path, query, headers }) =>
            note(`start ${method} ${path}${query && `?${query}`}${"authorization" in headers ? " leaked" : ""}`),
        },
        login: { point: storeHookPoints["user.login"], run: ({ user }) => note(`login ${user.split(":")[0]}`) },
        end: {
          point: storeHookPoints["request.end"],
          run: ({ method, path, user, status, duration_ms }) => {
            expect(duration_ms).toBeGreaterThanOrEqual(0);
            note(`end ${method} ${path} ${status} ${user === null ? "anonymous" : "user"}`);
          },
        },
      },
    },
  });
  store = await startStore({ plugins: [basicauth(), watch(), ...more] });
  return seen;
};

describe("hooks of requests and logins", () => {
  it("run in order for a request, without its credentials", async () => {
    const seen = await start();
    await store.put("/buckets/b?x=1");
    expect(seen).toEqual(["start PUT /buckets/b?x=1", "login basicauth", "end PUT /buckets/b 201 user"]);

    seen.length = 0;
    await store.get("/buckets/b", { as: null });
    expect(seen).toEqual(["start GET /buckets/b", "end GET /buckets/b 401 anonymous"]);
  });

  it("run for errors, unknown paths and redirects, but not for a CORS preflight", async () => {
    const seen = await start();
    await store.request("/nothing");
    await fetch(store.url.replace(/\/v1.*$/, "/buckets"), { redirect: "manual" });
    const preflight = await fetch(`${store.url}/buckets`, {
      method: "OPTIONS",
      headers: { Origin: "https://example.org", "Access-Control-Request-Method": "GET" },
    });

    expect(preflight.status).toBe(200);
    expect(seen).toEqual([
      "start GET /nothing",
      "end GET /nothing 404 anonymous",
      "start GET /buckets",
      "end GET /buckets 307 anonymous",
    ]);
  });

  it("run for a batch and for each of its requests, and log each user in once", async () => {
    const seen = await start();
    await store.post("/batch", {
      requests: [
        { method: "PUT", path: "/buckets/b" },
        { path: "/buckets/none", headers: { Authorization: `Basic ${btoa("bob:secret")}` } },
        { path: "/buckets/b" },
      ],
    });

    expect(seen).toEqual([
      "start POST /batch",
      "login basicauth",
      "start PUT /buckets/b",
      "start GET /buckets/none",
      "login basicauth",
      "start GET /buckets/b",
      "end PUT /buckets/b 201 user",
      "end GET /buckets/none 403 user",
      "end GET /buckets/b 200 user",
      "end POST /batch 200 user",
    ]);
  });

  it("can refuse a request before it starts, also within a batch", async () => {
    const seen = await start((what) => what.startsWith("start PUT /buckets/secret"));
    const refused = await store.put("/buckets/secret");
    expect(refused).toMatchObject({ status: 403, body: { message: "Not start PUT /buckets/secret." } });
    expect(seen).toEqual(["start PUT /buckets/secret", "end PUT /buckets/secret 403 anonymous"]);

    const { body } = await store.post("/batch", {
      requests: ["secret", "b"].map((id) => ({ method: "PUT", path: `/buckets/${id}` })),
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([403, 201]);
    expect((await store.get("/buckets")).body.data).toMatchObject([{ id: "b" }]);
  });

  it("can refuse a user, with the CORS headers of other responses", async () => {
    await start((what) => what.startsWith("login"));
    const headers = { Origin: "https://example.org" };
    const refused = await store.put("/buckets/b", undefined, { headers });

    expect(refused).toMatchObject({ status: 403, body: { message: "Not login basicauth." } });
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect((await store.get("/", { as: null })).status).toBe(200);
  });

  it("cannot change the response at the end", async () => {
    await start((what) => what.startsWith("end PUT"));
    expect((await store.put("/buckets/b")).status).toBe(201);
    expect(parseErrors(store).map(({ message }) => message)).toEqual([
      "The hook 'end' of the plugin 'watch' at request.end failed",
    ]);
  });

  it("run once for a list that is rendered from several pages, and for a search", async () => {
    const seen = await start(undefined, csv(), search());
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    seen.length = 0;
    await store.get("/buckets/b/collections/c/records", { headers: { Accept: "text/csv" } });
    await store.post("/buckets/b/collections/c/search", {});

    expect(seen.filter((what) => !what.startsWith("login"))).toEqual([
      "start GET /buckets/b/collections/c/records",
      "end GET /buckets/b/collections/c/records 200 user",
      "start POST /buckets/b/collections/c/search",
      "end POST /buckets/b/collections/c/search 200 user",
    ]);
  });
});
