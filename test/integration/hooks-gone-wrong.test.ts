import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, refuse } from "@kintoun/kit";
import type { TestStore } from "../start-store.ts";
import { C, errorsIn, looking, R, startLooking } from "./looking.ts";

let store: TestStore;
afterEach(() => store?.close());

const start = async (...plugins: ReturnType<typeof looking>[]) => {
  store = await startLooking(...plugins);
};
const ids = async () => (await store.get(`${R}?_sort=id`)).body.data.map(({ id }: { id: string }) => id);
const errors = () => errorsIn(store);

describe("a hook that does not wait for what it asks of its data", () => {
  it("is waited for, so that its failure takes nothing of the request's own with it", async () => {
    await start(
      looking("hasty", ({ record_id }, { data }) => {
        if (record_id === "a")
          void data.create("/buckets/b/collections/none/records", { data: {} }).catch(() => undefined);
        if (record_id === "b") void data.create(R, { data: { id: "beside" } });
        if (record_id === "c") return store.get(R).then(() => undefined);
      }),
    );
    const { body } = await store.post("/batch", {
      requests: ["x", "a", "b", "c"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 201, 201, 201]);
    expect(await ids()).toEqual(["a", "b", "beside", "c", "x"]);
  });

  it("and is given up in between leaves nothing with another hook that goes on without it", async () => {
    const before = Promise.withResolvers<void>();
    const plugins = [
      looking("asking", async ({ record_id }, { data }) => {
        if (record_id !== "r") return;
        await expect(data.create(R, { data: { id: "aside" } })).rejects.toMatchObject({ kind: "BACKEND" });
        await data.create(R, { data: { id: "kept" } });
        before.resolve();
        // Long enough for what was given up to come to its end.
        for (let reads = 0; reads < 200; reads++) await data.get(C);
      }),
      looking(
        "slow",
        async ({ record_id }, { data }) =>
          void (record_id === "aside" && (await data.create(R, { data: { id: "late" } }))),
        { timeout: 0.05 },
      ),
      looking("slower", ({ record_id }) =>
        record_id === "late"
          ? Promise.race([before.promise, new Promise<void>((go) => setTimeout(go, 300))])
          : undefined,
      ),
    ];
    await start(...plugins);
    expect((await store.put(`${R}/r`)).status).toBe(201);
    expect(await ids()).toEqual(["kept", "r"]);
  });
});

describe("what a hook throws", () => {
  const odd: Record<string, () => unknown> = {
    null: () => null,
    undefined: () => undefined,
    text: () => "a text\nof two lines",
    status: () => Object.assign(new Error("I am a teapot"), { status: 418, statusCode: 418, kind: "FORBIDDEN" }),
    getter: () =>
      Object.defineProperty(new Error("x"), "message", {
        get() {
          throw new TypeError("no message for you");
        },
      }),
    proxy: () =>
      new Proxy(
        {},
        {
          get() {
            throw new TypeError("nothing for you");
          },
          getPrototypeOf() {
            throw new TypeError("nothing for you");
          },
        },
      ),
    bare: () => Object.create(null),
    round: () => {
      const error = new Error("round");
      error.cause = error;
      return error;
    },
    ok: () => refuse(200 as 403, "Fine."),
    none: () => refuse(99 as 403),
    nan: () => refuse(Number.NaN as 403, "x"),
    own: () => refuse("constructor" as unknown as 403, "x"),
  };
  const names = Object.keys(odd);

  it.each(names)("costs a 500 and nothing else before a change: %s", async (name) => {
    await start(
      looking("odd", ({ record_id }) => {
        if (record_id === "r") throw odd[name]?.();
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
      expect(error.message).toContain("The before hook 'look' of the plugin 'odd' failed");
  });

  it.each(names)("is logged after a change, and changes nothing of the answer: %s", async (name) => {
    const plugin = definePlugin({
      name: "odd",
      about: "Fails.",
      hooks: {
        after: {
          fail: {
            on: ["record.create"],
            run: () => {
              throw odd[name]?.();
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
      Array(2).fill(["The after hook 'fail' of the plugin 'odd' failed", "odd"]),
    );
    for (const { error } of errors()) expect(typeof error.message).toBe("string");
  });
});

describe("a hook after a change", () => {
  it("that takes too long is told of no further event, and the log names those that it missed", async () => {
    const told: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const plugin = definePlugin({
      name: "tell",
      about: "Takes its time.",
      hooks: {
        after: {
          hang: {
            on: ["record.create"],
            timeout: 0.1,
            run: async ({ record_id }) => {
              told.push(record_id);
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

    expect(told).toEqual(["a", "b"]);
    const idOf = (id: string) => expect.stringMatching(new RegExp(`^${R}/${id}@\\d+$`));
    expect(errors()).toMatchObject([
      {
        request_id: headers.get("apigw-requestid"),
        event_ids: [idOf("b"), idOf("c")],
        events: 2,
        error: { message: expect.stringContaining("took longer") },
      },
      { request_id: headers.get("apigw-requestid"), event_id: idOf("c"), error: { message: "No" } },
    ]);
    expect(store.metrics("HookFailures", "tell")).toEqual([2]);
  });
});

it("what a listener throws ends among its dead letters, even if it can't be read", async () => {
  const thrown = Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new TypeError("no message for you");
    },
  });
  const plugin = definePlugin({
    name: "odd",
    about: "Fails.",
    listeners: { fail: { on: ["record.create"], retries: 0, run: () => Promise.reject(thrown) } },
  });
  await start(plugin());
  await store.put(`${R}/r`);
  await store.drain();
  expect(await store.deadLetterCount("odd-fail")).toBe(1);
  expect(errors()).toMatchObject([
    { message: "The listener failed", error: { message: "The thrown value cannot be read" } },
  ]);
});
