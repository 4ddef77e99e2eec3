import { afterEach, describe, expect, it } from "@jest/globals";
import { defineHookPoint, definePlugin, type HookPoint, refuse, storeHookPoints } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { flush } from "../../plugins/flush/index.ts";

let store: TestStore;
afterEach(() => store?.close());

const R = "/buckets/b/collections/c/records";
const errors = () => store.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");

/** Creates a plugin with a hook at each of the points. Each run is added to `runs` and then calls `run`. */
const createHookPlugin = (
  name: string,
  at: readonly HookPoint<never>[],
  runs: [string, unknown][],
  run: (point: string) => unknown = () => undefined,
) =>
  definePlugin({
    name,
    about: "Has hooks at points.",
    hooks: {
      at: Object.fromEntries(
        at.map((point) => [
          point.name.replace(".", "_"),
          {
            point: point as HookPoint<object>,
            timeout: 0.2,
            run: async (params: object) => {
              runs.push([`${name} ${point.name}`, params]);
              await run(point.name);
            },
          },
        ]),
      ),
    },
  })();

describe("hook points of a batch", () => {
  const both = [storeHookPoints["batch.pre"], storeHookPoints["batch.post"]] as readonly HookPoint<never>[];
  const requests = [{ method: "PUT", path: "/buckets/b" }, { path: "/v1/buckets/none/collections" }];

  it("run hooks before and after the batch, in the order of the config, with its requests", async () => {
    const runs: [string, unknown][] = [];
    store = await startTestStore({
      plugins: [createHookPlugin("one", both, runs), createHookPlugin("two", both, runs)],
    });
    expect((await store.post("/batch", { requests })).status).toBe(200);

    const user = await store.userId("alice");
    const sent = [
      { method: "PUT", path: "/buckets/b" },
      { method: "GET", path: "/buckets/none/collections" },
    ];
    const handled = [
      { ...sent[0], status: 201 },
      { ...sent[1], status: 403 },
    ];
    expect(runs).toEqual([
      ["one batch.pre", { user, requests: sent }],
      ["two batch.pre", { user, requests: sent }],
      ["one batch.post", { user, requests: handled }],
      ["two batch.post", { user, requests: handled }],
    ]);
    await store.put("/buckets/c");
    expect(runs).toHaveLength(4);
  });

  it("let a hook refuse the batch before it changes anything", async () => {
    const runs: [string, unknown][] = [];
    const veto = (point: string) => {
      if (point === "batch.pre") throw refuse(403, "No batches today.");
    };
    store = await startTestStore({
      plugins: [createHookPlugin("one", both, runs, veto), createHookPlugin("two", both, runs)],
    });
    expect(await store.post("/batch", { requests })).toMatchObject({
      status: 403,
      body: { message: "No batches today." },
    });
    expect(runs.map(([name]) => name)).toEqual(["one batch.pre"]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
  });

  it("return 500 when a hook before the batch fails and 503 when it takes too long, and log the reason", async () => {
    let onRun = (): unknown => {
      throw new Error("inner workings");
    };
    store = await startTestStore({
      plugins: [createHookPlugin("one", [both[0] as HookPoint<never>], [], () => onRun())],
    });
    const failed = await store.post("/batch", { requests });
    onRun = () => new Promise(() => {});
    const late = await store.post("/batch", { requests });

    expect([failed.status, failed.body.errno, late.status]).toEqual([500, 999, 503]);
    expect(JSON.stringify([failed.body, late.body])).not.toMatch(/inner|batch_pre/);
    expect(errors().map(({ error }) => error.message)).toEqual([
      "The hook 'batch_pre' of the plugin 'one' at batch.pre failed: inner workings",
      "The hook 'batch_pre' of the plugin 'one' at batch.pre took longer than 0.2 s",
    ]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
  });

  it("do not change the response when a hook after the batch fails", async () => {
    store = await startTestStore({
      plugins: [
        createHookPlugin("one", [both[1] as HookPoint<never>], [], () => {
          throw refuse(403);
        }),
      ],
    });
    expect((await store.post("/batch", { requests })).status).toBe(200);
    expect(errors().map(({ message }) => message)).toEqual([
      "The hook 'batch_post' of the plugin 'one' at batch.post failed",
    ]);
  });
});

describe("hook points of purge and flush", () => {
  it("run hooks before and after the contents of a deleted object are purged", async () => {
    const runs: [string, unknown][] = [];
    store = await startTestStore({
      plugins: [
        createHookPlugin(
          "one",
          [storeHookPoints["purge.pre"], storeHookPoints["purge.post"]] as readonly HookPoint<never>[],
          runs,
        ),
      ],
    });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    await store.put(`${R}/r`);
    await store.delete("/buckets/b/collections/c");
    await store.drain();
    const params = { uri: "/buckets/b/collections/c" };
    expect(runs).toEqual([
      ["one purge.pre", params],
      ["one purge.post", params],
    ]);
  });

  it("run hooks only for deleted objects in their buckets and collections", async () => {
    const seen: string[] = [];
    const plugin = definePlugin({
      name: "one",
      about: "Watches purges.",
      hooks: {
        at: {
          some: {
            point: storeHookPoints["purge.post"],
            buckets: () => ["b"],
            collections: () => ["c*"],
            run: ({ uri }) => void seen.push(uri),
          },
        },
      },
    });
    store = await startTestStore({ plugins: [plugin()] });
    for (const bucket of ["a", "b"]) {
      await store.put(`/buckets/${bucket}`);
      for (const id of ["c1", "d"]) {
        await store.put(`/buckets/${bucket}/collections/${id}`);
        await store.delete(`/buckets/${bucket}/collections/${id}`);
      }
    }
    await store.delete("/buckets/b");
    await store.drain();
    expect(seen).toEqual(["/buckets/b/collections/c1"]);
  });

  it("run hooks before and after a flush, and let a hook refuse it", async () => {
    const runs: [string, unknown][] = [];
    let vetoes = false;
    const onRun = (point: string) => {
      if (vetoes && point === "flush.pre") throw refuse(403, "Not in production.");
    };
    store = await startTestStore({
      plugins: [
        flush(),
        createHookPlugin(
          "one",
          [storeHookPoints["flush.pre"], storeHookPoints["flush.post"]] as readonly HookPoint<never>[],
          runs,
          onRun,
        ),
      ],
    });
    await store.put("/buckets/b");
    vetoes = true;
    expect(await store.post("/__flush__")).toMatchObject({ status: 403, body: { message: "Not in production." } });
    expect((await store.get("/buckets/b")).status).toBe(200);
    vetoes = false;
    expect((await store.post("/__flush__")).status).toBe(202);
    expect((await store.get("/buckets/b")).status).toBe(403);
    expect(runs.map(([name]) => name)).toEqual(["one flush.pre", "one flush.pre", "one flush.post"]);
  });
});

describe("a hook point of a plugin", () => {
  const brewing = defineHookPoint<{ cups: number }>({
    name: "kettle.brewing",
    about: "Before tea is made.",
    params: { cups: "How many." },
    veto: true,
  });
  const brewed = defineHookPoint<{ cups: number }>({
    name: "kettle.brewed",
    about: "Once it is made.",
    params: { cups: "How many." },
    veto: false,
  });
  const foreignPoint = defineHookPoint<{ cups: number }>({
    name: "pot.brewing",
    about: "Belongs to another plugin.",
    params: { cups: "How many." },
    veto: true,
  });
  const kettle = definePlugin({
    name: "kettle",
    about: "Makes tea.",
    hookPoints: [brewing, brewed],
    setup: ({ trigger }) => ({ trigger }),
    routes: {
      "POST /tea": {
        about: "Makes tea.",
        run: async (call, { services }) => {
          const cups = Number(call.query);
          if (cups === 0) await services.trigger(foreignPoint, { cups });
          await services.trigger(brewing, { cups });
          await services.trigger(brewed, { cups });
          return { status: 200, body: "{}" };
        },
      },
    },
  });

  it("runs its hooks when the plugin triggers it, and lets them refuse only if it allows vetoes", async () => {
    const runs: [string, unknown][] = [];
    const onRun = (point: string) => {
      if (point === "kettle.brewed") throw new Error("fails on purpose");
      if ((runs.at(-1)?.[1] as { cups: number } | undefined)?.cups === 10) throw refuse(409, "Too much.");
    };
    const hookPlugin = createHookPlugin("guest", [brewing, brewed] as readonly HookPoint<never>[], runs, onRun);
    store = await startTestStore({ plugins: [kettle(), hookPlugin] });

    expect((await store.post("/tea?2")).status).toBe(200);
    expect(await store.post("/tea?10")).toMatchObject({ status: 409, body: { message: "Too much." } });
    expect(runs).toEqual([
      ["guest kettle.brewing", { cups: 2 }],
      ["guest kettle.brewed", { cups: 2 }],
      ["guest kettle.brewing", { cups: 10 }],
    ]);
    expect(errors().map(({ message }) => message)).toEqual([
      "The hook 'kettle_brewed' of the plugin 'guest' at kettle.brewed failed",
    ]);
  });

  it("cannot be triggered by a plugin that does not list it", async () => {
    store = await startTestStore({ plugins: [kettle()] });
    expect((await store.post("/tea?0")).status).toBe(500);
    expect(errors()[0].error.message).toContain(
      "the plugin 'kettle' triggers 'pot.brewing' but does not list it in 'hookPoints'",
    );
  });

  it("runs its hooks only for objects in their buckets and collections", async () => {
    const opened = defineHookPoint<{ uri: string | null }>({
      name: "kettle.opened",
      about: "After an object is opened.",
      params: { uri: "The object, or null." },
      veto: true,
    });
    const seen: string[] = [];
    const hook = (name: string, places: object) => ({
      point: opened,
      ...places,
      run: ({ uri }: { uri: string | null }) => void seen.push(`${name} ${uri}`),
    });
    const guest = definePlugin({
      name: "guest",
      about: "Has limited hooks.",
      hooks: {
        at: {
          all: hook("all", {}),
          bucket: hook("bucket", { buckets: () => ["b-*"] }),
          collection: hook("collection", { buckets: () => ["b-1"], collections: () => ["c"] }),
        },
      },
    });
    const owner = definePlugin({
      name: "kettle",
      about: "Opens objects.",
      hookPoints: [opened],
      setup: ({ trigger }) => ({ trigger }),
      routes: {
        "POST /open": {
          about: "Opens an object.",
          run: async ({ query }, { services }) => {
            await services.trigger(opened, { uri: query === "" ? null : query });
            return { status: 200, body: "{}" };
          },
        },
      },
    });
    store = await startTestStore({ plugins: [owner(), guest()] });
    const uris = [
      "",
      "/buckets/b-1",
      "/buckets/b-1/collections/c",
      "/buckets/b-1/collections/c/records/r",
      "/buckets/a",
    ];
    for (const uri of [...uris, "/buckets/b-1/groups/c"]) expect((await store.post(`/open?${uri}`)).status).toBe(200);

    expect(seen.filter((run) => !run.startsWith("all"))).toEqual([
      "bucket /buckets/b-1",
      "bucket /buckets/b-1/collections/c",
      "collection /buckets/b-1/collections/c",
      "bucket /buckets/b-1/collections/c/records/r",
      "collection /buckets/b-1/collections/c/records/r",
      "bucket /buckets/b-1/groups/c",
    ]);
    expect(seen.filter((run) => run.startsWith("all"))).toHaveLength(6);
    expect((await store.post("/open?nothing")).status).toBe(500);
    expect(JSON.stringify(errors())).toContain(
      "The parameter uri of kettle.opened is not the URI of an object: nothing",
    );
  });

  it("hands on functions among its parameters", async () => {
    const hookPlugin = createHookPlugin("guest", [brewed] as readonly HookPoint<never>[], []);
    const triggeringPlugin = definePlugin({
      name: "kettle",
      about: "Makes tea.",
      hookPoints: [brewed],
      setup: ({ trigger }) => ({ trigger }),
      routes: {
        "POST /tea": {
          about: "Makes tea.",
          run: async (_, { services }) => {
            await services.trigger(brewed, { cups: 1, more: () => {} } as { cups: number });
            return { status: 200, body: "{}" };
          },
        },
      },
    });
    store = await startTestStore({ plugins: [triggeringPlugin(), hookPlugin] });
    expect((await store.post("/tea")).status).toBe(200);
  });

  it("never runs its hooks, without an error, if the plugin that owns it is not installed", async () => {
    const runs: [string, unknown][] = [];
    store = await startTestStore({
      plugins: [createHookPlugin("guest", [brewing] as readonly HookPoint<never>[], runs)],
    });
    expect((await store.put("/buckets/b")).status).toBe(201);
    expect(runs).toEqual([]);
  });
});
