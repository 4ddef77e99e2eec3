import { describe, expect, it } from "@jest/globals";
import { defineInterface, definePlugin, type Implementations, indexing, need } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";

/** CKAN's IDataMunger. */
interface Munger {
  readonly munge: (data: {
    readonly text: string;
    readonly by: readonly string[];
  }) => { text: string; by: string[] } | Promise<{ text: string; by: string[] }>;
  readonly name: () => string;
}
const munger = defineInterface<Munger>("munger");
const solo = defineInterface<{ sing: () => string }>("solo", { singleton: true });
const stranger = defineInterface<Munger>("stranger");

const ended: string[] = [];
const owner = definePlugin({
  name: "owner",
  about: "Has its data munged.",
  interfaces: [munger, solo],
  setup: ({ use }) => ({ mungers: use(munger), singers: use(solo), use }),
  routes: {
    "GET /munged": {
      about: "What all make of it.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify(await services.mungers.chain("munge", { text: "x", by: [] })),
      }),
    },
    "GET /mungers": {
      about: "Who munges.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((await services.mungers.all()).map((one) => one.name())),
      }),
    },
    "GET /song": {
      about: "What is sung.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((await services.singers.all()).map((one) => one.sing())),
      }),
    },
    "GET /strangers": {
      about: "Asks for what it does not list.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((services.use(stranger) as Implementations<Munger>) !== undefined),
      }),
    },
  },
});
const munging = (name: string, setup: () => void = () => {}) =>
  definePlugin({
    name,
    about: "Munges.",
    setup: () => {
      setup();
      return { mark: name };
    },
    teardown: (_) => void ended.push(name),
    implementations: {
      here: {
        interface: munger,
        with: ({ services }) => ({
          munge: async ({ text, by }) => ({ text: `${text}!`, by: [...by, services.mark] }),
          name: () => services.mark,
        }),
      },
    },
  })();
const singer = (name: string) =>
  definePlugin({
    name,
    about: "Sings.",
    implementations: { la: { interface: solo, with: () => ({ sing: () => `${name} la` }) } },
  })();

describe("an interface of a plugin", () => {
  it("calls implementations as a chain and as a list, in the config's order", async () => {
    await using store = await startTestStore({ plugins: [munging("b"), owner(), munging("a")] });
    expect((await store.get("/munged")).body).toEqual({ text: "x!!", by: ["b", "a"] });
    expect((await store.get("/mungers")).body).toEqual(["b", "a"]);
  });

  it("works without implementations", async () => {
    await using store = await startTestStore({ plugins: [owner()] });
    expect((await store.get("/munged")).body).toEqual({ text: "x", by: [] });
    expect((await store.get("/mungers")).body).toEqual([]);
  });

  it("does not set up implementations of a missing plugin's interface", async () => {
    let setups = 0;
    await using store = await startTestStore({ plugins: [munging("a", () => setups++)] });
    expect([(await store.get("/munged")).status, setups]).toEqual([404, 0]);
  });

  it("allows one implementation of a singleton", async () => {
    await using store = await startTestStore({ plugins: [owner(), singer("one")] });
    expect((await store.get("/song")).body).toEqual(["one la"]);
    expect(() => readConfig({ plugins: [owner(), singer("one"), singer("two")] })).toThrow(
      "'solo' allows one implementation, and 'one' has one",
    );
  });

  it("has one owner", () => {
    const second = definePlugin({ name: "second", about: "Has it, too.", interfaces: [munger] });
    expect(() => readConfig({ plugins: [owner(), second()] })).toThrow(
      "'munger' is already an interface of the plugin 'owner'",
    );
  });

  it("can be used by several plugins if it is `indexing`", () => {
    const keeping = (name: string) => definePlugin({ name, about: "Keeps an index.", interfaces: [indexing] })();
    expect(readConfig({ plugins: [keeping("one"), keeping("two")] }).plugins).toHaveLength(2);
  });

  it("cannot be used by a plugin that does not list it", async () => {
    await using store = await startTestStore({ plugins: [owner(), munging("a")] });
    expect((await store.get("/strangers")).status).toBe(500);
    expect(store.logLines.join()).toContain("uses the interface 'stranger' but does not list it");
  });

  it("cannot be used before its owner is set up", async () => {
    const hasty = definePlugin({
      name: "hasty",
      about: "Asks too early.",
      interfaces: [munger],
      setup: async ({ use }) => void (await use(munger).all()),
      userInfo: async () => ({}),
    });
    await expect(startTestStore({ plugins: [hasty(), munging("a")] })).rejects.toThrow(
      "The plugin 'hasty' failed to start: it asks who implements 'munger' in its setup",
    );
  });

  it("stops the start with the plugin's name if an implementation's setup fails", async () => {
    const broken = munging("broken", () => {
      throw new Error("no oil");
    });
    await expect(startTestStore({ plugins: [owner(), broken] })).rejects.toThrow(
      "The plugin 'broken' failed to start: no oil",
    );
    const listening = definePlugin({
      name: "listening",
      about: "Listens.",
      interfaces: [munger],
      listeners: { hear: { on: ["record.create"], run: () => {} } },
    });
    await expect(startTestStore({ plugins: [listening(), broken] })).rejects.toThrow(
      "The plugin 'broken' failed to start: no oil",
    );
  });

  it("leaves no state when plugins are loaded and unloaded", async () => {
    ended.length = 0;
    {
      await using store = await startTestStore({ plugins: [owner(), munging("a")] });
      expect((await store.get("/mungers")).body).toEqual(["a"]);
    }
    expect(ended).toEqual(["a"]);
    await using store = await startTestStore({ plugins: [owner()] });
    expect((await store.get("/mungers")).body).toEqual([]);
    await using other = await startTestStore();
    expect((await other.get("/mungers")).status).toBe(404);
  });

  it("gives an implementation its resources in the owner's functions", async () => {
    const secretive = definePlugin({
      name: "secretive",
      about: "Munges by a secret.",
      needs: () => ({ salt: need.secret("salt") }),
      setup: ({ resources }) => resources,
      implementations: {
        here: {
          interface: munger,
          with: ({ services }) => ({
            munge: async ({ by }) => ({ text: await services.salt(), by: [...by] }),
            name: () => "s",
          }),
        },
      },
    });
    await using store = await startTestStore({ plugins: [owner(), secretive()] });
    expect((await store.get("/munged")).body.text).toMatch(/^[0-9a-f]{64}$/);
  });
});
