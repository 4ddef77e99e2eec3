import { afterEach, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store?.close());

const R = "/buckets/b/collections/c/records";

const logger = definePlugin({
  name: "logger",
  about: "Writes a log record for each change, and throws for the record broken.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
  setup: ({ resources }) => resources,
  resources: { device: { about: "A device.", parent: "bucket" } },
  hooks: {
    before: {
      look: {
        on: [
          "bucket.create",
          "group.create",
          "collection.create",
          "record.create",
          "record.update",
          "record.delete",
          "device.create",
        ],
        run: async ({ record_id }, { data }) => {
          if (await data.get("/buckets/b/collections/log"))
            await data.create("/buckets/b/collections/log/records", { data: {} });
          if (record_id === "broken") throw new Error("It fails on purpose");
        },
      },
    },
  },
  actions: { act: { on: ["record"], principals: () => ["system.Everyone"], about: "Does nothing.", run: () => {} } },
  routes: {
    "POST /extra": {
      about: "Creates a record.",
      run: async (_, { services: { data } }) => ({
        status: 200,
        body: JSON.stringify(await data.create(R, { data: { id: "extra" } })),
      }),
    },
  },
});

it("before hook that throws in a batch undoes all of its requests, including the timestamps", async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket(), logger()] });
  await store.put("/buckets/b");
  for (const id of ["c", "log"]) await store.put(`/buckets/b/collections/${id}`);
  for (const id of ["one", "two"]) await store.put(`${R}/${id}`, { data: { n: 1 } });
  await store.drain();
  const lists = [
    "/buckets",
    "/buckets/b/groups",
    "/buckets/b/collections",
    "/buckets/b/devices",
    R,
    "/buckets/b/collections/log/records",
    "/jobs",
  ];
  const readLists = async () =>
    Promise.all(
      lists.map(async (path) => {
        const { headers, body, status } = await store.get(path);
        return [path, status, headers.get("etag"), body.data];
      }),
    );
  const before = await readLists();
  const requests = [
    { method: "PUT", path: "/buckets/new" },
    { method: "PUT", path: "/buckets/b/groups/g", body: { data: { members: [] } } },
    { method: "PUT", path: "/buckets/b/devices/d" },
    { method: "PUT", path: "/buckets/b/collections/new" },
    { method: "POST", path: R, body: { data: { n: 2 } } },
    { method: "PATCH", path: `${R}/one`, body: { data: { n: 3 } } },
    { method: "PUT", path: `${R}/one`, body: { permissions: { read: ["system.Everyone"] } } },
    { method: "DELETE", path: `${R}/one` },
    { method: "DELETE", path: R },
    { method: "GET", path: "/buckets/b/collections/new/records" },
    { method: "PUT", path: "/buckets/default/collections/d/records/r" },
    { method: "POST", path: `${R}/two/actions/act` },
    { method: "PATCH", path: "/buckets/b", body: { data: { n: 1 } } },
    { method: "PUT", path: `${R}/broken` },
    { method: "DELETE", path: "/buckets/b" },
  ];
  const answer = await store.post("/batch", { requests });
  expect([answer.status, answer.body.errno]).toEqual([500, 999]);
  expect(await readLists()).toEqual(before);
  const withoutBroken = await store.post("/batch", {
    requests: requests.filter(({ path }) => !path.endsWith("broken")),
  });
  expect(withoutBroken.body.responses.map(({ status }: { status: number }) => status)).toEqual([
    201, 201, 201, 201, 201, 200, 200, 200, 200, 200, 201, 400, 200, 200,
  ]);
});

it("plugin route in a batch can write to the list that the batch writes to", async () => {
  store = await startStore({ plugins: [basicauth(), logger()] });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  const { body } = await store.post("/batch", {
    requests: [
      { method: "PUT", path: `${R}/x` },
      { method: "POST", path: "/extra" },
      { method: "PUT", path: `${R}/y` },
    ],
  });

  expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 200, 201]);
  expect((await store.get(`${R}?_sort=id`)).body.data.map(({ id }: { id: string }) => id)).toEqual(["extra", "x", "y"]);
}, 60_000);
