import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { email } from "../../plugins/email/index.ts";

let store: TestStore;
afterEach(() => store?.close());

const write = async () => {
  for (const bucket of ["blog", "shop"]) {
    await store.put(`/buckets/${bucket}`);
    await store.put(`/buckets/${bucket}/collections/posts`);
    await store.put(`/buckets/${bucket}/collections/posts/records/one`, { data: { title: "Autumn" } });
  }
  await store.delete("/buckets/blog/collections/posts/records/one");
  await store.drain();
};

describe("a plugin under several names", () => {
  it("has state and queues of its own", async () => {
    const counter = definePlugin({
      name: "counter",
      about: "Counts records.",
      needs: () => ({ state: need.state() }),
      setup: ({ resources }) => resources,
      listeners: {
        count: {
          on: ["record.create", "record.delete"],
          run: async (_, { services, log }) => {
            const total = await services.state.change("counts", "all", (count) => Number(count ?? 0) + 1);
            log.info("counted", { total });
          },
        },
      },
    });
    store = await startTestStore({
      plugins: [counter(), counter({ name: "deletions", listeners: { count: { on: ["record.delete"] } } })],
    });
    await write();

    const counted = store.logLines
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter(({ message }) => message === "counted")
      .map(({ listener, total }) => `${listener} ${total}`);
    expect(counted.toSorted()).toEqual(["counter-count 1", "counter-count 2", "counter-count 3", "deletions-count 1"]);
  });

  it("is found by plugins that start its action, under the name of its definition", async () => {
    const cleaner = definePlugin({
      name: "cleaner",
      about: "Cleans.",
      actions: {
        clean: {
          about: "Cleans.",
          on: ["server"],
          principals: () => ["plugin:boss"],
          run: (_, { log }) => log.info("cleaned"),
        },
      },
    });
    const boss = definePlugin({
      name: "boss",
      about: "Has the store cleaned.",
      needs: () => ({ clean: need.action({ plugin: "cleaner", name: "clean" }) }),
      setup: ({ resources }) => resources,
      listeners: {
        order: { on: ["bucket.create"], run: async (_, { services }) => void (await services.clean.start({})) },
      },
    });
    store = await startTestStore({ plugins: [cleaner({ name: "janitor" }), boss()] });
    await store.put("/buckets/blog");
    await store.drain();

    expect(store.logLines.filter((line) => JSON.parse(line).message === "cleaned")).toHaveLength(1);
    expect(store.logLines.some((line) => line.includes("janitor-jobs"))).toBe(true);
  });

  it("mails different events of different buckets", async () => {
    const recipients = ["ops@example.org"];
    store = await startTestStore({
      plugins: [
        email({
          from: "store@example.org",
          recipients,
          subject: "{uri}",
          listeners: { notify: { buckets: ["shop"] } },
        }),
        email({
          name: "audit",
          from: "audit@example.org",
          recipients,
          on: ["record.delete"],
          subject: "{action} {uri}",
        }),
      ],
    });
    await write();

    expect(store.mails.map(({ from, subject }) => [from, subject])).toEqual([
      ["store@example.org", "/buckets/shop/collections/posts/records/one"],
      ["audit@example.org", "delete /buckets/blog/collections/posts/records/one"],
    ]);
    expect((await store.get("/")).body.capabilities).toMatchObject({ email: {}, audit: {} });
  });
});
