import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";

let store: TestStore | undefined;
afterEach(() => store?.close());

const errors = () => (store?.logLines ?? []).map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");

describe("plugin that fails", () => {
  it("stops the start with its name when its setup throws", async () => {
    const broken = definePlugin({
      name: "broken",
      about: "Throws in its setup.",
      setup: () => {
        throw new Error("the key is missing");
      },
      userInfo: async () => ({}),
    });
    await expect(startTestStore({ plugins: [broken()] })).rejects.toMatchObject({
      lines: ["The plugin 'broken' failed to start: the key is missing"],
    });
    const withListener = definePlugin({
      name: "with-listener",
      about: "Has a listener and throws in its setup.",
      setup: async () => {
        throw new Error("the queue is missing");
      },
      listeners: { note: { on: ["record.create"], run: () => {} } },
    });
    await expect(startTestStore({ plugins: [withListener()] })).rejects.toMatchObject({
      lines: ["The plugin 'with-listener' failed to start: the queue is missing"],
    });
  });

  it("fails only the request whose route throws or exceeds its timeout", async () => {
    const plugin = definePlugin({
      name: "faulty",
      about: "Has routes that fail.",
      routes: {
        "GET /faulty": {
          about: "Throws.",
          run: () => {
            throw new TypeError("a secret detail");
          },
        },
        "GET /slow": { about: "Never returns.", timeout: 0.05, run: () => new Promise(() => {}) },
      },
    });
    store = await startTestStore({ plugins: [plugin()] });
    const [faulty, slow, created] = await Promise.all([
      store.get("/faulty"),
      store.get("/slow"),
      store.put("/buckets/b"),
    ]);
    expect([faulty.status, slow.status, created.status]).toEqual([500, 503, 201]);
    expect(JSON.stringify([faulty.body, slow.body])).not.toMatch(/secret|faulty/);
  });

  it("fails only the request whose hook exceeds its timeout", async () => {
    const plugin = definePlugin({
      name: "hanging",
      about: "Never returns for the bucket bad.",
      hooks: {
        before: {
          wait: {
            on: ["bucket.create"],
            timeout: 0.05,
            run: ({ bucket_id }) => (bucket_id === "bad" ? new Promise<void>(() => {}) : undefined),
          },
        },
      },
    });
    store = await startTestStore({ plugins: [plugin()] });
    const answers = await Promise.all([store.put("/buckets/bad"), store.put("/buckets/good")]);
    expect(answers.map(({ status }) => status)).toEqual([503, 201]);
    expect((await store.get("/buckets")).body.data).toMatchObject([{ id: "good" }]);
    expect(errors().map(({ error }) => error.message)).toEqual([
      "The before hook 'wait' of the plugin 'hanging' took longer than 0.05 s",
    ]);
  });
});

describe("plugin setup", () => {
  const createPlugin = (name: string) =>
    definePlugin({
      name,
      about: "Returns its resources as its services.",
      needs: () => ({ token: need.variable("token"), salt: need.secret("salt") }),
      setup: ({ resources }) => resources,
      userInfo: async () => ({}),
    })();

  const readServices = async (name: string) => {
    const services = (await store?.getServices(name)) as
      | { token: string | undefined; salt: () => Promise<string> }
      | undefined;
    return { token: services?.token, salt: await services?.salt() };
  };

  it("gets the secrets and variables of its own plugin only", async () => {
    store = await startTestStore({
      plugins: [createPlugin("one"), createPlugin("two"), createPlugin("three")],
      secrets: { one: { token: "1" }, two: { token: "2" } },
    });
    const services = await Promise.all(["one", "two", "three"].map(readServices));
    expect(services.map(({ token }) => token)).toEqual(["1", "2", undefined]);
    expect(new Set(services.map(({ salt }) => salt)).size).toBe(3);
  });

  it("gets the same secret on every read", async () => {
    store = await startTestStore({ plugins: [createPlugin("one")] });
    expect(await readServices("one")).toEqual(await readServices("one"));
  });

  it("gets only the resources that its plugin needs", async () => {
    let seen: unknown;
    const plugin = definePlugin({
      name: "curious",
      about: "Records the parameters of its setup.",
      needs: () => ({ salt: need.secret("salt") }),
      setup: (tools) => {
        seen = [Object.keys(tools).sort(), Object.keys(tools.resources)];
      },
      userInfo: async () => ({}),
    });
    store = await startTestStore({ plugins: [plugin()] });
    expect(seen).toEqual([["config", "log", "now", "resources", "trigger", "use"], ["salt"]]);
  });
});

describe("plugin hooks", () => {
  it("get copies of the object, so a hook cannot change what others get", async () => {
    const createMutatingPlugin = (name: string) =>
      definePlugin({
        name,
        about: "Changes the objects that its hooks get.",
        hooks: {
          before: {
            mutate: {
              on: ["bucket.create"],
              run: (change) => {
                (change.new as { title?: string }).title = `changed by ${name}`;
              },
            },
          },
          after: {
            mutate: {
              on: ["bucket.create"],
              run: (event) => {
                seen.push(event.new?.title);
                (event.new as { title?: string }).title = `changed by ${name}`;
              },
            },
          },
        },
      })();
    const seen: unknown[] = [];
    store = await startTestStore({ plugins: [createMutatingPlugin("one"), createMutatingPlugin("two")] });
    expect((await store.put("/buckets/b", { data: { title: "original" } })).body.data.title).toBe("original");
    expect(seen).toEqual(["original", "original"]);
  });
});
