import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, need } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const CLOUD = "/buckets/cloud";
const NETS = `${CLOUD}/collections/nets`;
const PORTS = `${CLOUD}/collections/ports`;
const SECRETS = `${CLOUD}/collections/secrets`;
const STAFF = `${CLOUD}/groups/staff`;

/** The tenants of a user are the groups of the bucket. */
const tenantsOf = (principals: readonly string[]): string[] =>
  principals.flatMap((one) => (one.startsWith(`${CLOUD}/groups/`) ? [one.slice(`${CLOUD}/groups/`.length)] : []));

const cloud = definePlugin({
  name: "cloud",
  about: "Indexes a cloud.",
  needs: () => ({ secrets: need.index("OS::Secret") }),
  setup: ({ resources }) => resources,
  indexes: {
    "OS::Net": {
      about: "Networks.",
      of: () => NETS,
      mapping: {
        properties: {
          name: { type: "text", fields: { raw: { type: "keyword" } } },
          status: { type: "keyword" },
          tenant: { type: "keyword" },
          "provider:segment": { type: "long" },
          image: { type: "nested", properties: { id: { type: "keyword" } } },
        },
        _meta: { "image.id": { resource_type: "OS::Secret" } },
      },
      adminOnlyFields: () => ["provider:*"],
      access: ({ principals }) => [{ terms: { tenant: tenantsOf(principals) } }, { term: { shared: true } }],
      facets: { exclude: ["tenant"], adminOnly: ["image.*"], withOptions: ["status"] },
    },
    "OS::Port": {
      about: "Ports.",
      of: () => PORTS,
      mapping: { dynamic: false, properties: { net_id: { type: "keyword" }, mac: { type: "keyword" } } },
      access: ({ principals }) => [{ terms: { tenant: tenantsOf(principals) } }, { exists: { field: "mac" } }],
      allProjects: false,
      parent: { type: "OS::Net", field: "net_id" },
    },
    "OS::Secret": {
      about: "Secrets.",
      of: () => SECRETS,
      policy: ({ principals }) => principals.includes(STAFF),
      document: async ({ hidden, ...record }, { services }) => {
        if (record.saves === true) await services.secrets.save({ id: "other" });
        return hidden === true ? null : record;
      },
    },
  },
});

