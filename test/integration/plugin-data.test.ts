import { afterEach, describe, expect, it } from "@jest/globals";
import { type Data, definePlugin, type JsonObject, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import type { DataPermissions } from "../../kit/need.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store?.close());

const C = "/buckets/b/collections/c";

/** Creates a plugin whose data service the tests use. */
const createDataPlugin = (permissions: DataPermissions, name = "data-plugin") =>
  definePlugin({
    name,
    about: "Returns its data service as its services.",
    needs: () => ({ data: need.data(permissions) }),
    setup: ({ resources }) => resources,
    routes: { [`GET /${name}`]: { about: "Returns an empty object.", run: () => ({ status: 200, body: "{}" }) } },
  })();

const start = async (permissions: DataPermissions): Promise<Data> => {
  store = await startStore({ plugins: [basicauth(), createDataPlugin(permissions)] });
  await store.put("/buckets/b");
  await store.put(C);
  return ((await store.getServices("data-plugin")) as { data: Data }).data;
};

const toArray = async (objects: AsyncIterable<JsonObject>) => {
  const array: JsonObject[] = [];
  for await (const object of objects) array.push(object);
  return array;
};
const FORBIDDEN = expect.objectContaining({ kind: "FORBIDDEN" });

describe("data service of a plugin", () => {
  it("creates, reads, replaces, updates and deletes objects as the principal of the plugin", async () => {
    const data = await start({ write: [C] });

    const created = await data.create(`${C}/records`, { data: { id: "r", n: 1 } });
    expect(created).toMatchObject({ data: { id: "r", n: 1 }, permissions: { write: ["plugin:data-plugin"] } });
    expect(await data.create(`${C}/records`, { data: { id: "r", n: 2 } })).toEqual(created);
    expect((await data.create(`${C}/records`, { data: { n: 2 } })).data.id).toEqual(expect.any(String));
    expect(
      (await data.replace(`${C}/records/r`, { data: { m: 1 }, permissions: { read: ["system.Everyone"] } })).data,
    ).toMatchObject({ id: "r", m: 1 });
    expect((await data.update(`${C}/records/r`, { data: { k: 2 } })).data).toMatchObject({ id: "r", m: 1, k: 2 });
    expect(await data.get(`${C}/records/r`)).toMatchObject({ data: (await store.get(`${C}/records/r`)).body.data });
    expect(await data.delete(`${C}/records/r`)).toBe(true);
    expect(await data.delete(`${C}/records/r`)).toBe(false);
    expect(await data.get(`${C}/records/r`)).toBeUndefined();
  });

  it("rejects what a request could not do", async () => {
    const data = await start({ write: ["/buckets/b"] });
    await store.put("/buckets/b/collections/strict", { data: { schema: { type: "object", required: ["title"] } } });

    await expect(data.create("/buckets/b/collections/strict/records", { data: { n: 1 } })).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
    });
    await expect(data.replace("/buckets/b/groups/g", { data: { members: "all" } })).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
    });
    await expect(data.create(`${C}/records`, { data: { text: "x".repeat(450_000) } })).rejects.toMatchObject({
      kind: "REQUEST_TOO_LARGE",
    });
    await expect(data.create(`${C}/records`, { permissions: { fly: ["system.Everyone"] } })).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
    });
    await expect(data.create(`${C}/records`, { data: { id: 5 } })).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
    });
    await expect(data.create(`${C}/records`, { data: { id: "no id" } })).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
    });
    await expect(data.get("/buckets")).rejects.toMatchObject({ kind: "INVALID_PARAMETERS" });
    await expect(data.update(`${C}/records/none`, { data: {} })).rejects.toMatchObject({ kind: "INVALID_RESOURCE_ID" });
    expect(() => data.list("/unknown")).toThrow("is not the URI of a list");
  });

  it("lists all objects of a long list, or the ones that a protocol query selects", async () => {
    const data = await start({ read: [C] });
    expect(await toArray(data.list(`${C}/records`))).toEqual([]);
    for (let batch = 0; batch < 18; batch++) {
      const requests = Array.from({ length: 25 }, (_, i) => ({
        method: "PUT",
        path: `${C}/records/r${batch * 25 + i}`,
        body: { data: { n: batch * 25 + i } },
      }));
      expect((await store.post("/batch", { requests })).status).toBe(200);
    }
    await store.delete(`${C}/records/r7`);

    expect((await toArray(data.list(`${C}/records`))).map(({ n }) => n)).toEqual(
      Array.from({ length: 450 }, (_, i) => 449 - i).filter((n) => n !== 7),
    );
    expect(
      (await toArray(data.list(`${C}/records`, { max_n: "9", _sort: "n", _limit: "3", _fields: "n" }))).map(
        ({ last_modified: _, ...object }) => object,
      ),
    ).toEqual([
      { n: 0, id: "r0" },
      { n: 1, id: "r1" },
      { n: 2, id: "r2" },
    ]);
    await expect(toArray(data.list(`${C}/records`, { _token: "x" }))).rejects.toThrow("_token");
  });
});

