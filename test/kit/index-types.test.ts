import { describe, expect, it } from "@jest/globals";
import { definePlugin, type IndexDefinition, type IndexObjects, type JsonObject, need } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { readConfig } from "../../config/config.ts";

const NETS = "/buckets/cloud/collections/nets";
const net = { about: "Networks.", of: (): string => NETS };

const withIndexes = (indexes: object, name = "cloud") =>
  definePlugin({ name, about: "Indexes a cloud.", indexes: indexes as Record<string, IndexDefinition<void, void>> })();

describe("types of a plugin", () => {
  it.each([
    [
      { "OS::Net": { ...net, of: (): string => "/buckets/cloud" } },
      "indexes.OS::Net.of: must return the URI of a collection",
    ],
    [{ "OS::Net": { ...net, buckets: () => ["a"] } }, "indexes.OS::Net.buckets: is not for a type"],
    [{ a: { about: "Titles." } }, "indexes.a.document: is missing: it must be a function"],
    [{ a: { about: "Titles.", document: () => ({}), access: () => [] } }, "indexes.a.access: is for a type"],
    [{ "a b": net }, "indexes.a b: must be 1 to 100 letters"],
    [{ record: net }, "indexes.record: must be"],
    [{ A: net, B: net }, `indexes.B.of: the records of ${NETS} are already of the type 'A'`],
    [{ A: { ...net, language: "klingon" } }, "indexes.A.language: must be one of da, de, en"],
    [
      { A: { ...net, mapping: { properties: { name: { type: "txt" } } } } },
      "indexes.A.mapping.properties.name.type: must be one of:",
    ],
    [
      { A: { ...net, mapping: { properties: {}, _meta: { image: { resource_type: "Imge" } } } } },
      "indexes.A.mapping._meta.image.resource_type: there is no type 'Imge'",
    ],
    [
      { A: { ...net, mapping: { dynamic: "strict", properties: {} } } },
      "indexes.A.mapping.dynamic: must be true or false",
    ],
    [{ A: { ...net, adminOnlyFields: () => "x" } }, "indexes.A.adminOnlyFields: must be a function that returns names"],
    [{ A: { ...net, facets: { exclude: [1] } } }, "indexes.A.facets.exclude: must be a list of names"],
    [{ A: { ...net, parent: { type: "B", field: "b" } } }, "indexes.A.parent.type: there is no type 'B'"],
    [{ A: { ...net, parent: { type: "A", field: "" } } }, "indexes.A.parent.field: must name the field"],
    [{ A: { ...net, accss: () => [] } }, "indexes.A.accss: is not a known field. Did you mean 'access'?"],
  ])("are refused at the start: %#", (indexes, message) => {
    expect(() => readConfig({ plugins: [withIndexes(indexes)] })).toThrow(message);
  });

  it("have a name that no other plugin uses", () => {
    const other = { ...net, of: () => "/buckets/cloud/collections/others" };
    expect(() => readConfig({ plugins: [withIndexes({ A: net }), withIndexes({ A: other }, "two")] })).toThrow(
      "two.indexes.A: the plugin 'cloud' already has a type of this name",
    );
  });

  it("must exist if a plugin needs their objects", () => {
    const plugin = definePlugin({
      name: "cloud",
      about: "Indexes a cloud.",
      needs: () => ({ nets: need.index("Nett") }),
      indexes: { Net: net },
    });
    expect(() => readConfig({ plugins: [plugin()] })).toThrow(
      "needs.nets: the plugin has no type 'Nett' in its indexes. Did you mean 'Net'?",
    );
  });
});

