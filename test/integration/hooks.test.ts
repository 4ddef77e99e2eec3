import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, need, type ObjectChange, refuse } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { createApi } from "../../functions/api/app.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { C, type Change, createHookPlugin, parseErrors, R, type Run, startWithPlugins } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const EVERYTHING = ["bucket", "group", "collection", "record"].flatMap((name) =>
  ["create", "update", "delete"].map((action) => `${name}.${action}` as Change),
);

const start = async (...plugins: ReturnType<typeof createHookPlugin>[]) => {
  store = await startWithPlugins(...plugins);
};
const listRecords = async () =>
  (await store.get(`${R}?_sort=id`)).body.data.map(
    ({ last_modified: _, ...record }: { last_modified: number }) => record,
  );
const errors = () => parseErrors(store);

describe("before hook", () => {
  it("replaces the object with what it returns, and the next hook gets that object", async () => {
    const seen: ObjectChange[] = [];
    const addMark =
      (mark: string): Run =>
      (change) => {
        seen.push(change);
        if (change.action === "delete") return { ignored: true };
        return {
          ...change.new,
          marks: [...((change.new.marks ?? []) as string[]), mark],
          id: "ignored",
          last_modified: 5,
        };
      };
    await start(createHookPlugin("one", addMark("1")), createHookPlugin("two", addMark("2")));

    expect((await store.post(R, { data: { id: "r", n: 1 } })).body.data).toEqual({
      id: "r",
      n: 1,
      marks: ["1", "2"],
      last_modified: expect.any(Number),
    });
    await store.patch(`${R}/r`, { data: { n: 2, marks: [] } });
    await store.put(`${R}/r`, { data: { n: 3 } });
    expect(await listRecords()).toEqual([{ id: "r", n: 3, marks: ["1", "2"] }]);
    await store.delete(`${R}/r`);

    const ids = {
      resource_name: "record",
      uri: `${R}/r`,
      bucket_id: "b",
      collection_id: "c",
      record_id: "r",
      user_id: await store.userId("alice"),
    };
    expect(seen).toHaveLength(8);
    expect(seen.filter((_, i) => i % 2 === 1)).toMatchObject([
      { ...ids, action: "create", new: { id: "r", n: 1, marks: ["1"] } },
      { ...ids, action: "update", new: { n: 2, marks: ["1"] }, old: { n: 1, marks: ["1", "2"] } },
      { ...ids, action: "update", new: { n: 3, marks: ["1"] }, old: { n: 2 } },
      { ...ids, action: "delete", old: { n: 3 } },
    ]);
  });

  it("runs for changes of objects and lists, in batches, by import and in the default bucket", async () => {
    const seen: string[] = [];
    const plugin = definePlugin({
      name: "watch",
      about: "Records the changes that its hook gets.",
      hooks: {
        before: {
          all: { on: EVERYTHING, run: ({ resource_name, action }) => void seen.push(`${resource_name}.${action}`) },
        },
      },
    });
    store = await startStore({ plugins: [basicauth(), defaultBucket(), plugin()] });
    await store.put("/buckets/default/collections/c/records/r", { data: { last_modified: 1000 } });
    expect(seen).toEqual(["bucket.create", "collection.create", "record.create"]);

    seen.length = 0;
    await store.put("/buckets/b");
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.put(C);
    await store.post("/batch", {
      requests: [
        { method: "PUT", path: `${R}/a` },
        { method: "PUT", path: `${R}/b` },
        { method: "PATCH", path: `${R}/a`, body: { data: { n: 1 } } },
        { method: "DELETE", path: `${R}?has_n=true` },
      ],
    });
    await store.delete(R);
    await store.delete("/buckets/b/groups");
    await store.delete("/buckets/b");
    expect(seen).toEqual(
      "bucket.create group.create collection.create record.create record.create record.update record.delete record.delete group.delete bucket.delete".split(
        " ",
      ),
    );
    await store.get("/buckets");
    expect(seen).toHaveLength(10);
  });

  it("runs only for its events in its buckets and collections", async () => {
    const seen: string[] = [];
    const only = { on: ["record.create" as const], buckets: () => ["b"], collections: () => ["c"] };
    await start(createHookPlugin("only", ({ uri }) => void seen.push(uri), only));
    await store.put("/buckets/b/collections/d");
    await store.put("/buckets/b/collections/d/records/x");
    await store.put(`${R}/x`);
    await store.put(`${R}/x`, { data: { n: 1 } });
    expect(seen).toEqual([`${R}/x`]);
  });

  it("runs only where the ids match its patterns, in which * matches any characters", async () => {
    const seen: string[] = [];
    await start(
      createHookPlugin("only", ({ uri }) => void seen.push(uri), {
        on: ["record.create"],
        buckets: () => ["*"],
        collections: () => ["c*-*7", "d"],
      }),
    );
    const ids = ["c", "c-7", "cc-a-17", "c-71", "xc-7", "d", "dd", "c7"];
    for (const id of ids) {
      await store.put(`/buckets/b/collections/${id}`);
      await store.put(`/buckets/b/collections/${id}/records/r`);
    }
    expect(seen).toEqual(["c-7", "cc-a-17", "d"].map((id) => `/buckets/b/collections/${id}/records/r`));
  });

  it("can refuse a request with a status and a message, and only that request in a batch", async () => {
    await start(
      createHookPlugin("strict", async (change, { data }) => {
        await data.create("/buckets/b/collections", { data: { id: `log-${change.record_id}` } });
        if (change.record_id === "bad") throw refuse(403, "Not this one.");
        if (change.record_id === "worse") throw refuse(503);
        if (change.record_id === "taken") throw refuse(409, "The id is taken.");
      }),
    );
    expect(await store.put(`${R}/bad`)).toMatchObject({ status: 403, body: { errno: 121, message: "Not this one." } });
    // The test store checks every response against the OpenAPI document, which lists the statuses of refusals.
    expect(await store.put(`${R}/taken`)).toMatchObject({
      status: 409,
      body: { errno: 122, message: "The id is taken." },
    });
    const { body } = await store.post("/batch", {
      requests: ["good", "bad", "worse", "other"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 403, 503, 201]);
    expect((await store.get("/buckets/b/collections?_sort=id")).body.data.map(({ id }: { id: string }) => id)).toEqual([
      "c",
      "log-good",
      "log-other",
    ]);
  });

  it("changes nothing when it throws, and its error is in the log but not in the response", async () => {
    await start(
      createHookPlugin("broken", async ({ record_id }, { data }) => {
        await data.update(C, { data: { touched: true } });
        if (record_id === "bad") throw new TypeError("a secret detail");
      }),
    );
    const single = await store.put(`${R}/bad`);
    const batch = await store.post("/batch", {
      requests: ["good", "bad"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });

    for (const { status, body } of [single, batch]) {
      expect([status, body.errno]).toEqual([500, 999]);
      expect(JSON.stringify(body)).not.toMatch(/secret|broken|look/);
    }
    expect(await listRecords()).toEqual([]);
    expect((await store.get(C)).body.data).not.toHaveProperty("touched");
    expect(errors().map(({ error }) => error.message)).toEqual(
      Array(2).fill("The before hook 'look' of the plugin 'broken' failed: a secret detail"),
    );
  });

  it("causes a 503 and changes nothing when it exceeds its timeout", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const lateErrors: unknown[] = [];
    await start(
      createHookPlugin(
        "slow",
        async (_, { data }) => {
          await data.create(R, { data: { id: "extra" } });
          await promise;
          await data.create(R, { data: { id: "late" } }).catch((error: unknown) => lateErrors.push(error));
        },
        { timeout: 0.05, on: ["record.create"] },
      ),
    );
    const answer = await store.put(`${R}/r`);
    resolve();
    await new Promise(setImmediate);

    expect([answer.status, answer.body.errno]).toEqual([503, 201]);
    expect(answer.headers.get("retry-after")).toMatch(/^[3-6]$/);
    expect(await listRecords()).toEqual([]);
    expect(lateErrors).toEqual([
      expect.objectContaining({
        message: "The before hook 'look' of the plugin 'slow' used its data after it had ended",
      }),
    ]);
    expect(errors().map(({ error }) => error.message)).toEqual([
      "The before hook 'look' of the plugin 'slow' took longer than 0.05 s",
    ]);
  });

  it("is subject to the checks of a request: schema, group members, size, and an existing parent", async () => {
    const results: Record<string, () => unknown> = {
      invalid: () => ({ title: 5 }),
      large: () => ({ title: "x".repeat(450_000) }),
      list: () => [1],
      deep: () => JSON.parse(`${'{"a":'.repeat(150)}1${"}".repeat(150)}`),
      proto: () => JSON.parse('{"title":"t","__proto__":{"n":1}}'),
    };
    await start(
      createHookPlugin("maker", (({ record_id }) => results[String(record_id)]?.()) as Run, { on: ["record.create"] }),
    );
    const groups = definePlugin({
      name: "groups",
      about: "Adds system.Everyone to groups.",
      hooks: {
        before: {
          bad: { on: ["group.create"], run: ({ new: group }) => ({ ...group, members: ["system.Everyone"] }) },
        },
      },
    });
    await store.patch(C, { data: { schema: { type: "object", properties: { title: { type: "string" } } } } });

    expect(await store.put(`${R}/invalid`)).toMatchObject({
      status: 400,
      body: { errno: 107, message: expect.stringContaining("title") },
    });
    expect((await store.put(`${R}/large`)).status).toBe(413);
    for (const id of ["list", "deep"]) expect((await store.put(`${R}/${id}`)).status).toBe(500);
    expect((await store.request(`${R}/proto`, { method: "PUT" })).status).toBe(201);
    expect(JSON.stringify((await store.get(`${R}/proto`)).body)).toContain('"__proto__":{"n":1}');
    await store.close();

    store = await startStore({ plugins: [basicauth(), groups()] });
    await store.put("/buckets/b");
    expect(await store.put("/buckets/b/groups/g")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("members") },
    });
    await store.close();

    await start(createHookPlugin("delete-parent", async (_, { data }) => void (await data.delete(C))));
    expect((await store.put(`${R}/r`)).status).toBe(404);
    expect((await store.get(C)).status).toBe(200);
  });

  it("changes other objects in the same transaction, which runs the hooks of other plugins but not itself", async () => {
    const seen: string[] = [];
    await start(
      createHookPlugin("log", async (change, { data }) => {
        seen.push(`log ${change.record_id}`);
        await Promise.all(["x", "y"].map((part) => data.create(R, { data: { id: `${change.record_id}-${part}` } })));
        expect((await data.get(`${R}/${change.record_id}-x`))?.data).toMatchObject({ marked: true });
      }),
      createHookPlugin("mark", (change) => {
        seen.push(`mark ${change.record_id}`);
        return { ...change.new, marked: true };
      }),
    );
    expect((await store.put(`${R}/r`)).status).toBe(201);
    expect(seen).toEqual(["log r", "mark r-x", "mark r-y", "mark r"]);
    expect(await listRecords()).toEqual(["r", "r-x", "r-y"].map((id) => ({ id, marked: true })));
    expect((await store.get(`${R}/r-x`)).status).toBe(200);
  });

  it("writes within the request's transaction through the data service of its setup too", async () => {
    const plugin = definePlugin({
      name: "audit",
      about: "Writes a log record for each new record.",
      needs: () => ({ data: need.data({ "record:create": ["/buckets/b/collections/log"] }) }),
      setup: ({ resources }) => resources,
      hooks: {
        before: {
          write: {
            on: ["record.create"],
            run: async ({ record_id }, { services }) => {
              await services.data.create("/buckets/b/collections/log/records", { data: { id: `of-${record_id}` } });
              if (record_id === "bad") throw refuse(403);
            },
          },
        },
      },
    });
    await start(plugin());
    await store.put("/buckets/b/collections/log");
    await store.put(`${R}/bad`);
    await store.put(`${R}/good`);
    expect((await store.get("/buckets/b/collections/log/records")).body.data).toMatchObject([{ id: "of-good" }]);
  });

  it("fails when more than 8 hooks run for each other's changes", async () => {
    const plugins = Array.from({ length: 10 }, (_, i) =>
      createHookPlugin(
        `chain-${i}`,
        async ({ record_id }, { data }) => void (await data.create(R, { data: { id: `${record_id}-${i}` } })),
        { on: ["record.create"] },
      ),
    );
    await start(...plugins);
    expect((await store.put(`${R}/r`)).status).toBe(500);
    expect(errors()[0].error.message).toContain("More than 8 hooks run for each other's changes");
    expect(await listRecords()).toEqual([]);
  });

  it("gets the new state when the request is retried after a conflict", async () => {
    const seen: unknown[] = [];
    let writeConcurrently = async () => {};
    await start(
      createHookPlugin("retried", async (change) => {
        seen.push(change.old?.n);
        await writeConcurrently();
      }),
    );
    await store.put(`${R}/r`, { data: { n: 1 } });
    // A second instance of the api function does not share the keyed mutex of the first one.
    const other = await createApi({ ...store.cloud.options, config: readConfig({ plugins: [basicauth()] }) });
    writeConcurrently = async () => {
      writeConcurrently = async () => {};
      const headers = {
        authorization: `Basic ${Buffer.from("alice:secret").toString("base64")}`,
        "content-type": "application/json",
      };
      const answer = await requestApi(other).request(`/v1${R}/r`, {
        method: "PUT",
        headers,
        body: JSON.stringify({ data: { n: 2 } }),
      });
      expect(answer.status).toBe(200);
      await other.close();
    };

    expect((await store.patch(`${R}/r`, { data: { m: 1 } })).body.data).toMatchObject({ n: 2, m: 1 });
    expect(seen).toEqual([undefined, 1, 2]);
  });
});

