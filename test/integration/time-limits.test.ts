import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { MAX_REQUEST_MS } from "../../config/functions.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const R = "/buckets/b/collections/c/records";
let store: TestStore;
let calls = 0;

/** Moves the clock that measures time, not the time of day. */
let passedMs = 0;
const { now } = performance;
beforeAll(() => {
  performance.now = () => now.call(performance) + passedMs;
});
afterAll(() => {
  performance.now = now;
});
const pass = (ms: number) => {
  passedMs += ms;
};

const slow = definePlugin({
  name: "slow",
  about: "Has routes that take their time.",
  routes: {
    "GET /slow": {
      about: "Takes a third of the time of a request.",
      run: () => {
        calls++;
        pass(MAX_REQUEST_MS / 3);
        return jsonResponse({});
      },
    },
    "GET /almost": {
      about: "Takes almost all of the time of a request.",
      run: () => {
        pass(MAX_REQUEST_MS - 100);
        return jsonResponse({});
      },
    },
    "GET /over": {
      about: "Fails when the time of a request is over.",
      run: () => {
        pass(MAX_REQUEST_MS + 1);
        throw new Error("Too late");
      },
    },
    "GET /stuck": { about: "Never responds.", run: () => new Promise(() => undefined) },
  },
  renderers: {
    stuck: { types: ["text/stuck"], about: "Never ends.", render: () => new Promise(() => undefined) },
    shout: {
      types: ["text/shout"],
      about: "Writes JSON in capitals.",
      render: ({ body }) => JSON.stringify(body).toUpperCase(),
    },
  },
  hooks: { before: { slow: { on: ["record.delete"], run: () => pass(1000) } } },
});

beforeEach(async () => {
  calls = 0;
  store = await startStore({ plugins: [basicauth(), slow()] });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
});
afterEach(() => store.close());

const create = { method: "POST", path: R, body: { data: {} } };
const total = async () => (await store.get(R)).body.data.length;

describe("the time of a batch", () => {
  it("is limited for all requests together: nothing is changed after it", async () => {
    const requests = [create, ...Array.from({ length: 9 }, () => ({ path: "/slow" }))];
    const { status, body, headers } = await store.post("/batch", { requests });

    expect([status, body.errno, body.message]).toEqual([503, 201, expect.stringContaining("Nothing was changed")]);
    expect(headers.get("retry-after")).not.toBeNull();
    expect([calls, await total()]).toEqual([3, 0]);
  });

  it("is enough for requests that end in time", async () => {
    const { body } = await store.post("/batch", { requests: [create, { path: "/slow" }, { path: "/slow" }] });
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 200, 200]);
    expect(await total()).toBe(1);
  });

  it("ends while a request still runs", async () => {
    const requests = [create, { path: "/almost" }, { path: "/stuck" }];
    expect((await store.post("/batch", { requests })).status).toBe(503);
    expect(await total()).toBe(0);
  });
});

describe("the time of a DELETE of a list", () => {
  it("is limited: the response has what was deleted, and Next-Page for the rest", async () => {
    const ids = Array.from({ length: 50 }, (_, n) => `r${n}`);
    for (const part of [ids.slice(0, 25), ids.slice(25)]) {
      const requests = part.map((id) => ({ method: "PUT", path: `${R}/${id}` }));
      expect((await store.post("/batch", { requests })).status).toBe(200);
    }

    const pages: string[][] = [];
    for (let next: string | null = R; next !== null; ) {
      const { status, body, headers } = await store.delete(next);
      expect(status).toBe(200);
      pages.push(body.data.map(({ id }: { id: string }) => id));
      expect(await total()).toBe(ids.length - pages.flat().length);
      next = headers.get("next-page");
    }
    // Twenty deletions take twenty seconds.
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 10]);
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());
  });
});

describe("the time of a plugin's route", () => {
  it("is that of the request, whatever the time of day", async () => {
    store.clock.advance(MAX_REQUEST_MS * 2);
    expect((await store.get("/slow")).status).toBe(200);
  });
});

describe("the time of a renderer", () => {
  const render = (path: string, accept: string) => store.get(path, { headers: { accept } });

  it("ends soon after that of the request", async () => {
    expect((await render("/almost", "text/stuck")).status).toBe(503);
    expect(store.logLines.at(-1)).toContain("The renderer 'stuck' of the plugin 'slow' took longer than 1 s");
  });

  it("is enough for the error of a request that has no time left", async () => {
    const { status, body } = await render("/over", "text/shout");
    expect([status, body]).toEqual([500, expect.stringContaining("INTERNAL SERVER ERROR")]);
  });
});
