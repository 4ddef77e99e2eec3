import { afterEach, describe, expect, it } from "@jest/globals";
import { defineHookPoint, definePlugin, type HookPoint, refuse, storeHookPoints } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { flush } from "../../plugins/flush/index.ts";

let store: TestStore;
afterEach(() => store?.close());

const R = "/buckets/b/collections/c/records";
const errors = () => store.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");

/** A plugin that notes at which of some points it was, and does what it is told there. */
const attached = (
  name: string,
  at: readonly HookPoint<never>[],
  reached: [string, unknown][],
  doing: (point: string) => unknown = () => undefined,
) =>
  definePlugin({
    name,
    about: "Attaches itself to points.",
    hooks: {
      at: Object.fromEntries(
        at.map((point) => [
          point.name.replace(".", "_"),
          {
            point: point as HookPoint<object>,
            timeout: 0.2,
            run: async (params: object) => {
              reached.push([`${name} ${point.name}`, params]);
              await doing(point.name);
            },
          },
        ]),
      ),
    },
  })();

describe("the points of a batch", () => {
  const both = [storeHookPoints["batch.pre"], storeHookPoints["batch.post"]] as readonly HookPoint<never>[];
  const requests = [{ method: "PUT", path: "/buckets/b" }, { path: "/v1/buckets/none/collections" }];

  it("are reached before and after it, in the config's order, with what is asked", async () => {
    const reached: [string, unknown][] = [];
    store = await startTestStore({ plugins: [attached("one", both, reached), attached("two", both, reached)] });
    expect((await store.post("/batch", { requests })).status).toBe(200);

    const user = await store.userId("alice");
    const asked = [
      { method: "PUT", path: "/buckets/b" },
      { method: "GET", path: "/buckets/none/collections" },
    ];
    const answered = [
      { ...asked[0], status: 201 },
      { ...asked[1], status: 403 },
    ];
    expect(reached).toEqual([
      ["one batch.pre", { user, requests: asked }],
      ["two batch.pre", { user, requests: asked }],
      ["one batch.post", { user, requests: answered }],
      ["two batch.post", { user, requests: answered }],
    ]);
    await store.put("/buckets/c");
    expect(reached).toHaveLength(4);
  });

  it("let it be vetoed before, and nothing is done then", async () => {
    const reached: [string, unknown][] = [];
    const veto = (point: string) => {
      if (point === "batch.pre") throw refuse(403, "No batches today.");
    };
    store = await startTestStore({ plugins: [attached("one", both, reached, veto), attached("two", both, reached)] });
    expect(await store.post("/batch", { requests })).toMatchObject({
      status: 403,
      body: { message: "No batches today." },
    });
    expect(reached.map(([name]) => name)).toEqual(["one batch.pre"]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
  });

  it("cost a 500 when a hook fails before, of which only the log tells, and a 503 when it takes too long", async () => {
    let doing = (): unknown => {
      throw new Error("inner workings");
    };
    store = await startTestStore({ plugins: [attached("one", [both[0] as HookPoint<never>], [], () => doing())] });
    const failed = await store.post("/batch", { requests });
    doing = () => new Promise(() => {});
    const late = await store.post("/batch", { requests });

    expect([failed.status, failed.body.errno, late.status]).toEqual([500, 999, 503]);
    expect(JSON.stringify([failed.body, late.body])).not.toMatch(/inner|batch_pre/);
    expect(errors().map(({ error }) => error.message)).toEqual([
      "The hook 'batch_pre' of the plugin 'one' at batch.pre failed: inner workings",
      "The hook 'batch_pre' of the plugin 'one' at batch.pre took longer than 0.2 s",
    ]);
    expect((await store.get("/buckets")).body.data).toEqual([]);
  });

  it("change nothing of the answer when a hook fails after it", async () => {
    store = await startTestStore({
      plugins: [
        attached("one", [both[1] as HookPoint<never>], [], () => {
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

describe("the points of purge and flush", () => {
  it("are reached around the removal of what was below a deleted object", async () => {
    const reached: [string, unknown][] = [];
    store = await startTestStore({
      plugins: [
        attached(
          "one",
          [storeHookPoints["purge.pre"], storeHookPoints["purge.post"]] as readonly HookPoint<never>[],
          reached,
        ),
      ],
    });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
    await store.put(`${R}/r`);
    await store.delete("/buckets/b/collections/c");
    await store.drain();
    const told = { uri: "/buckets/b/collections/c" };
    expect(reached).toEqual([
      ["one purge.pre", told],
      ["one purge.post", told],
    ]);
  });

  it("are reached around a flush, which may be vetoed", async () => {
    const reached: [string, unknown][] = [];
    let vetoes = false;
    const doing = (point: string) => {
      if (vetoes && point === "flush.pre") throw refuse(403, "Not in production.");
    };
    store = await startTestStore({
      plugins: [
        flush(),
        attached(
          "one",
          [storeHookPoints["flush.pre"], storeHookPoints["flush.post"]] as readonly HookPoint<never>[],
          reached,
          doing,
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
    expect(reached.map(([name]) => name)).toEqual(["one flush.pre", "one flush.pre", "one flush.post"]);
  });
});

describe("a point of a plugin's own", () => {
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
  const stolen = defineHookPoint<{ cups: number }>({
    name: "pot.brewing",
    about: "Another's.",
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
          if (cups === 0) await services.trigger(stolen, { cups });
          await services.trigger(brewing, { cups });
          await services.trigger(brewed, { cups });
          return { status: 200, body: "{}" };
        },
      },
    },
  });

  it("is reached when its plugin says so, and may be vetoed where it is such a point", async () => {
    const reached: [string, unknown][] = [];
    const doing = (point: string) => {
      if (point === "kettle.brewed") throw new Error("spilt");
      if ((reached.at(-1)?.[1] as { cups: number } | undefined)?.cups === 10) throw refuse(409, "Too much.");
    };
    const guest = attached("guest", [brewing, brewed] as readonly HookPoint<never>[], reached, doing);
    store = await startTestStore({ plugins: [kettle(), guest] });

    expect((await store.post("/tea?2")).status).toBe(200);
    expect(await store.post("/tea?10")).toMatchObject({ status: 409, body: { message: "Too much." } });
    expect(reached).toEqual([
      ["guest kettle.brewing", { cups: 2 }],
      ["guest kettle.brewed", { cups: 2 }],
      ["guest kettle.brewing", { cups: 10 }],
    ]);
    expect(errors().map(({ message }) => message)).toEqual([
      "The hook 'kettle_brewed' of the plugin 'guest' at kettle.brewed failed",
    ]);
  });

  it("is none of another plugin's, nor one that is not listed", async () => {
    store = await startTestStore({ plugins: [kettle()] });
    expect((await store.post("/tea?0")).status).toBe(500);
    expect(errors()[0].error.message).toContain(
      "the plugin 'kettle' triggers 'pot.brewing' but does not list it in 'hookPoints'",
    );
  });

  it("blames whoever triggers it with what can't be told", async () => {
    const guest = attached("guest", [brewed] as readonly HookPoint<never>[], []);
    const careless = definePlugin({
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
    store = await startTestStore({ plugins: [careless(), guest] });
    expect((await store.post("/tea")).status).toBe(500);
    expect(errors().map(({ message }) => message)).toEqual(["The route 'POST /tea' of the plugin 'kettle' failed"]);
  });

  it("is never reached where its owner is not installed, which is no error", async () => {
    const reached: [string, unknown][] = [];
    store = await startTestStore({ plugins: [attached("guest", [brewing] as readonly HookPoint<never>[], reached)] });
    expect((await store.put("/buckets/b")).status).toBe(201);
    expect(reached).toEqual([]);
  });
});
