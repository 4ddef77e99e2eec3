import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse } from "@kintoun/kit";
import type { TestStore } from "../start-store.ts";
import { C, createHookPlugin, parseErrors, R, startWithPlugins } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const start = async (...plugins: ReturnType<typeof createHookPlugin>[]) => {
  store = await startWithPlugins(...plugins);
};
const listIds = async () => (await store.get(`${R}?_sort=id`)).body.data.map(({ id }: { id: string }) => id);
const errors = () => parseErrors(store);

describe("before hook that does not await its data calls", () => {
  it("ends when its data calls have settled, and a failed one undoes no change of the request", async () => {
    await start(
      createHookPlugin("hasty", ({ record_id }, { data }) => {
        if (record_id === "a")
          void data.create("/buckets/b/collections/none/records", { data: {} }).catch(() => undefined);
        if (record_id === "b") void data.create(R, { data: { id: "extra" } });
        if (record_id === "c") return store.get(R).then(() => undefined);
      }),
    );
    const { body } = await store.post("/batch", {
      requests: ["x", "a", "b", "c"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 201, 201, 201]);
    expect(await listIds()).toEqual(["a", "b", "c", "extra", "x"]);
  });

  it("leaves no change of a call that timed out inside another hook, which continues", async () => {
    const written = Promise.withResolvers<void>();
    const plugins = [
      createHookPlugin("outer", async ({ record_id }, { data }) => {
        if (record_id !== "r") return;
        await expect(data.create(R, { data: { id: "nested" } })).rejects.toMatchObject({ kind: "BACKEND" });
        await data.create(R, { data: { id: "kept" } });
        written.resolve();
        // Takes long enough for the hook that timed out to end.
        for (let reads = 0; reads < 200; reads++) await data.get(C);
      }),
      createHookPlugin(
        "slow",
        async ({ record_id }, { data }) =>
          void (record_id === "nested" && (await data.create(R, { data: { id: "late" } }))),
        { timeout: 0.05 },
      ),
      createHookPlugin("slower", ({ record_id }) =>
        record_id === "late"
          ? Promise.race([written.promise, new Promise<void>((resolve) => setTimeout(resolve, 300))])
          : undefined,
      ),
    ];
    await start(...plugins);
    expect((await store.put(`${R}/r`)).status).toBe(201);
    expect(await listIds()).toEqual(["kept", "r"]);
  });
});

describe("hook that throws an unusual value", () => {
  const values: Record<string, () => unknown> = {
    null: () => null,
    undefined: () => undefined,
    string: () => "a string\nof two lines",
    status: () => Object.assign(new Error("I am a teapot"), { status: 418, statusCode: 418, kind: "FORBIDDEN" }),
    getter: () =>
      Object.defineProperty(new Error("x"), "message", {
        get() {
          throw new TypeError("message cannot be read");
        },
      }),
    proxy: () =>
      new Proxy(
        {},
        {
          get() {
            throw new TypeError("proxy cannot be read");
          },
          getPrototypeOf() {
            throw new TypeError("proxy cannot be read");
          },
        },
      ),
    noPrototype: () => Object.create(null),
    circular: () => {
      const error = new Error("circular");
      error.cause = error;
      return error;
    },
    refuse200: () => refuse(200 as 403, "Fine."),
    refuse99: () => refuse(99 as 403),
    refuseNaN: () => refuse(Number.NaN as 403, "x"),
    refuseText: () => refuse("constructor" as unknown as 403, "x"),
  };
  const names = Object.keys(values);
  const UNREADABLE = "The thrown value cannot be read";
  const refusalMessage = (status: string) =>
    `refuse(${status}): use one of the statuses 400, 401, 403, 404, 409, 412, 413, 429, 503, 507.`;
  const messages: Record<string, string> = {
    null: "null",
    undefined: "undefined",
    string: "a string\nof two lines",
    status: "I am a teapot",
    getter: UNREADABLE,
    proxy: UNREADABLE,
    noPrototype: "[object Object]",
    circular: "circular",
    refuse200: refusalMessage("200"),
    refuse99: refusalMessage("99"),
    refuseNaN: refusalMessage("NaN"),
    refuseText: refusalMessage("constructor"),
  };

  it.each(names)("causes a 500 and changes nothing when it runs before the change: %s", async (name) => {
    await start(
      createHookPlugin("thrower", ({ record_id }) => {
        if (record_id === "r") throw values[name]?.();
      }),
    );
    const before = (await store.get(R)).headers.get("etag");
    const answer = await store.put(`${R}/r`);
    const batch = await store.post("/batch", {
      requests: ["q", "r"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    expect([answer.status, answer.body.errno, batch.status, batch.body.errno]).toEqual([500, 999, 500, 999]);
    expect((await store.get(R)).headers.get("etag")).toBe(before);
    expect(errors()).toHaveLength(2);
    for (const { error } of errors())
      expect(error.message).toContain("The before hook 'look' of the plugin 'thrower' failed");
  });

  it.each(names)("logs an error and keeps the response when it runs after the change: %s", async (name) => {
    const plugin = definePlugin({
      name: "thrower",
      about: "Throws after records are created.",
      hooks: {
        after: {
          fail: {
            on: ["record.create"],
            run: () => {
              throw values[name]?.();
            },
          },
        },
      },
    });
    await start(plugin());
    const { body } = await store.post("/batch", {
      requests: ["q", "r"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 201]);
    expect(errors().map(({ message, plugin }) => [message, plugin])).toEqual(
      Array(2).fill(["The after hook 'fail' of the plugin 'thrower' failed", "thrower"]),
    );
    expect(errors().map(({ error }) => error.message)).toEqual(Array(2).fill(messages[name]));
  });
});

describe("after hook that exceeds its timeout", () => {
  it("gets no further event of the request, and the log names the events it missed", async () => {
    const recordIds: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const plugin = definePlugin({
      name: "slow",
      about: "Exceeds its timeout for some records.",
      hooks: {
        after: {
          hang: {
            on: ["record.create"],
            timeout: 0.1,
            run: async ({ record_id }) => {
              recordIds.push(record_id);
              if (record_id === "b") await promise;
            },
          },
          fail: {
            on: ["record.create"],
            run: ({ record_id }) => {
              if (record_id === "c") throw new Error("No");
            },
          },
        },
      },
    });
    await start(plugin());
    const { headers } = await store.post("/batch", {
      requests: ["a", "b", "c"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    resolve();
    await store.get(R);

    expect(recordIds).toEqual(["a", "b"]);
    const eventId = (id: string) => expect.stringMatching(new RegExp(`^${R}/${id}@\\d+$`));
    expect(errors()).toMatchObject([
      {
        request_id: headers.get("apigw-requestid"),
        event_ids: [eventId("b"), eventId("c")],
        events: 2,
        error: { message: expect.stringContaining("took longer") },
      },
      { request_id: headers.get("apigw-requestid"), event_id: eventId("c"), error: { message: "No" } },
    ]);
    expect(store.metrics("HookFailures", "slow")).toEqual([2]);
  });
});

it("listener that throws an unreadable error moves the event to its dead-letter queue", async () => {
  const thrown = Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new TypeError("message cannot be read");
    },
  });
  const plugin = definePlugin({
    name: "thrower",
    about: "Fails for each new record.",
    listeners: { fail: { on: ["record.create"], retries: 0, run: () => Promise.reject(thrown) } },
  });
  await start(plugin());
  await store.put(`${R}/r`);
  await store.drain();
  expect(await store.deadLetterCount("thrower-fail")).toBe(1);
  expect(errors()).toMatchObject([
    { message: "The listener failed", error: { message: "The thrown value cannot be read" } },
    { message: expect.stringMatching(/^The listener gave up after attempt 1: /) },
  ]);
});
