import { afterEach, describe, expect, it } from "@jest/globals";
import { type Data, definePlugin, type JsonObject, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import type { DataPermissions } from "../../kit/need.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

let store: TestStore;
afterEach(() => store?.close());

const C = "/buckets/b/collections/c";

/** A plugin whose data service the test itself uses, as its routes would. */
const keeper = (permissions: DataPermissions, name = "keeper") =>
  definePlugin({
    name,
    about: "Hands out its data.",
    needs: () => ({ data: need.data(permissions) }),
    setup: ({ resources }) => resources,
    routes: { [`GET /${name}`]: { about: "Is there.", run: () => ({ status: 200, body: "{}" }) } },
  })();

const start = async (permissions: DataPermissions): Promise<Data> => {
  store = await startStore({ plugins: [basicauth(), keeper(permissions)] });
  await store.put("/buckets/b");
  await store.put(C);
  return ((await store.getServices("keeper")) as { data: Data }).data;
};

const all = async (entries: AsyncIterable<JsonObject>) => {
  const found: JsonObject[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
};
const FORBIDDEN = expect.objectContaining({ kind: "FORBIDDEN" });

describe("the data of a plugin", () => {
  it("is made, read, replaced, updated and deleted, as the plugin's", async () => {
    const data = await start({ write: [C] });

    const made = await data.create(`${C}/records`, { data: { id: "r", n: 1 } });
    expect(made).toMatchObject({ data: { id: "r", n: 1 }, permissions: { write: ["plugin:keeper"] } });
    expect(await data.create(`${C}/records`, { data: { id: "r", n: 2 } })).toEqual(made);
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

  it("is refused for what a request would be refused for", async () => {
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
    expect(() => data.list("/shelves")).toThrow("is not the URI of a list");
  });

  it("is a list of any length, or what is asked for in the protocol's words, and changes nothing by being read", async () => {
    const data = await start({ read: [C] });
    expect(await all(data.list(`${C}/records`))).toEqual([]);
    for (let batch = 0; batch < 18; batch++) {
      const requests = Array.from({ length: 25 }, (_, i) => ({
        method: "PUT",
        path: `${C}/records/r${batch * 25 + i}`,
        body: { data: { n: batch * 25 + i } },
      }));
      expect((await store.post("/batch", { requests })).status).toBe(200);
    }
    await store.delete(`${C}/records/r7`);

    expect((await all(data.list(`${C}/records`))).map(({ n }) => n)).toEqual(
      Array.from({ length: 450 }, (_, i) => 449 - i).filter((n) => n !== 7),
    );
    expect(
      (await all(data.list(`${C}/records`, { max_n: "9", _sort: "n", _limit: "3", _fields: "n" }))).map(
        ({ last_modified: _, ...shown }) => shown,
      ),
    ).toEqual([
      { n: 0, id: "r0" },
      { n: 1, id: "r1" },
      { n: 2, id: "r2" },
    ]);
    await expect(all(data.list(`${C}/records`, { _token: "x" }))).rejects.toThrow("_token");
  });
});

describe("a plugin's permissions", () => {
  it("hold for what is below the stated place, and nowhere else", async () => {
    const data = await start({ read: ["/buckets/b"] });
    await store.put("/buckets/other");
    await store.put(`${C}/records/r`, { data: { n: 1 } });

    expect(await data.get("/buckets/b")).toMatchObject({ data: { id: "b" } });
    expect(await data.get(`${C}/records/r`)).toMatchObject({ data: { n: 1 }, permissions: {} });
    expect(await all(data.list("/buckets/b/collections"))).toMatchObject([{ id: "c" }]);
    for (const refused of [
      data.get("/buckets/other"),
      data.update(`${C}/records/r`, { data: {} }),
      data.delete(`${C}/records/r`),
      data.create(`${C}/records`, {}),
      data.create("/buckets", { data: { id: "mine" } }),
    ])
      await expect(refused).rejects.toEqual(FORBIDDEN);
    expect(() => data.list("/buckets/other/collections")).toThrow("cannot access");
  });

  it("are what the pattern says: any id, the root, or what is created", async () => {
    const data = await start({
      "bucket:create": ["/"],
      "record:create": ["/buckets/*/collections/c"],
      read: ["/buckets/b/groups/*"],
    });
    await store.put("/buckets/b/groups/g", { data: { members: [] } });
    await store.put("/buckets/b/collections/d");

    expect((await data.create("/buckets", { data: { id: "mine" } })).permissions).toEqual({ write: ["plugin:keeper"] });
    expect(await all(data.list("/buckets/b/groups"))).toMatchObject([{ id: "g" }]);
    const made = await data.create(`${C}/records`, { data: { n: 1 } });
    // What it made is its own, and whoever has any permission on a collection may see it.
    expect(await data.update(`${C}/records/${made.data.id}`, { data: { n: 2 } })).toMatchObject({ data: { n: 2 } });
    expect(await data.get(C)).toMatchObject({ data: { id: "c" } });
    await expect(data.create("/buckets/b/collections/d/records", {})).rejects.toEqual(FORBIDDEN);
    await expect(data.update(C, { data: {} })).rejects.toEqual(FORBIDDEN);
  });

  it("are also what objects give it by name, but only where it states to come, and not as one of all users", async () => {
    const data = await start({ shared: ["/buckets/b"] });
    const records = `${C}/records`;
    await store.put(`${records}/closed`, { data: {} });
    await store.put(`${records}/public`, {
      permissions: { read: ["system.Everyone"], write: ["system.Authenticated"] },
    });
    await store.put(`${records}/shared`, { permissions: { write: ["plugin:keeper"] } });
    await store.put("/buckets/b/groups/g", { data: { members: ["plugin:keeper"] } });
    await store.put(`${records}/grouped`, { permissions: { read: ["/buckets/b/groups/g"] } });
    await store.put("/buckets/elsewhere", { permissions: { write: ["plugin:keeper"] } });

    expect(await all(data.list(records))).toMatchObject([{ id: "shared" }]);
    expect(await data.update(`${records}/shared`, { data: { n: 1 } })).toMatchObject({ data: { n: 1 } });
    for (const id of ["closed", "public", "grouped"])
      await expect(data.get(`${records}/${id}`)).rejects.toEqual(FORBIDDEN);
    await expect(data.get("/buckets/elsewhere")).rejects.toEqual(FORBIDDEN);
  });

  it("are its own: no other plugin's, and no user's who looks like it", async () => {
    store = await startStore({
      plugins: [basicauth(), keeper({ write: ["/buckets/*"] }), keeper({ read: ["/buckets/a"] }, "other")],
    });
    const of = async (name: string) => ((await store.getServices(name)) as { data: Data }).data;
    await store.put("/buckets/b", {}, { as: "alice" });

    expect(await (await of("keeper")).get("/buckets/b")).toBeDefined();
    await expect((await of("other")).get("/buckets/b")).rejects.toEqual(FORBIDDEN);
    expect((await store.get("/buckets/b", { as: "plugin:keeper" })).status).toBe(403);
    expect((await store.get("/buckets/b", { as: "keeper" })).status).toBe(403);
  });

  it("reach nothing where nothing is stated", async () => {
    const data = await start({});
    await store.put("/buckets/given", { permissions: { write: ["plugin:keeper"] } });
    await expect(data.get("/buckets/given")).rejects.toEqual(FORBIDDEN);
    await expect(data.create("/buckets", {})).rejects.toEqual(FORBIDDEN);
  });

  it("are checked at the start, each with its path", () => {
    const permissions = {
      read: ["/buckets", "/buckets/*/colections/c"],
      "recrd:create": [C],
      "bucket:create": ["/"],
      "record:create": ["/"],
    } as DataPermissions;
    expect(() => readConfig({ plugins: [keeper(permissions)] })).toThrow(
      expect.objectContaining({
        lines: [
          `plugins: keeper.needs.data.read[0]: "/buckets" is not the URI of an object, such as /buckets/blog/collections/*, where * matches any id.`,
          `plugins: keeper.needs.data.read[1]: "/buckets/*/colections/c" is not the URI of an object, such as /buckets/blog/collections/*, where * matches any id.`,
          "plugins: keeper.needs.data.recrd:create[0]: there is no permission 'recrd:create' on a collection. Did you mean 'record:create'?",
          "plugins: keeper.needs.data.record:create[0]: there is no permission 'record:create' on the root. There are: bucket:create.",
        ],
      }),
    );
    expect(() => readConfig({ plugins: [keeper({}, "plugin")] })).toThrow(
      expect.objectContaining({ lines: [expect.stringContaining("'plugin' is reserved")] }),
    );
  });

  it("may be on what plugins bring themselves", async () => {
    const garden = definePlugin({
      name: "garden",
      about: "Keeps plants in beds.",
      resources: { bed: { about: "A bed." }, plant: { about: "A plant.", parent: "bed" } },
      needs: () => ({ data: need.data({ "bed:create": ["/"], "plant:create": ["/beds/*"] }) }),
      setup: ({ resources }) => resources,
      userInfo: async () => ({}),
    });
    store = await startStore({ plugins: [basicauth(), garden()] });
    const { data } = (await store.getServices("garden")) as { data: Data };
    await data.create("/beds", { data: { id: "north" } });
    await data.create("/beds/north/plants", { data: { id: "kale", rows: 2 } });

    expect(await all(data.list("/beds/north/plants"))).toMatchObject([{ id: "kale", rows: 2 }]);
    expect((await store.get("/beds/north/plants/kale")).status).toBe(403);
  });
});