describe("after hook", () => {
  it("runs once for each committed change, before the response, with the event that listeners get", async () => {
    const hookEvents: ChangeEvent[] = [];
    const listenerEvents: ChangeEvent[] = [];
    const plugin = definePlugin({
      name: "observer",
      about: "Records the events that its hook and its listener get.",
      hooks: {
        after: {
          note: {
            on: ["record.create", "record.update", "record.delete"],
            run: (event) => void hookEvents.push(event),
          },
        },
      },
      listeners: {
        note: {
          on: ["record.create", "record.update", "record.delete"],
          run: (event) => void listenerEvents.push(event),
        },
      },
    });
    await start(plugin());

    await store.put(`${R}/r`, { data: { n: 1 } });
    expect(hookEvents).toHaveLength(1);
    await store.post("/batch", {
      requests: [
        { method: "PATCH", path: `${R}/r`, body: { data: { n: 2 } } },
        { method: "PUT", path: "/buckets/b/collections/none/records/x" },
      ],
    });
    await store.delete(R);
    await store.put(`${R}/r`, {}, { headers: { "If-Match": '"1"' } });
    await store.drain();
    expect(hookEvents.map(({ action, new: after, old }) => [action, after?.n, old?.n])).toEqual([
      ["create", 1, undefined],
      ["update", 2, 1],
      ["delete", undefined, 2],
    ]);
    expect(listenerEvents.toSorted((a, b) => a.timestamp - b.timestamp)).toEqual(hookEvents);
  });

  it("does not change the response when it fails or exceeds its timeout, which is logged", async () => {
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const plugin = definePlugin({
      name: "observer",
      about: "Fails or runs too long after records are created.",
      hooks: {
        after: {
          fail: {
            on: ["record.create"],
            run: ({ record_id }) => {
              seen.push(`fail ${record_id}`);
              throw refuse(403, "too late");
            },
          },
          hang: { on: ["record.create"], timeout: 0.05, run: () => promise },
          note: { on: ["record.create"], run: ({ record_id }) => void seen.push(`note ${record_id}`) },
        },
      },
    });
    await start(plugin());
    const { body } = await store.post("/batch", {
      requests: ["a", "b"].map((id) => ({ method: "PUT", path: `${R}/${id}` })),
    });
    resolve();
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 201]);
    expect(seen).toEqual(["fail a", "fail b", "note a", "note b"]);
    expect(errors().map(({ message }) => message)).toEqual([
      "The after hook 'fail' of the plugin 'observer' failed",
      "The after hook 'fail' of the plugin 'observer' failed",
      "The after hook 'hang' of the plugin 'observer' failed",
    ]);
  });

  it("does not run for its own changes", async () => {
    const seen: string[] = [];
    const plugin = definePlugin({
      name: "grow",
      about: "Adds a record for each new record.",
      needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
      setup: ({ resources }) => resources,
      hooks: {
        after: {
          add: {
            on: ["record.create"],
            run: async ({ record_id }, { services }) => {
              seen.push(String(record_id));
              await services.data.create(R, { data: { id: `${record_id}-more` } });
            },
          },
        },
      },
    });
    await start(plugin());
    await store.put(`${R}/r`);
    expect(seen).toEqual(["r"]);
    expect(await listRecords()).toEqual([{ id: "r" }, { id: "r-more" }]);
  });
});

it("before hooks run for a listener's changes and can refuse them", async () => {
  const guard = definePlugin({
    name: "guard",
    about: "Refuses records without a title.",
    hooks: {
      before: {
        look: {
          on: ["record.create"],
          run: ({ new: { title } }) => {
            if (title === undefined) throw refuse(400, "title is required.");
          },
        },
      },
    },
  });
  const echo = definePlugin({
    name: "echo",
    about: "Adds two records for a record.",
    needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
    setup: ({ resources }) => resources,
    listeners: {
      echo: {
        on: ["record.create"],
        run: async ({ record_id }, { services, log }) => {
          if (record_id !== "r") return;
          await services.data.create(R, { data: { id: "titled", title: "Echo" } });
          await services.data
            .create(R, { data: { id: "untitled" } })
            .catch((error) => log.warn(`Refused: ${error.message}`));
        },
      },
    },
  });
  await start(echo(), guard());
  await store.put(`${R}/r`, { data: { title: "First" } });
  await store.drain();

  expect((await listRecords()).map(({ id }: { id: string }) => id)).toEqual(["r", "titled"]);
  expect(store.logLines.join()).toContain("Refused: title is required.");
});
