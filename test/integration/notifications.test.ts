import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, need, refuse } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import * as z from "zod";
import { eventbridge } from "../../plugins/eventbridge/index.ts";
import { search } from "../../plugins/search/index.ts";

const INSTANCES = "/buckets/cloud/collections/instances";
const places = { buckets: () => ["cloud"], collections: () => ["instances"] };

/** Stores the newest state of a cloud's instances from its notifications. */
const compute = definePlugin({
  name: "compute",
  about: "Makes the instances of a cloud findable.",
  needs: () => ({ data: need.data({ write: [INSTANCES] }) }),
  setup: ({ resources }) => resources,
  inbound: {
    instances: {
      about: "What happens to instances.",
      from: need.events({ source: ["compute"], "detail-type": [{ prefix: "compute.instance." }] }),
      schema: z.object({ id: z.string(), name: z.string(), updated_at: z.iso.datetime() }),
      run: async ({ type, detail: { id, ...instance } }, { services: { data } }) => {
        const deleted = type === "compute.instance.delete";
        try {
          await data.replace(`${INSTANCES}/records/${id}`, { data: { ...instance, deleted } });
        } catch (error) {
          if (error instanceof Error && error.name === "CONFLICT") return;
          throw error;
        }
        return { publish: [{ id, name: instance.name }] };
      },
    },
  },
  hooks: {
    before: {
      newest: {
        on: ["record.update"],
        ...places,
        run: ({ old, new: data }) => {
          if (String(data.updated_at) <= String(old.updated_at))
            throw refuse(409, "A newer state of the instance is known.");
        },
      },
    },
  },
  indexes: {
    present: {
      about: "What is there.",
      ...places,
      document: (instance) => (instance.deleted === true ? null : instance),
    },
  },
});

/** Receives over the same bus what the other plugin published. */
const received: JsonObject[] = [];
const audit = definePlugin({
  name: "audit",
  about: "Notes what was taken in.",
  inbound: {
    taken: {
      about: "What was.",
      from: need.events({ source: ["kintoun"] }),
      run: ({ detail }) => void received.push(detail as JsonObject),
    },
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore({ plugins: [search(), compute(), eventbridge(), audit()], retryAfter: () => 0 });
  await store.put("/buckets/cloud");
  await store.put(INSTANCES);
});
afterAll(() => store.close());

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 10, minute)).toISOString();
const notify = (type: string, id: string, name: string, minute: number) =>
  store.emit({ source: "compute", type: `compute.instance.${type}`, detail: { id, name, updated_at: at(minute) } });
const found = async (words: string): Promise<string[]> => {
  const { body } = await store.post(`${INSTANCES}/search`, { query: { match: { name: words } } });
  return body.hits.hits.map(({ _id }: { _id: string }) => _id).toSorted();
};

describe("notifications of an external system", () => {
  it("become records that search finds for users who may read them", async () => {
    await notify("create", "i-1", "crawler of archives", 1);
    await notify("create", "i-2", "mailer", 1);
    await store.drain();

    expect([await found("archives"), await found("mailer")]).toEqual([["i-1"], ["i-2"]]);
    expect((await store.post(`${INSTANCES}/search`, { query: { match_all: {} } }, { as: "eve" })).status).toBe(403);
  });

  it("update the records, unless they arrive late", async () => {
    await notify("update", "i-1", "crawler of newspapers", 5);
    await store.drain();
    await notify("update", "i-1", "crawler of museums", 3);
    await store.drain();

    expect([await found("newspapers"), await found("museums"), await found("archives")]).toEqual([["i-1"], [], []]);
  });

  it("remove deleted instances from the results, even if older ones arrive later", async () => {
    await notify("delete", "i-2", "mailer", 9);
    await store.drain();
    await notify("update", "i-2", "mailer of letters", 8);
    await store.drain();

    expect(await found("mailer")).toEqual([]);
  });

  it("leave the newest state in any order and with repetitions", async () => {
    const minutes = Array.from({ length: 20 }, (_, n) => ((n * 7) % 20) + 10);
    await Promise.all([...minutes, ...minutes].map((minute) => notify("update", "i-3", `state${minute}`, minute)));
    await store.drain();

    expect((await store.get(`${INSTANCES}/records/i-3`)).body.data).toMatchObject({
      name: "state29",
      updated_at: at(29),
    });
    expect([await found("state29"), await found("state28"), await store.deadLetterCount("compute-instances")]).toEqual([
      ["i-3"],
      [],
      0,
    ]);
  });

  it("are published over a bus to another plugin if they are new", async () => {
    const news = received.filter(({ id }) => id === "i-1").map(({ name }) => name);

    expect(news).toEqual(["crawler of archives", "crawler of newspapers"]);
  });

  it("that no part can read are dead-lettered and do not hold up others", async () => {
    await store.emit({
      source: "compute",
      type: "compute.instance.update",
      detail: { id: "i-4", updated_at: "yesterday" },
    });
    await notify("create", "i-5", "printer", 1);
    await store.drain();

    expect([await found("printer"), await store.deadLetterCount("compute-instances")]).toEqual([["i-5"], 1]);
  });
});