describe("data permissions of a plugin", () => {
  it("apply to the stated object and what is below it only", async () => {
    const data = await start({ read: ["/buckets/b"] });
    await store.put("/buckets/other");
    await store.put(`${C}/records/r`, { data: { n: 1 } });

    expect(await data.get("/buckets/b")).toMatchObject({ data: { id: "b" } });
    expect(await data.get(`${C}/records/r`)).toMatchObject({ data: { n: 1 }, permissions: {} });
    expect(await toArray(data.list("/buckets/b/collections"))).toMatchObject([{ id: "c" }]);
    for (const result of [
      data.get("/buckets/other"),
      data.update(`${C}/records/r`, { data: {} }),
      data.delete(`${C}/records/r`),
      data.create(`${C}/records`, {}),
      data.create("/buckets", { data: { id: "mine" } }),
    ])
      await expect(result).rejects.toEqual(FORBIDDEN);
    expect(() => data.list("/buckets/other/collections")).toThrow("cannot access");
  });

  it("accept * for any id, the root, and permissions to create", async () => {
    const data = await start({
      "bucket:create": ["/"],
      "record:create": ["/buckets/*/collections/c"],
      read: ["/buckets/b/groups/*"],
    });
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.put("/buckets/b/collections/d");

    expect((await data.create("/buckets", { data: { id: "mine" } })).permissions).toEqual({
      write: ["plugin:data-plugin"],
    });
    expect(await toArray(data.list("/buckets/b/groups"))).toMatchObject([{ id: "g" }]);
    const created = await data.create(`${C}/records`, { data: { n: 1 } });
    // The creator of an object can edit it, and any permission on a collection includes reading the collection.
    expect(await data.update(`${C}/records/${created.data.id}`, { data: { n: 2 } })).toMatchObject({ data: { n: 2 } });
    expect(await data.get(C)).toMatchObject({ data: { id: "c" } });
    await expect(data.create("/buckets/b/collections/d/records", {})).rejects.toEqual(FORBIDDEN);
    await expect(data.update(C, { data: {} })).rejects.toEqual(FORBIDDEN);
  });

  it("include what objects share with its principal below its shared paths, but not what they share with all users", async () => {
    const data = await start({ shared: ["/buckets/b"] });
    const records = `${C}/records`;
    await store.put(`${records}/closed`, { data: {} });
    await store.put(`${records}/public`, {
      permissions: { read: ["system.Everyone"], write: ["system.Authenticated"] },
    });
    await store.put(`${records}/shared`, { permissions: { write: ["plugin:data-plugin"] } });
    await store.put("/buckets/b/groups/g", { data: { members: ["plugin:data-plugin"] } });
    await store.put(`${records}/grouped`, { permissions: { read: ["/buckets/b/groups/g"] } });
    await store.put("/buckets/elsewhere", { permissions: { write: ["plugin:data-plugin"] } });

    expect(await toArray(data.list(records))).toMatchObject([{ id: "shared" }]);
    expect(await data.update(`${records}/shared`, { data: { n: 1 } })).toMatchObject({ data: { n: 1 } });
    for (const id of ["closed", "public", "grouped"])
      await expect(data.get(`${records}/${id}`)).rejects.toEqual(FORBIDDEN);
    await expect(data.get("/buckets/elsewhere")).rejects.toEqual(FORBIDDEN);
  });

  it("do not apply to another plugin or to a user with the same name", async () => {
    store = await startStore({
      plugins: [
        basicauth(),
        createDataPlugin({ write: ["/buckets/*"] }),
        createDataPlugin({ read: ["/buckets/a"] }, "other"),
      ],
    });
    const dataOf = async (name: string) => ((await store.getServices(name)) as { data: Data }).data;
    await store.put("/buckets/b", {}, { as: "alice" });

    expect(await (await dataOf("data-plugin")).get("/buckets/b")).toBeDefined();
    await expect((await dataOf("other")).get("/buckets/b")).rejects.toEqual(FORBIDDEN);
    expect((await store.get("/buckets/b", { as: "plugin:data-plugin" })).status).toBe(403);
    expect((await store.get("/buckets/b", { as: "data-plugin" })).status).toBe(403);
  });

  it("allow nothing when the plugin states none", async () => {
    const data = await start({});
    await store.put("/buckets/shared", { permissions: { write: ["plugin:data-plugin"] } });
    await expect(data.get("/buckets/shared")).rejects.toEqual(FORBIDDEN);
    await expect(data.create("/buckets", {})).rejects.toEqual(FORBIDDEN);
  });

  it("are checked by readConfig, which names the path of each error", () => {
    const permissions = {
      read: ["/buckets", "/buckets/*/colections/c"],
      "recrd:create": [C],
      "bucket:create": ["/"],
      "record:create": ["/"],
    } as DataPermissions;
    expect(() => readConfig({ plugins: [createDataPlugin(permissions)] })).toThrow(
      expect.objectContaining({
        lines: [
          `plugins: data-plugin.needs.data.read[0]: "/buckets" is not the URI of an object, such as /buckets/blog/collections/*, where * matches any id.`,
          `plugins: data-plugin.needs.data.read[1]: "/buckets/*/colections/c" is not the URI of an object, such as /buckets/blog/collections/*, where * matches any id.`,
          "plugins: data-plugin.needs.data.recrd:create[0]: there is no permission 'recrd:create' on a collection. Did you mean 'record:create'?",
          "plugins: data-plugin.needs.data.record:create[0]: there is no permission 'record:create' on the root. There are: bucket:create.",
        ],
      }),
    );
    expect(() => readConfig({ plugins: [createDataPlugin({}, "plugin")] })).toThrow(
      expect.objectContaining({ lines: [expect.stringContaining("'plugin' is reserved")] }),
    );
  });

  it("summarizes lists that it may read, and tells nothing of others", async () => {
    const data = await start({ read: [C], "record:create": [C] });
    await data.create(`${C}/records`, { data: { id: "a" } });
    await store.put(`${C}/records/b`);
    await store.delete(`${C}/records/b`);
    const etag = (await store.get(`${C}/records`)).headers.get("etag");

    const { timestamp, ...counts } = (await data.summarize(`${C}/records`, { tombstones: true })) ?? {};
    expect([`"${timestamp}"`, counts]).toEqual([etag, { objects: 1, tombstones: 1 }]);
    expect(await data.summarize(`${C}/records`)).not.toHaveProperty("tombstones");
    await expect(data.summarize("/buckets/b/collections")).rejects.toEqual(FORBIDDEN);
    expect(() => data.findNamed("basicauth:1")).toThrow("principals: true");
    await expect(data.removePrincipal(C, "basicauth:1")).rejects.toThrow("principals: true");
  });

  it("can include the resources of plugins", async () => {
    const garden = definePlugin({
      name: "garden",
      about: "Adds beds and plants.",
      resources: { bed: { about: "A bed." }, plant: { about: "A plant.", parent: "bed" } },
      needs: () => ({ data: need.data({ "bed:create": ["/"], "plant:create": ["/beds/*"] }) }),
      setup: ({ resources }) => resources,
      userInfo: async () => ({}),
    });
    store = await startStore({ plugins: [basicauth(), garden()] });
    const { data } = (await store.getServices("garden")) as { data: Data };
    await data.create("/beds", { data: { id: "north" } });
    await data.create("/beds/north/plants", { data: { id: "kale", rows: 2 } });

    expect(await toArray(data.list("/beds/north/plants"))).toMatchObject([{ id: "kale", rows: 2 }]);
    expect((await store.get("/beds/north/plants/kale")).status).toBe(403);
  });
});
