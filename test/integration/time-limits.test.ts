import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { MAX_REQUEST_MS } from "../../config/functions.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const R = "/buckets/b/collections/c/records";
let store: TestStore;
let calls = 0;

const slow = definePlugin({
  name: "slow",
  about: "Has routes that take their time.",
  routes: {
    "GET /slow": {
      about: "Takes a third of the time of a request.",
      run: () => {
        calls++;
        store.clock.advance(MAX_REQUEST_MS / 3);
        return jsonResponse({});
      },
    },
    "GET /almost": {
      about: "Takes almost all of the time of a request.",
      run: () => {
        store.clock.advance(MAX_REQUEST_MS - 100);
        return jsonResponse({});
      },
    },
    "GET /stuck": { about: "Never responds.", run: () => new Promise(() => undefined) },
  },
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
