import { beforeEach, describe, expect, it } from "@jest/globals";
import {
  type Bucket,
  type Client,
  type Collection,
  createClient,
  createCollection,
  createId,
  matchError,
} from "./client.ts";

interface Options {
  readonly safe: true;
  readonly last_modified?: number;
}
/** What can be created, updated and deleted by the client, with its own methods. */
interface Resource {
  readonly id: string;
  create(safe: { safe: true }): Promise<{ data: { last_modified: number } }>;
  update?(color: string, options: Options): Promise<{ data: { last_modified: number } }>;
  remove(options: Options): Promise<{ data: object }>;
  getColor(): Promise<unknown>;
}

let client: Client;
let bucket: Bucket;
let collection: Collection;
beforeEach(async () => {
  ({ client, bucket, collection } = await createCollection());
});

const readColor = async (answer: Promise<unknown>) => ((await answer) as { color?: string }).color;
const RESOURCES: Readonly<Record<string, () => Resource>> = {
  bucket: () => {
    const id = createId("bucket");
    return {
      id,
      create: (safe) => client.createBucket(id, { ...safe, data: { color: "green" } }),
      update: (color, options) => client.bucket(id).setData({ color }, options),
      remove: (options) => client.deleteBucket(id, options),
      getColor: () => readColor(client.bucket(id).getData()),
    };
  },
  collection: () => ({
    id: "photos",
    create: (safe) => bucket.createCollection("photos", { ...safe, data: { color: "green" } }),
    update: (color, options) => bucket.collection("photos").setData({ color }, options),
    remove: (options) => bucket.deleteCollection("photos", options),
    getColor: () => readColor(bucket.collection("photos").getData()),
  }),
  group: () => ({
    id: "editors",
    create: (safe) => bucket.createGroup("editors", [], { ...safe, data: { color: "green" } }),
    update: (color, options) => bucket.updateGroup({ id: "editors", members: [], color }, options),
    remove: (options) => bucket.deleteGroup("editors", options),
    getColor: async () => readColor(bucket.getGroup("editors").then(({ data }) => data)),
  }),
  record: () => ({
    id: "first",
    create: (safe) => collection.createRecord({ id: "first", color: "green" }, safe),
    update: (color, options) => collection.updateRecord({ id: "first", color }, options),
    remove: (options) => collection.deleteRecord("first", options),
    getColor: async () => readColor(collection.getRecord("first").then(({ data }) => data)),
  }),
};

describe.each(Object.keys(RESOURCES))("a %s with `safe`", (kind) => {
  let resource: Resource;
  let last_modified: number;
  beforeEach(async () => {
    resource = (RESOURCES[kind] as () => Resource)();
    ({ last_modified } = (await resource.create({ safe: true })).data);
  });

  it("is not created if it exists", async () => {
    await expect(resource.create({ safe: true })).rejects.toMatchObject({
      ...matchError(412, 114),
      data: { details: { existing: { id: resource.id, last_modified, color: "green" } } },
    });
  });

  it("is updated if last_modified matches", async () => {
    const updated = await resource.update?.("red", { safe: true, last_modified });

    expect(updated?.data.last_modified).toBeGreaterThan(last_modified);
    await expect(resource.getColor()).resolves.toBe("red");
  });

  it("is not updated if it has changed", async () => {
    await resource.update?.("red", { safe: true, last_modified });

    await expect(resource.update?.("blue", { safe: true, last_modified })).rejects.toMatchObject(matchError(412, 114));
    await expect(resource.getColor()).resolves.toBe("red");
  });

  it("is not updated without last_modified", async () => {
    await expect(resource.update?.("blue", { safe: true })).rejects.toMatchObject(matchError(412, 114));
  });

  it("is deleted if last_modified matches", async () => {
    await expect(resource.remove({ safe: true, last_modified })).resolves.toMatchObject({ data: { deleted: true } });
  });

  it("is not deleted if it has changed", async () => {
    await resource.update?.("red", { safe: true, last_modified });

    await expect(resource.remove({ safe: true, last_modified })).rejects.toMatchObject(matchError(412, 114));
    await expect(resource.getColor()).resolves.toBe("red");
  });

  it("is created by an update if it does not exist", async () => {
    await resource.remove({ safe: true, last_modified });

    await resource.update?.("blue", { safe: true });

    await expect(resource.getColor()).resolves.toBe("blue");
  });
});

describe("the option `safe`", () => {
  it("is inherited from bucket to collection to request", async () => {
    const safeBucket = client.bucket(bucket.name, { safe: true });
    await collection.createRecord({ id: "first" });

    await expect(safeBucket.createCollection("articles")).rejects.toMatchObject(matchError(412, 114));
    await expect(safeBucket.collection("articles").createRecord({ id: "first" })).rejects.toMatchObject(
      matchError(412, 114),
    );
    await safeBucket.collection("articles").createRecord({ id: "first" }, { safe: false });
    await safeBucket.collection("articles", { safe: false }).createRecord({ id: "first" });
  });

  it("is inherited from the client to its own methods", async () => {
    const safeClient = createClient({ safe: true });
    const id = createId("bucket");
    await safeClient.createBucket(id);

    await expect(safeClient.createBucket(id)).rejects.toMatchObject(matchError(412, 114));
  });

  it("demands last_modified for deletions", async () => {
    await expect(collection.deleteRecord("first", { safe: true })).rejects.toThrow(
      "Safe concurrency check requires a last_modified value.",
    );
  });

  it("takes last_modified from the data of an object", async () => {
    const { data } = await collection.createRecord({ title: "one" });
    await collection.updateRecord({ ...data, title: "two" }, { safe: true });

    await expect(collection.updateRecord({ ...data, title: "three" }, { safe: true })).rejects.toMatchObject(
      matchError(412, 114),
    );
    await expect(collection.deleteRecord(data, { safe: true })).rejects.toMatchObject(matchError(412, 114));
  });

  it("protects deleteBuckets with the timestamp of the list", async () => {
    const { last_modified } = await client.listBuckets();
    await client.createBucket(createId("bucket"));

    await expect(client.deleteBuckets({ safe: true, last_modified: Number(last_modified) })).rejects.toMatchObject(
      matchError(412, 114),
    );
  });
});
