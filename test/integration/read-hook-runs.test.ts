import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need, type ObjectRead, refuse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { alice, boss, createReadPlugin, listIds, type Run, startWithReadHooks } from "./read-hook-store.ts";
import { C, parseErrors, R } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const put = (id: string, data: object) => store.put(`${R}/${id}`, { data }, boss);

describe("run of a read hook", () => {
  it("gets the object with its ids, the user and its principals, and what the hook before it returned", async () => {
    const seen: ObjectRead[] = [];
    const principals: Record<string, boolean> = {};
    let candidates: string[] = [];
    const first: Run = (read) => {
      seen.push(read);
      return { ...read.data, mark: 1, id: "ignored", last_modified: 5 };
    };
    const second: Run = async (read, { hasPrincipal }) => {
      seen.push(read);
      for (const principal of candidates) principals[principal] = await hasPrincipal(principal);
    };
    store = await startWithReadHooks(createReadPlugin(first, {}, "one"), createReadPlugin(second, {}, "two"));
    const user_id = await store.userId("alice");
    await store.put("/buckets/b/groups/g", { data: { members: [user_id] } });
    await store.put("/buckets/b/groups/all", { data: { members: ["system.Authenticated"] } });
    await store.put("/buckets/b/groups/none", { data: { members: ["basicauth:other"] } });
    await store.put(`${R}/r`, { data: { n: 1 } });
    seen.length = 0;
    candidates = ["/buckets/b/groups/g", "/buckets/b/groups/all", "/buckets/b/groups/none", user_id, "system.Everyone"];
    const { body } = await store.get(`${R}/r`, alice);

    const subject = { action: "read", resource_name: "record", uri: `${R}/r`, bucket_id: "b", collection_id: "c" };
    expect(body.data).toEqual({ id: "r", n: 1, mark: 1, last_modified: expect.any(Number) });
    expect(seen).toMatchObject([
      { ...subject, record_id: "r", user_id, data: { id: "r", n: 1 } },
      { ...subject, data: { id: "r", n: 1, mark: 1 } },
    ]);
    expect(Object.values(principals)).toEqual([true, true, false, true, true]);
    await store.get(`${R}/r`, { as: null });
    expect(Object.values(principals)).toEqual([false, false, false, false, true]);
  });

  it("runs only for its resources in its buckets and collections, and not for a plugin's own data", async () => {
    const seen: string[] = [];
    const watch = definePlugin({
      name: "watch",
      about: "Records reads.",
      needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
      setup: ({ resources }) => resources,
      hooks: {
        read: {
          records: { on: ["record.read"], collections: () => ["c*"], run: ({ uri }) => void seen.push(uri) },
          collections: {
            on: ["collection.read", "bucket.read", "group.read"],
            buckets: () => ["b"],
            collections: () => ["d"],
            run: ({ uri }) => void seen.push(uri),
          },
        },
      },
      routes: {
        "GET /read": {
          about: "Reads as the plugin.",
          run: async (_, { services }) => jsonResponse({ read: (await services.data.get(`${R}/r`)) !== undefined }),
        },
      },
    });
    store = await startStore({ plugins: [basicauth(), watch()] });
    for (const path of ["/buckets/b", C, "/buckets/b/collections/d", "/buckets/b/collections/d/records/r", `${R}/r`])
      await store.put(path);
    seen.length = 0;
    for (const path of ["/buckets/b", "/buckets/b/collections", "/buckets/b/collections/d/records/r", `${R}/r`])
      await store.get(path);
    await store.get("/read");

    expect(seen).toEqual(["/buckets/b/collections/d", `${R}/r`]);
  });

  it("fails the request with a 500 when it throws, and the write that would show the object is not made", async () => {
    store = await startWithReadHooks(
      createReadPlugin(({ data }) => {
        if (data.bad === true) throw new TypeError("a secret detail");
      }),
    );
    await put("good", {});
    expect((await put("bad", { bad: true })).status).toBe(500);
    expect((await store.get(`${R}/bad`)).status).toBe(404);
    expect(parseErrors(store).map(({ error }) => error.message)).toEqual([
      "The read hook 'look' of the plugin 'guard' failed: a secret detail",
    ]);
  });

  it("fails lists, counts and batches when it fails for one entry", async () => {
    let broken = false;
    store = await startWithReadHooks(
      createReadPlugin(({ record_id }) => {
        if (broken && record_id === "bad") throw new TypeError("a secret detail");
        return broken ? ("text" as never) : undefined;
      }),
    );
    await put("bad", {});
    await put("worse", {});
    broken = true;

    expect((await store.get(`${R}/worse`)).status).toBe(500);
    expect((await store.get(R)).status).toBe(500);
    expect((await store.request(R, { method: "HEAD" })).status).toBe(500);
    expect((await store.post("/batch", { requests: [{ path: R }] })).status).toBe(500);
    expect(JSON.stringify(parseErrors(store))).toContain("it must return an object or undefined");
  });

  it.each([
    [2, 700, 503],
    [2, 10, 200],
  ])("has its timeout for all entries: %d entries of %d ms get a %d within 1 s", async (count, ms, status) => {
    let delayMs = 0;
    store = await startWithReadHooks(
      createReadPlugin(() => new Promise((resolve) => setTimeout(resolve, delayMs)), { timeout: 1 }),
    );
    for (let i = 0; i < count; i++) await store.put(`${R}/r${i}`, { data: {} });
    delayMs = ms;

    expect((await store.get(`${R}/r1`)).status).toBe(200);
    expect((await store.get(R)).status).toBe(status);
    if (status === 503)
      expect(JSON.stringify(parseErrors(store))).toContain(
        "The read hook 'look' of the plugin 'guard' took longer than",
      );
  });

  it("fails a list when it refuses an entry with a 503, as it does not know whether to show it", async () => {
    store = await startWithReadHooks(
      createReadPlugin(({ user_id }) => {
        if (user_id === "system.Everyone") throw refuse(503, "Not now.");
      }),
    );
    await put("a", {});
    const { status, body } = await store.get(R, { as: null });
    expect([status, body.message]).toEqual([503, "Not now."]);
    expect((await store.get(R)).status).toBe(200);
  });

  it("cannot change the store", async () => {
    const writer = definePlugin({
      name: "writer",
      about: "Writes when objects are read.",
      needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
      setup: ({ resources }) => resources,
      hooks: {
        read: {
          log: {
            on: ["record.read"],
            run: async ({ uri, data }, { services }) => {
              const stored = await services.data.get(uri);
              if (data.log === true) await services.data.create(R, { data: { id: "log" } });
              return { ...data, generation: stored === undefined ? "none" : "read" };
            },
          },
        },
      },
    });
    store = await startStore({ plugins: [basicauth(), writer()] });
    await store.put("/buckets/b");
    await store.put(C);
    expect((await store.put(`${R}/a`, { data: {} })).body.data.generation).toBe("read");
    expect((await store.put(`${R}/b`, { data: { log: true } })).status).toBe(500);
    expect(listIds((await store.get(R)).body)).toEqual(["a"]);
    expect(JSON.stringify(parseErrors(store))).toContain(`changes ${R}, but may only read`);
  });
});