describe("types of plugins", () => {
  let store: TestStore;
  beforeAll(async () => {
    // The administrator is known before the store starts.
    const overrides = { useridHmacSecret: "secret" };
    const probe = await startStore({ plugins: [basicauth()], overrides });
    const admin = await probe.userId("root");
    await probe.close();
    store = await startStore({
      plugins: [basicauth(), search(), cloud()],
      overrides,
      settings: { bucketReadPrincipals: [admin] },
    });
    const [ann, bob] = await Promise.all([store.userId("ann"), store.userId("bob")]);
    await store.put(CLOUD);
    await store.put(STAFF, { data: { members: [ann] } });
    await store.put(`${CLOUD}/groups/guests`, { data: { members: [bob] } });
    for (const collection of [NETS, PORTS, SECRETS]) await store.put(collection);
    const nets: readonly JsonObject[] = [
      { id: "n1", name: "blue net", status: "ACTIVE", tenant: "staff", "provider:segment": 7, image: [{ id: "s1" }] },
      { id: "n2", name: "red net", status: "DOWN", tenant: "guests", "provider:segment": 8 },
      { id: "n3", name: "amber net", status: "ACTIVE", tenant: "none", shared: true, "provider:segment": 9 },
      { id: "n4", name: "black net", status: "ACTIVE", tenant: "none", "provider:segment": 7 },
    ];
    for (const data of nets) await store.put(`${NETS}/records/${data.id}`, { data });
    await store.put(`${PORTS}/records/p1`, { data: { net_id: "n1", mac: "aa", internal: "x" } });
    await store.put(`${PORTS}/records/p2`, { data: { net_id: "n2", mac: "bb" } });
    await store.put(`${PORTS}/records/p4`, { data: { net_id: "n4", mac: "bb" } });
    await store.put(`${SECRETS}/records/s1`, { data: { name: "key" } });
    await store.put(`${SECRETS}/records/s2`, { data: { name: "key", hidden: true } });
    await store.drain();
  });
  afterAll(() => store.close());

  const searchAs = (as: string | null, body: object) => store.post("/search", body, { as });
  const idsOf = ({ body }: TestResponse): string[] => body.hits.hits.map(({ _id }: { _id: string }) => _id);
  const find = async (as: string | null, type: string, query?: object, rest: object = {}) =>
    idsOf(await searchAs(as, { type, ...(query && { query }), sort: "_id", ...rest })).toSorted();

  it("are searched by their names, and show the document and the type", async () => {
    const { status, body } = await searchAs("ann", { type: "OS::Net", query: { match: { name: "blue" } } });

    expect(status).toBe(200);
    expect(body.hits.hits).toMatchObject([{ _id: "n1", _type: "OS::Net", _source: { name: "blue net" } }]);
  });

  it("return 400 with the known names for another name", async () => {
    const { status, body } = await searchAs("ann", { type: "OS::Nett" });

    expect([status, body.message]).toEqual([400, expect.stringContaining("record, OS::Net, OS::Port, OS::Secret")]);
  });

  describe("access", () => {
    it("finds what matches one of its clauses, also without a permission on the records", async () => {
      expect(await find("ann", "OS::Net")).toEqual(["n1", "n3"]);
      expect(await find("bob", "OS::Net")).toEqual(["n2", "n3"]);
      expect(await find("eve", "OS::Net")).toEqual(["n3"]);
      expect((await store.get(`${NETS}/records/n1`, { as: "ann" })).status).toBe(403);
    });

    it("compares keyword fields as a whole", async () => {
      const dave = await store.userId("dave");
      await store.put(`${CLOUD}/groups/net-staff`, { data: { members: [dave] } });
      expect(await find("dave", "OS::Net")).toEqual(["n3"]);
    });

    it("keeps scores and suggestions from depending on what the user does not find", async () => {
      const body = {
        type: "OS::Net",
        query: { match: { name: "blue net" } },
        suggest: { words: { text: "zebras", term: { field: "name" } } },
      };
      const searchNets = async () => {
        const { hits, suggest } = (await searchAs("ann", body)).body;
        return { scores: hits.hits.map(({ _id, _score }: JsonObject) => [_id, _score]), suggest };
      };
      const before = await searchNets();

      for (const id of ["z1", "z2", "z3"])
        await store.put(`${NETS}/records/${id}`, { data: { name: "zebra blue", tenant: "none" } });
      await store.drain();
      const after = await searchNets();
      for (const id of ["z1", "z2", "z3"]) await store.delete(`${NETS}/records/${id}`);
      await store.drain();

      expect(before.scores).toHaveLength(2);
      expect(after).toEqual(before);
    });

    it("limits totals and aggregations, and searches of the collection itself", async () => {
      const { body } = await searchAs("bob", { type: "OS::Net", aggs: { all: { terms: { field: "status" } } } });
      expect(body.hits.total.value).toBe(2);
      expect(body.aggregations.all.buckets).toMatchObject([
        { key: "ACTIVE", doc_count: 1 },
        { key: "DOWN", doc_count: 1 },
      ]);
      expect(idsOf(await store.post(`${NETS}/search`, {}, { as: "bob" })).toSorted()).toEqual(["n2", "n3"]);
    });

    it("is left out for administrators by all_projects, unless the type forbids it", async () => {
      expect(await find("root", "OS::Net")).toEqual(["n3"]);
      expect(await find("root", "OS::Net", undefined, { all_projects: true })).toEqual(["n1", "n2", "n3", "n4"]);
      expect((await searchAs("ann", { type: "OS::Net", all_projects: true })).status).toBe(403);
    });
  });

  it("fail with a 500 and a line in the log when an access rule is wrong", async () => {
    const wrong = definePlugin({
      name: "wrong",
      about: "Has a wrong rule.",
      indexes: { Wrong: { about: "Wrong.", of: () => NETS, access: () => [{ script: {} }] } },
    });
    await using other = await startStore({ plugins: [basicauth(), search(), wrong()] });
    await other.put(CLOUD);
    await other.put(NETS);

    expect((await other.post("/search", { type: "Wrong" })).status).toBe(500);
    expect(other.logLines.join()).toContain("The rule 'access' of the type Wrong returns a wrong clause");
  });

  describe("admin-only fields", () => {
    const segment = { term: { "provider:segment": 9 } };

    it("are neither found nor shown by other users", async () => {
      expect(await find("ann", "OS::Net", segment)).toEqual([]);
      expect(await find("ann", "OS::Net", { exists: { field: "provider:segment" } })).toEqual([]);
      const { body } = await searchAs("ann", {
        type: "OS::Net",
        aggs: { all: { terms: { field: "provider:segment" } } },
      });
      expect(body.aggregations.all.buckets).toEqual([]);
      expect(JSON.stringify(body)).not.toContain('"provider:segment"');
    });

    it("are found and shown by administrators", async () => {
      const { body } = await searchAs("root", { type: "OS::Net", query: segment });
      expect(body.hits.hits).toMatchObject([{ _id: "n3", _source: { "provider:segment": 9 } }]);
    });

    it("change nothing in the order of the others", async () => {
      const sort = [{ "provider:segment": "desc" }, "_id"];
      expect(idsOf(await searchAs("ann", { type: "OS::Net", sort }))).toEqual(["n1", "n3"]);
    });
  });

  describe("policy", () => {
    it("hides the type", async () => {
      await store.patch(SECRETS, { permissions: { read: [await store.userId("bob")] } });

      const typesOf = async (as: string) =>
        (await store.get("/search/plugins", { as })).body.plugins.map(({ type }: { type: string }) => type);
      expect(await find("ann", "OS::Secret")).toEqual([]);
      expect(await typesOf("ann")).toEqual(["record", "OS::Net", "OS::Port", "OS::Secret"]);
      expect(await typesOf("bob")).toEqual(["record", "OS::Net", "OS::Port"]);
      const { status, body } = await searchAs("bob", { type: "OS::Secret" });
      expect([status, body.message]).toEqual([400, expect.stringMatching(/Use one of: record, OS::Net, OS::Port$/)]);
      expect(idsOf(await searchAs("bob", {}))).not.toContain("s1");
      expect((await store.post(`${SECRETS}/search`, {}, { as: "bob" })).status).toBe(403);
    });

    it("leaves the permissions of the records in force", async () => {
      const [ann, bob] = await Promise.all([store.userId("ann"), store.userId("bob")]);
      await store.patch(SECRETS, { permissions: { read: [ann, bob] } });

      expect(await find("ann", "OS::Secret")).toEqual(["s1"]);
      expect(idsOf(await searchAs("ann", {}))).toContain("s1");
      expect(idsOf(await searchAs("bob", {}))).not.toContain("s1");
    });

    it("leaves out records whose document changes something, and changes nothing", async () => {
      const changing = `${SECRETS}/records/changing`;
      await store.put(changing, { data: { saves: true } });

      expect(await find("ann", "OS::Secret")).toEqual(["s1"]);
      expect((await store.get(`${SECRETS}/records/other`)).status).toBe(404);
      expect(store.logLines.join()).toContain("but may only read");
      await store.delete(changing);
    });
  });

  describe("mapping", () => {
    it("with dynamic: false leaves out other fields", async () => {
      const { body } = await searchAs("ann", { type: "OS::Port", query: { ids: { values: ["p1"] } } });

      expect(body.hits.hits[0]._source).toEqual({ net_id: "n1", mac: "aa" });
      expect(await find("ann", "OS::Port", { exists: { field: "internal" } })).toEqual([]);
    });

    it("lets keyword fields be found by the whole value only", async () => {
      const findNets = (query: object, rest: object = {}) => find("ann", "OS::Net", query, rest);
      expect(await findNets({ term: { status: "ACTIVE" } })).toEqual(["n1", "n3"]);
      expect(await findNets({ term: { status: "active" } })).toEqual([]);
      expect(await findNets({ match: { status: "ACTIVE" } })).toEqual(["n1", "n3"]);
      expect(await findNets({ prefix: { status: "ACT" } })).toEqual(["n1", "n3"]);
      expect(await findNets({ wildcard: { status: "A*E" } })).toEqual(["n1", "n3"]);
      expect(await findNets({ match: { name: "BLUE" } })).toEqual(["n1"]);
      const both = await searchAs("ann", { query: { term: { status: "ACTIVE" } }, sort: "_id" });
      expect(idsOf(both).toSorted()).toEqual(["n1", "n3"]);
    });

    it("declares nested fields", async () => {
      const query = { nested: { path: "image", query: { term: { "image.id": "s1" } } } };
      expect(await find("ann", "OS::Net", query)).toEqual(["n1"]);
    });

    it("lets name.raw sort by the whole name", async () => {
      const { body } = await searchAs("ann", { type: "OS::Net", sort: "name.raw" });
      expect(body.hits.hits.map(({ sort }: { sort: string[] }) => sort[0])).toEqual(["amber net", "blue net"]);
    });
  });

  describe("parents and children", () => {
    it("are found by each other", async () => {
      const hasChild = { has_child: { type: "OS::Port", query: { term: { mac: "aa" } } } };
      const hasParent = { has_parent: { parent_type: "OS::Net", query: { match: { name: "blue" } } } };

      expect(await find("ann", "OS::Net", hasChild)).toEqual(["n1"]);
      expect(await find("ann", "OS::Port", hasParent)).toEqual(["p1"]);
      expect(await find("ann", "OS::Port", { bool: { must_not: [hasParent] } })).toEqual(["p2", "p4"]);
    });

    it("match nothing by what the user may not find", async () => {
      const hasParent = { has_parent: { parent_type: "OS::Net", query: { match: { name: "black" } } } };
      const bySegment = { has_parent: { parent_type: "OS::Net", query: { term: { "provider:segment": 7 } } } };

      expect(await find("ann", "OS::Port", hasParent)).toEqual([]);
      expect(await find("ann", "OS::Port", bySegment)).toEqual([]);
      expect(await find("root", "OS::Port", bySegment, { all_projects: true })).toEqual(["p1", "p4"]);
    });

    it.each([
      [{ has_parent: { parent_type: "OS::Port", query: { match_all: {} } } }, "must be a type that is a parent"],
      [{ has_child: { type: "OS::Net", query: { match_all: {} } } }, "must be a type with a parent"],
      [{ has_child: { type: "OS::X", query: { match_all: {} } } }, "There is no type 'OS::X'"],
      [{ has_child: { type: "OS::Port", query: { match_all: {} }, inner_hits: {} } }, "inner_hits"],
      [
        {
          has_child: { type: "OS::Port", query: { has_parent: { parent_type: "OS::Net", query: { match_all: {} } } } },
        },
        "is within a clause on another type",
      ],
      [
        {
          bool: {
            should: Array.from({ length: 9 }, () => ({ has_child: { type: "OS::Port", query: { match_all: {} } } })),
          },
        },
        "exceeds the maximum of 8 clauses on other types",
      ],
    ])("are a 400 when the clause is wrong: %#", async (query, message) => {
      const { status, body } = await searchAs("ann", { type: "OS::Net", query });
      expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    });
  });

  describe("facets", () => {
    const facetsOf = async (as: string) =>
      (await store.get("/search/facets?type=OS::Net", { as })).body["OS::Net"].facets as { name: string }[];

    it("have options with counts, links to other types, and no excluded fields", async () => {
      const facets = await facetsOf("ann");

      expect(facets).toContainEqual({ name: "status", type: "keyword", options: [{ key: "ACTIVE", doc_count: 2 }] });
      const ports = (await store.get("/search/facets?type=OS::Port", { as: "ann" })).body["OS::Port"].facets;
      const parent = { name: "net_id", type: "keyword", resource_type: "OS::Net", parent: true };
      expect(ports).toContainEqual(expect.objectContaining(parent));
      expect(facets.map(({ name }) => name)).not.toContain("tenant");
    });

    it("have fields of administrators for administrators only", async () => {
      expect((await facetsOf("ann")).map(({ name }) => name)).not.toContain("provider:segment");
      expect((await facetsOf("ann")).map(({ name }) => name)).not.toContain("image.id");
      const facets = await facetsOf("root");
      expect(facets.map(({ name }) => name)).toContain("provider:segment");
      expect(facets).toContainEqual({ name: "image.id", type: "keyword", nested: true, resource_type: "OS::Secret" });
    });
  });
});
