import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need, type ObjectRead, type ReadHook, refuse } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { ndjson } from "../../plugins/ndjson/index.ts";
import { search } from "../../plugins/search/index.ts";
import { xml } from "../../plugins/xml/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { C, parseErrors, R } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

type Run = ReadHook<void, void, "record.read">["run"];

const createReadPlugin = (run: Run, more: Partial<ReadHook<void, void, "record.read">> = {}, name = "guard") =>
  definePlugin({
    name,
    about: "Runs a hook before reads of records.",
    hooks: { read: { look: { on: ["record.read"], ...more, run } } },
  })();

/** Starts a store with a plugin and a collection that everyone may read and write. */
const start = async (...plugins: ReturnType<typeof createReadPlugin>[]) => {
  store = await startStore({ plugins: [basicauth(), ...plugins, csv(), ndjson(), xml()] });
  await store.put("/buckets/b");
  const permissions = {
    read: ["system.Everyone"],
    "record:create": ["system.Everyone"],
    write: ["system.Authenticated"],
  };
  await store.put(C, { permissions });
};

/** Hides the salary, and records that are secret, from all users but those named boss. */
const startWithGuard = async (more: Partial<ReadHook<void, void, "record.read">> = {}) => {
  let boss = "";
  await start(
    createReadPlugin(({ user_id, data: { salary: _, ...shown } }) => {
      if (user_id === boss) return undefined;
      if (shown.secret === true) throw refuse(403, "This record is secret.");
      return shown;
    }, more),
  );
  boss = await store.userId("boss");
};

const alice = { as: "alice" };
const boss = { as: "boss" };
const put = (id: string, data: object) => store.put(`${R}/${id}`, { data }, boss);
const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

