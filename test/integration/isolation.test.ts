import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";

let store: TestStore | undefined;
afterEach(() => store?.close());

const errors = () => (store?.logLines ?? []).map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");

describe("a plugin that goes wrong", () => {
  it("in its setup stops the start, by its name", async () => {
    const broken = definePlugin({
      name: "broken",
      about: "Can't be set up.",
      setup: () => {
        throw new Error("no key in the lock");
      },
      userInfo: async () => ({}),
    });
    await expect(startTestStore({ plugins: [broken()] })).rejects.toMatchObject({
      lines: ["The plugin 'broken' failed to start: no key in the lock"],
    });
    const listening = definePlugin({
      name: "listening",
      about: "Can't be set up, where it listens.",
      setup: async () => {
        throw new Error("deaf");
      },
      listeners: { hear: { on: ["record.create"], run: () => {} } },
    });
    await expect(startTestStore({ plugins: [listening()] })).rejects.toMatchObject({
      lines: ["The plugin 'listening' failed to start: deaf"],
    });
  });

  it("in a route costs that request alone", async () => {
    const plugin = definePlugin({
      name: "faulty",
      about: "Throws.",
      routes: {
        "GET /faulty": {
          about: "Throws.",
          run: () => {
            throw new TypeError("inner workings");
          },
        },
        "GET /slow": { about: "Never ends.", timeout: 0.05, run: () => new Promise(() => {}) },
      },
    });
    store = await startTestStore({ plugins: [plugin()] });
    const [faulty, slow, fine] = await Promise.all([store.get("/faulty"), store.get("/slow"), store.put("/buckets/b")]);
    expect([faulty.status, slow.status, fine.status]).toEqual([500, 503, 201]);
    expect(JSON.stringify([faulty.body, slow.body])).not.toMatch(/inner|faulty/);
  });

  it("or hangs in a hook costs that request alone", async () => {
    const plugin = definePlugin({
      name: "hanging",
      about: "Never ends for some.",
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

describe("a plugin sees", () => {
  const telling = (name: string) =>
    definePlugin({
      name,
      about: "Tells what it has got.",
      needs: () => ({ token: need.variable("token"), salt: need.secret("salt") }),
      setup: ({ resources }) => resources,
      userInfo: async () => ({}),
    })();

  const gotBy = async (name: string) => {
    const got = (await store?.getServices(name)) as
      | { token: string | undefined; salt: () => Promise<string> }
      | undefined;
    return { token: got?.token, salt: await got?.salt() };
  };

  it("its own secrets and variables, and no other plugin's", async () => {
    const variables = new Map([
      ["KINTOUN_PLUGIN_ONE_TOKEN", "1"],
      ["KINTOUN_PLUGIN_TWO_TOKEN", "2"],
    ]);
    store = await startTestStore({
      plugins: [telling("one"), telling("two"), telling("three")],
      overrides: { pluginVariables: variables },
    });
    const told = await Promise.all(["one", "two", "three"].map(gotBy));
    expect(told.map(({ token }) => token)).toEqual(["1", "2", undefined]);
    expect(new Set(told.map(({ salt }) => salt)).size).toBe(3);
  });

  it("the same secret whenever it asks", async () => {
    store = await startTestStore({ plugins: [telling("one")] });
    expect(await gotBy("one")).toEqual(await gotBy("one"));
  });

  it("no more resources than it states", async () => {
    let seen: unknown;
    const plugin = definePlugin({
      name: "curious",
      about: "Looks at what it gets.",
      needs: () => ({ salt: need.secret("salt") }),
      setup: (tools) => {
        seen = [Object.keys(tools).sort(), Object.keys(tools.resources)];
      },
      userInfo: async () => ({}),
    });
    store = await startTestStore({ plugins: [plugin()] });
    expect(seen).toEqual([["config", "log", "now", "resources", "trigger", "use"], ["salt"]]);
  });

  it("copies of what others see: what it does to them, nobody notices", async () => {
    const spoil = (name: string) =>
      definePlugin({
        name,
        about: "Changes what it is shown.",
        hooks: {
          before: {
            spoil: {
              on: ["bucket.create"],
              run: (change) => {
                (change.new as { title?: string }).title = `spoilt by ${name}`;
              },
            },
          },
          after: {
            spoil: {
              on: ["bucket.create"],
              run: (event) => {
                seen.push(event.new?.title);
                (event.new as { title?: string }).title = `spoilt by ${name}`;
              },
            },
          },
        },
      })();
    const seen: unknown[] = [];
    store = await startTestStore({ plugins: [spoil("one"), spoil("two")] });
    expect((await store.put("/buckets/b", { data: { title: "whole" } })).body.data.title).toBe("whole");
    expect(seen).toEqual(["whole", "whole"]);
  });
});