describe("need.index", () => {
  /** The objects outside of the store. */
  let outside: JsonObject[] = [];
  const cloud = definePlugin({
    name: "cloud",
    about: "Indexes a cloud.",
    needs: () => ({ nets: need.index("OS::Net") }),
    setup: ({ resources }) => resources,
    indexes: {
      "OS::Net": {
        ...net,
        objects: async function* () {
          yield* outside;
        },
        id: ({ uuid }) => String(uuid),
        version: ({ updated_at }) => Date.parse(String(updated_at)),
      },
    },
  });
  const start = async () => {
    const store = await startTestStore({ plugins: [cloud()] });
    await store.put("/buckets/cloud");
    await store.put(NETS);
    const { nets } = (await store.getServices("cloud")) as { nets: IndexObjects };
    const list = async (): Promise<JsonObject[]> => (await store.get(`${NETS}/records?_sort=id`)).body.data;
    return { store, nets, list };
  };
  const at = (hour: number): string => `2030-01-01T${String(hour).padStart(2, "0")}:00:00Z`;

  it("stores an object under its own id, and no older version of it", async () => {
    const { store, nets, list } = await start();
    await using _ = store;

    expect(await nets.save({ uuid: "n1", name: "new", updated_at: at(12) })).toBe(true);
    expect(await nets.save({ uuid: "n1", name: "old", updated_at: at(11) })).toBe(false);

    expect(await list()).toMatchObject([{ id: "n1", name: "new" }]);
  });

  it("does not restore a deleted object by an older version", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    await nets.save({ uuid: "n1", updated_at: at(10) });

    expect(await nets.delete("n1", { version: Date.parse(at(12)) })).toBe(true);
    expect(await nets.save({ uuid: "n1", updated_at: at(11) })).toBe(false);
    expect(await list()).toMatchObject([{ id: "n1", deleted_version: Date.parse(at(12)) }]);

    expect(await nets.save({ uuid: "n1", name: "again", updated_at: at(13) })).toBe(true);
    expect(await list()).toMatchObject([{ id: "n1", name: "again" }]);
  });

  it("keeps the mark of a deleted object for 60 days", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    outside = [];
    await nets.save({ uuid: "n1", updated_at: at(10) });
    await nets.delete("n1", { version: Date.parse(at(12)) });
    store.clock.advance(59 * 24 * 3600 * 1000);

    expect(await nets.sync()).toEqual({ saved: 0, unchanged: 0, deleted: 0 });
    expect(await list()).toHaveLength(1);

    store.clock.advance(2 * 24 * 3600 * 1000);
    expect(await nets.sync()).toEqual({ saved: 0, unchanged: 0, deleted: 1 });
    expect(await list()).toEqual([]);
  });

  it("refuses a version that is not a number, and replaces a record without one", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    await store.put(`${NETS}/records/n1`, { data: { uuid: "n1", name: "by hand" } });

    await expect(nets.save({ uuid: "n1" })).rejects.toThrow(
      "The object n1 of OS::Net has the version NaN. Return a number, such as Date.parse(updated_at).",
    );
    await expect(nets.delete("n1", { version: Number.NaN })).rejects.toThrow("has the version NaN");
    expect(await nets.save({ uuid: "n1", name: "new", updated_at: at(1) })).toBe(true);
    expect(await list()).toMatchObject([{ name: "new" }]);
  });

  it("ends a synchronization by its signal", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    outside = [{ uuid: "n1", updated_at: at(10) }];

    await expect(nets.sync({ signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
    expect(await list()).toEqual([]);
  });

  it("deletes an object without a version", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    await nets.save({ uuid: "n1", updated_at: at(10) });

    expect(await nets.delete("n1")).toBe(true);
    expect(await nets.delete("n1")).toBe(true);

    expect(await list()).toEqual([]);
  });

  it("stores all objects, changes only what is different, and deletes the others", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    outside = [1, 2, 3].map((number) => ({ uuid: `n${number}`, updated_at: at(10) }));
    expect(await nets.sync()).toEqual({ saved: 3, unchanged: 0, deleted: 0 });

    await nets.save({ uuid: "n2", name: "from a notification", updated_at: at(12) });
    store.clock.advance(1000);
    outside = [
      { uuid: "n1", name: "renamed", updated_at: at(11) },
      { uuid: "n2", updated_at: at(11) },
    ];

    expect(await nets.sync()).toEqual({ saved: 1, unchanged: 1, deleted: 1 });
    expect(await list()).toMatchObject([
      { id: "n1", name: "renamed" },
      { id: "n2", name: "from a notification" },
    ]);
  });

  it("keeps an object that is stored while a synchronization runs", async () => {
    const { store, nets, list } = await start();
    await using _ = store;
    outside = [];
    const objects = outside;
    Object.defineProperty(objects, Symbol.iterator, {
      value: function* () {
        yield { uuid: "n1", updated_at: at(10) };
      },
    });
    store.clock.advance(1000);
    const [counts] = await Promise.all([nets.sync(), nets.save({ uuid: "n9", updated_at: at(10) })]);

    expect(counts.deleted).toBe(0);
    expect((await list()).map(({ id }) => id)).toEqual(["n1", "n9"]);
  });

  it("refuses an id that records cannot have, and says what to return", async () => {
    const { store, nets } = await start();
    await using _ = store;

    await expect(nets.save({ uuid: "a.b" })).rejects.toThrow(
      "\"a.b\" is not an id for an object of OS::Net. Return 1 to 256 letters, digits, '-' and '_' from its id function.",
    );
  });
});