describe("read hook", () => {
  it("redacts and refuses single objects, but not for the users that it lets read them", async () => {
    await startWithGuard();
    await put("a", { n: 1, salary: 10 });
    await put("s", { n: 2, secret: true });

    expect((await store.get(`${R}/a`, alice)).body.data).toEqual({ id: "a", n: 1, last_modified: expect.any(Number) });
    expect((await store.get(`${R}/a`, boss)).body.data).toMatchObject({ salary: 10 });
    expect(await store.get(`${R}/s`, alice)).toMatchObject({
      status: 403,
      body: { message: "This record is secret." },
    });
    expect((await store.get(`${R}/s`, boss)).status).toBe(200);
    expect((await store.get(`${R}/a?_fields=salary,n`, alice)).body.data).not.toHaveProperty("salary");
  });

  it("refuses an object also to a client that has its current state", async () => {
    await startWithGuard();
    const { headers } = await put("s", { secret: true });
    const conditional = { ...alice, headers: { "If-None-Match": headers.get("etag") ?? "" } };

    expect((await store.get(`${R}/s`, conditional)).status).toBe(403);
    expect((await store.request(`${R}/s`, { method: "HEAD", ...conditional })).status).toBe(403);
    expect((await store.get(`${R}/s`, { ...conditional, ...boss })).status).toBe(304);
  });

  it("redacts the entries of lists, leaves out refused ones and fills the page", async () => {
    await startWithGuard();
    for (let i = 0; i < 12; i++) await put(`r${i}`, { n: i, salary: i, ...(i % 2 === 1 && { secret: true }) });

    const first = await store.get(`${R}?_limit=4`, alice);
    expect(ids(first.body)).toEqual(["r10", "r8", "r6", "r4"]);
    expect(JSON.stringify(first.body)).not.toContain("salary");
    const next = first.headers.get("next-page")?.replace(/^.*\/v1/, "") ?? "";
    expect(ids((await store.get(next, alice)).body)).toEqual(["r2", "r0"]);
    expect((await store.get(next, alice)).headers.get("next-page")).toBeNull();
    expect(ids((await store.get(`${R}?_limit=2&_sort=n`, alice)).body)).toEqual(["r0", "r2"]);
    expect((await store.get(R, boss)).body.data).toHaveLength(12);
  });

  it("counts only the entries that a user sees", async () => {
    await startWithGuard();
    await put("a", { salary: 1 });
    await put("s", { secret: true });
    const count = async (user: object, query = "") =>
      (await store.request(`${R}${query}`, { method: "HEAD", ...user })).headers.get("total-objects");

    expect([await count(alice), await count(boss)]).toEqual(["1", "2"]);
    expect([await count(alice, "?salary=1"), await count(boss, "?salary=1")]).toEqual(["0", "1"]);
    expect([await count(alice, "?_since=1"), await count(alice, "?has_secret=true")]).toEqual(["1", "0"]);
  });

  it("filters and sorts by what the user sees, so that nothing hidden can be guessed", async () => {
    await startWithGuard();
    for (const [id, salary] of [
      ["a", 30],
      ["b", 10],
      ["c", 20],
    ] as const)
      await put(id, { salary });

    for (const query of ["salary=10", "max_salary=20", "has_salary=true", "in_salary=10,20"])
      expect([query, (await store.get(`${R}?${query}`, alice)).body.data]).toEqual([query, []]);
    // A missing field sorts behind all values.
    for (const query of ["not_salary=10", "min_salary=20", "gt_salary=20"])
      expect([query, (await store.get(`${R}?${query}`, alice)).body.data.length]).toEqual([query, 3]);
    expect(ids((await store.get(`${R}?_sort=salary,id`, alice)).body)).toEqual(["a", "b", "c"]);
    expect(ids((await store.get(`${R}?_sort=salary,id`, boss)).body)).toEqual(["b", "c", "a"]);
  });

  it("deletes by a filter only what the user sees", async () => {
    await startWithGuard();
    await put("a", { salary: 1, n: 1 });
    await put("s", { secret: true, n: 1 });

    expect((await store.delete(`${R}?salary=1`, alice)).body.data).toEqual([]);
    expect(ids((await store.delete(`${R}?n=1`, alice)).body)).toEqual(["a"]);
    expect(ids((await store.get(R, boss)).body)).toEqual(["s"]);
    const { body } = await store.post("/batch", { requests: [{ method: "DELETE", path: R }] }, alice);
    expect(body.responses[0].body.data).toEqual([]);
  });

  it("keeps tombstones and timestamps, so that clients stay in step", async () => {
    await startWithGuard();
    const { headers } = await put("s", { secret: true });
    await put("fake", { deleted: true, secret: true });
    await store.delete(`${R}/s`, boss);
    const seen = await store.get(`${R}?_since=${headers.get("etag")?.replaceAll('"', "")}`, alice);

    expect(seen.body.data).toEqual([{ id: "s", deleted: true, last_modified: expect.any(Number) }]);
    expect(seen.headers.get("etag")).toBe((await store.get(R, boss)).headers.get("etag"));
    const again = await store.get(R, { ...alice, headers: { "If-None-Match": seen.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  it("applies to the answers of writes, and shows only the id of what it refuses", async () => {
    await startWithGuard();
    await put("a", { salary: 10 });
    await put("s", { secret: true });
    const shown = async (response: Promise<{ body: { data: object } }>) => (await response).body.data;
    const id = (name: string) => ({ id: name, last_modified: expect.any(Number) });

    expect(await shown(store.post(R, { data: { id: "a" } }, alice))).toEqual(id("a"));
    expect((await store.post(R, { data: { id: "s" } }, alice)).status).toBe(403);
    expect(await shown(store.post(R, { data: { id: "n", n: 1, salary: 1 } }, alice))).toEqual({ ...id("n"), n: 1 });
    expect(await shown(store.put(`${R}/p`, { data: { n: 1, secret: true } }, alice))).toEqual(id("p"));
    expect(await shown(store.patch(`${R}/a`, { data: { n: 2 } }, alice))).toEqual({ ...id("a"), n: 2 });
    expect(await shown(store.patch(`${R}/s`, { data: { n: 2 } }, alice))).toEqual(id("s"));
    expect((await store.get(`${R}/a`, boss)).body.data).toMatchObject({ salary: 10, n: 2 });
    expect((await store.get(`${R}/s`, boss)).body.data).toMatchObject({ secret: true, n: 2 });
  });

  it.each(["light", "diff"])("does not reveal by a PATCH with the behavior %s what it hides", async (behavior) => {
    await startWithGuard();
    await put("a", { salary: 10 });
    const headers = { "Response-Behavior": behavior };

    expect((await store.patch(`${R}/a`, { data: { salary: 5 } }, { ...alice, headers })).body.data).toEqual({});
  });

  it.each([
    [{ op: "test", path: "/data/salary", value: 10 }],
    [{ op: "copy", from: "/data/salary", path: "/data/x" }],
    [{ op: "move", from: "/data/salary", path: "/data/x" }],
    [{ op: "copy", from: "/data", path: "/data/x" }],
    [{ op: "remove", path: "/data/sal~0ary" }],
  ])("refuses the JSON Patch operation %j on what it hides", async (operation) => {
    await start(createReadPlugin(({ data: { salary: _, "sal~ary": __, ...shown } }) => shown));
    await store.put(`${R}/a`, { data: { salary: 10, "sal~ary": 1, n: 1 } });
    const headers = { "content-type": "application/json-patch+json" };
    const patch = (operations: object[]) =>
      store.request(`${R}/a`, { method: "PATCH", headers, body: JSON.stringify(operations), ...alice });

    expect((await patch([operation])).status).toBe(403);
    expect((await patch([{ op: "test", path: "/data/n", value: 1 }])).status).toBe(200);
  });

  it("hides the existing object of a failed precondition likewise", async () => {
    await startWithGuard();
    await put("a", { n: 1, salary: 10 });
    await put("s", { secret: true });
    const headers = { "If-Match": '"1"' };
    const existing = async (path: string, method: string, user: object) =>
      (await store.request(path, { method, headers, body: { data: {} }, ...user })).body.details?.existing;

    for (const method of ["PUT", "PATCH"]) {
      expect(await existing(`${R}/a`, method, alice)).toEqual({ id: "a", n: 1, last_modified: expect.any(Number) });
      expect(await existing(`${R}/s`, method, alice)).toBeUndefined();
      expect(await existing(`${R}/a`, method, boss)).toMatchObject({ salary: 10 });
    }
    const deletion = await store.delete(`${R}/a`, { ...alice, headers });
    expect(deletion.body.details.existing).not.toHaveProperty("salary");
    const created = await store.put(`${R}/a`, { data: {} }, { ...alice, headers: { "If-None-Match": "*" } });
    expect(created.body.details.existing).not.toHaveProperty("salary");
    const read = await store.get(`${R}/a`, { ...alice, headers });
    expect([read.status, read.body.details.existing.salary]).toEqual([412, undefined]);
  });

  it("does not let a schema quote what it hides", async () => {
    await startWithGuard();
    await put("a", { salary: 98765 });
    await put("open", { n: 98765 });
    await store.patch(
      C,
      { data: { schema: { properties: { salary: { type: "string" }, n: { type: "string" } } } } },
      alice,
    );
    const answers = [
      await store.patch(`${R}/a`, { data: { x: 1 } }, alice),
      await store.put(`${R}/a`, { permissions: { read: [] } }, alice),
    ];

    for (const { status, body } of answers) {
      expect([status, body.message]).toEqual([400, expect.stringContaining("A plugin hides parts of it")]);
      expect(JSON.stringify(body)).not.toMatch(/98765|salary/);
    }
    expect(JSON.stringify((await store.patch(`${R}/open`, { data: { x: 1 } }, alice)).body)).toContain("98765");
    expect((await store.patch(`${R}/a`, { data: { x: 1 } }, boss)).body.message).toContain("salary");
  });

  it("applies to each part of a batch, and to each format", async () => {
    await startWithGuard();
    await put("a", { n: 1, salary: 98765 });
    await put("s", { secret: true, n: 43210 });
    const requests = [`${R}/a`, `${R}/s`, R].map((path) => ({ path }));
    const { body } = await store.post("/batch", { requests }, alice);

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 403, 200]);
    expect(JSON.stringify(body)).not.toMatch(/98765|43210/);
    for (const Accept of ["text/csv", "application/xml", "application/x-ndjson"]) {
      const { status, body: text } = await store.get(R, { ...alice, headers: { Accept } });
      expect([Accept, status]).toEqual([Accept, 200]);
      expect(JSON.stringify(text)).not.toMatch(/98765|43210|salary/);
    }
  });

  it("applies to entries that are shared with a user", async () => {
    await startWithGuard();
    await store.put("/buckets/own", undefined, boss);
    await store.put("/buckets/own/collections/c", undefined, boss);
    const permissions = { read: [await store.userId("alice")] };
    const list = "/buckets/own/collections/c/records";
    await store.put(`${list}/a`, { data: { salary: 1 }, permissions }, boss);
    await store.put(`${list}/s`, { data: { secret: true }, permissions }, boss);

    expect((await store.get(list, alice)).body.data).toEqual([{ id: "a", last_modified: expect.any(Number) }]);
  });

  it("keeps shared caches away from what may differ by user", async () => {
    store = await startStore({
      plugins: [basicauth(), createReadPlugin(() => undefined, { collections: () => ["c"] })],
      settings: { recordCacheExpiresSeconds: 60 },
    });
    await store.put("/buckets/b");
    for (const id of ["c", "d"]) {
      await store.put(`/buckets/b/collections/${id}`, { permissions: { read: ["system.Everyone"] } });
      await store.put(`/buckets/b/collections/${id}/records/r`);
    }
    const cacheControl = async (path: string) =>
      (await store.get(`/buckets/b/collections/${path}`, { as: null })).headers.get("cache-control");

    for (const path of ["c/records", "c/records/r"]) expect(await cacheControl(path)).toBe("no-cache, no-store");
    for (const path of ["d/records", "d/records/r"]) expect(await cacheControl(path)).toBe("max-age=60");
  });

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
    await start(createReadPlugin(first, {}, "one"), createReadPlugin(second, {}, "two"));
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
    await start(
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
    await start(
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

  it("answers 503 when all its runs for a request exceed its timeout", async () => {
    let delayMs = 0;
    await start(createReadPlugin(() => new Promise((resolve) => setTimeout(resolve, delayMs)), { timeout: 0.2 }));
    for (let i = 0; i < 8; i++) await put(`r${i}`, {});
    delayMs = 60;

    expect((await store.get(`${R}/r1`)).status).toBe(200);
    expect((await store.get(R)).status).toBe(503);
    expect(JSON.stringify(parseErrors(store))).toContain("The read hook 'look' of the plugin 'guard' took longer than");
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
    expect(ids((await store.get(R)).body)).toEqual(["a"]);
    expect(JSON.stringify(parseErrors(store))).toContain(`changes ${R}, but may only read`);
  });
});

describe("read hook in searches", () => {
  it("redacts hits, leaves out refused ones and their sort values, and refuses aggregations", async () => {
    const guard = createReadPlugin(({ data: { salary: _, ...shown } }) => {
      if (shown.secret === true) throw refuse(403, "Secret.");
      return shown;
    });
    store = await startStore({ plugins: [basicauth(), search(), guard] });
    await store.put("/buckets/b");
    await store.put(C);
    await store.put(`${R}/a`, { data: { title: "tea", salary: 98765 } });
    await store.put(`${R}/s`, { data: { title: "tea", secret: true } });
    await store.put(`${R}/p`, { data: { title: "tea" } });
    await store.drain();
    const find = (body: object) => store.post(`${C}/search`, body);

    const { body } = await find({ query: { match: { title: "tea" } }, sort: ["salary"] });
    expect(body.hits.hits.map(({ _id }: { _id: string }) => _id).toSorted()).toEqual(["a", "p"]);
    expect(JSON.stringify(body)).not.toContain("98765");
    expect(body.hits.hits.map((hit: object) => "sort" in hit)).toEqual([false, true]);
    expect(await find({ aggs: { pay: { terms: { field: "salary" } } } })).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("Remove aggs") },
    });
  });
});
