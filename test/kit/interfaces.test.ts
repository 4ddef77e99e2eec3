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

describe("an interface of a plugin's own", () => {
  it("is implemented by others as a chain and as a set, in the config's order", async () => {
    await using store = await startTestStore({ plugins: [munging("b"), owner(), munging("a")] });
    expect((await store.get("/munged")).body).toEqual({ text: "x!!", by: ["b", "a"] });
    expect((await store.get("/mungers")).body).toEqual(["b", "a"]);
  });

  it("may be implemented by nobody", async () => {
    await using store = await startTestStore({ plugins: [owner()] });
    expect((await store.get("/munged")).body).toEqual({ text: "x", by: [] });
    expect((await store.get("/mungers")).body).toEqual([]);
  });

  it("is no error where its owner is not installed, and its implementers then are not set up", async () => {
    let setups = 0;
    await using store = await startTestStore({ plugins: [munging("a", () => setups++)] });
    expect([(await store.get("/munged")).status, setups]).toEqual([404, 0]);
  });

  it("that is a singleton is implemented by one plugin at most", async () => {
    await using store = await startTestStore({ plugins: [owner(), singer("one")] });
    expect((await store.get("/song")).body).toEqual(["one la"]);
    expect(() => readConfig({ plugins: [owner(), singer("one"), singer("two")] })).toThrow(
      "'solo' takes one plugin, and 'one' implements it",
    );
  });

  it("has one owner", () => {
    const second = definePlugin({ name: "second", about: "Has it, too.", interfaces: [munger] });
    expect(() => readConfig({ plugins: [owner(), second()] })).toThrow(
      "'munger' is the interface of the plugin 'owner' already",
    );
  });

  it("is shared where it is the kit's own, of indexes", () => {
    const keeping = (name: string) => definePlugin({ name, about: "Keeps an index.", interfaces: [indexing] })();
    expect(readConfig({ plugins: [keeping("one"), keeping("two")] }).plugins).toHaveLength(2);
  });

  it("can't be used by a plugin that does not list it", async () => {
    await using store = await startTestStore({ plugins: [owner(), munging("a")] });
    expect((await store.get("/strangers")).status).toBe(500);
    expect(store.logLines.join()).toContain("uses the interface 'stranger', but does not list it");
  });

  it("is asked of others once its owner is set up, not before", async () => {
    const hasty = definePlugin({
      name: "hasty",
      about: "Asks too early.",
      interfaces: [munger],
      setup: async ({ use }) => void (await use(munger).all()),
      userInfo: async () => ({}),
    });
    await expect(startTestStore({ plugins: [hasty(), munging("a")] })).rejects.toThrow(
      "The plugin 'hasty' could not be set up: it asks who implements 'munger' in its setup; that is for its parts, once it is set up",
    );
  });

  it("stops the start, by name, when an implementer's setup fails, also in a worker", async () => {
    const broken = munging("broken", () => {
      throw new Error("no oil");
    });
    await expect(startTestStore({ plugins: [owner(), broken] })).rejects.toThrow(
      "The plugin 'broken' could not be set up: no oil",
    );
    const listening = definePlugin({
      name: "listening",
      about: "Listens.",
      interfaces: [munger],
      listeners: { hear: { on: ["record.create"], run: () => {} } },
    });
    await expect(startTestStore({ plugins: [listening(), broken] })).rejects.toThrow(
      "The plugin 'broken' could not be set up: no oil",
    );
  });

  it("leaves no trace when its plugins are loaded and unloaded", async () => {
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

  it("gives an implementer its own needs where the owner runs", async () => {
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
