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
const unlisted = defineInterface<Munger>("unlisted");

const tornDown: string[] = [];
const owner = definePlugin({
  name: "owner",
  about: "Passes data to mungers.",
  interfaces: [munger, solo],
  setup: ({ use }) => ({ mungers: use(munger), singers: use(solo), use }),
  routes: {
    "GET /munged": {
      about: "Returns the munged data.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify(await services.mungers.chain("munge", { text: "x", by: [] })),
      }),
    },
    "GET /mungers": {
      about: "Returns the names of the mungers.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((await services.mungers.all()).map((munger) => munger.name())),
      }),
    },
    "GET /song": {
      about: "Returns the songs.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((await services.singers.all()).map((singer) => singer.sing())),
      }),
    },
    "GET /unlisted": {
      about: "Uses an interface that the plugin does not list.",
      run: async (_, { services }) => ({
        status: 200,
        body: JSON.stringify((services.use(unlisted) as Implementations<Munger>) !== undefined),
      }),
    },
  },
});
const createMunger = (name: string, setup: () => void = () => {}) =>
  definePlugin({
    name,
    about: "Changes data.",
    setup: () => {
      setup();
      return { mark: name };
    },
    teardown: (_) => void tornDown.push(name),
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
const createSinger = (name: string) =>
  definePlugin({
    name,
    about: "Sings.",
    implementations: { la: { interface: solo, with: () => ({ sing: () => `${name} la` }) } },
  })();

describe("plugin interfaces", () => {
  it("call implementations as a chain and as a list, in the order of the config", async () => {
    await using store = await startTestStore({ plugins: [createMunger("b"), owner(), createMunger("a")] });
    expect((await store.get("/munged")).body).toEqual({ text: "x!!", by: ["b", "a"] });
    expect((await store.get("/mungers")).body).toEqual(["b", "a"]);
  });

  it("work without implementations", async () => {
    await using store = await startTestStore({ plugins: [owner()] });
    expect((await store.get("/munged")).body).toEqual({ text: "x", by: [] });
    expect((await store.get("/mungers")).body).toEqual([]);
  });

  it("do not set up implementations if the plugin that owns the interface is missing", async () => {
    let setups = 0;
    await using store = await startTestStore({ plugins: [createMunger("a", () => setups++)] });
    expect([(await store.get("/munged")).status, setups]).toEqual([404, 0]);
  });

  it("allow one implementation of a singleton", async () => {
    await using store = await startTestStore({ plugins: [owner(), createSinger("one")] });
    expect((await store.get("/song")).body).toEqual(["one la"]);
    expect(() => readConfig({ plugins: [owner(), createSinger("one"), createSinger("two")] })).toThrow(
      "'solo' allows one implementation, and 'one' has one",
    );
  });

  it("have one owner", () => {
    const second = definePlugin({ name: "second", about: "Has the same interface.", interfaces: [munger] });
    expect(() => readConfig({ plugins: [owner(), second()] })).toThrow(
      "'munger' is already an interface of the plugin 'owner'",
    );
  });

  it("can have several owners if it is `indexing`", () => {
    const createIndexer = (name: string) => definePlugin({ name, about: "Keeps an index.", interfaces: [indexing] })();
    expect(readConfig({ plugins: [createIndexer("one"), createIndexer("two")] }).plugins).toHaveLength(2);
  });

  it("cannot be used by a plugin that does not list them", async () => {
    await using store = await startTestStore({ plugins: [owner(), createMunger("a")] });
    expect((await store.get("/unlisted")).status).toBe(500);
    expect(store.logLines.join()).toContain("uses the interface 'unlisted' but does not list it");
  });

  it("cannot be used during the setup of their owner", async () => {
    const early = definePlugin({
      name: "early",
      about: "Uses implementations in its setup.",
      interfaces: [munger],
      setup: async ({ use }) => void (await use(munger).all()),
      userInfo: async () => ({}),
    });
    await expect(startTestStore({ plugins: [early(), createMunger("a")] })).rejects.toThrow(
      "The plugin 'early' failed to start: it looks up the implementations of 'munger' in its setup",
    );
  });

  it("reject the start with the name of the plugin if the setup of an implementation fails", async () => {
    const broken = createMunger("broken", () => {
      throw new Error("no connection");
    });
    await expect(startTestStore({ plugins: [owner(), broken] })).rejects.toThrow(
      "The plugin 'broken' failed to start: no connection",
    );
    const listening = definePlugin({
      name: "listening",
      about: "Listens to records.",
      interfaces: [munger],
      listeners: { notify: { on: ["record.create"], run: () => {} } },
    });
    await expect(startTestStore({ plugins: [listening(), broken] })).rejects.toThrow(
      "The plugin 'broken' failed to start: no connection",
    );
  });

  it("keep no state between stores", async () => {
    tornDown.length = 0;
    {
      await using store = await startTestStore({ plugins: [owner(), createMunger("a")] });
      expect((await store.get("/mungers")).body).toEqual(["a"]);
    }
    expect(tornDown).toEqual(["a"]);
    await using store = await startTestStore({ plugins: [owner()] });
    expect((await store.get("/mungers")).body).toEqual([]);
    await using other = await startTestStore();
    expect((await other.get("/mungers")).status).toBe(404);
  });

  it("give an implementation its resources in the functions of the owner", async () => {
    const secretive = definePlugin({
      name: "secretive",
      about: "Replaces data by a secret.",
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
