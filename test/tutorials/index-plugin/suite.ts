import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject } from "@kintoun/kit";
import { type Fixtures, readFixtures } from "@kintoun/testing";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { neutron } from "./index.ts";
import { type Neutron, startNeutron } from "./start-neutron.ts";

const BUCKET = "/buckets/openstack";
const PUBLIC = "4d73d257-35d5-4f4e-bc71-f7f629f21904";
const PRIVATE = "abf3a939-4daf-4d05-8395-3ec735aa89fc";
const ARCHIVE = "02a97e45-4aff-4ad0-8a05-a57f0bb03fb0";
const WEB_PORT = "5ee4a4b2-2a5d-43c5-9a8a-2b2a3d3e4f50";
const ARCHIVE_PORT = "9c6d0d8e-1f2a-4b3c-8d4e-5f6a7b8c9d0e";
const DEMO_PROJECT = "34518c16d95e40a19b1a95c1916d8335";
const SECRET = { useridHmacSecret: "secret" };

/** Options of the store that choose its search engine. */
type StoreOptions = Pick<NonNullable<Parameters<typeof startStore>[0]>, "openSearch">;

/** Waits until searches find what was written. The embedded engine needs no time. */
type Settle = (store: TestStore) => Promise<void>;

/** The plugin at the end of Searchlight's guide to authors, on one engine. */
export const indexPluginSuite = (
  engine: string,
  { prepare, settle }: { readonly prepare: () => Promise<StoreOptions>; readonly settle: Settle },
): void =>
  describe(`an index plugin for Neutron, on ${engine}`, () => {
    const published: JsonObject[] = [];
    let fixtures: Fixtures;
    let cloud: Neutron;
    let store: TestStore;

    const publisher = definePlugin({
      name: "external",
      about: "Receives what is indexed.",
      publishers: { items: { about: "Keeps items.", publish: async (items) => void published.push(...items) } },
    });

    beforeAll(async () => {
      fixtures = await readFixtures(join(import.meta.dirname, "data"));
      cloud = await startNeutron({ ...fixtures.load });
      const options = await prepare();
      const plugins = [basicauth(), search(), neutron({ url: cloud.url }), publisher()];
      const admin = await readUserId("admin");
      store = await startStore({ ...options, plugins, overrides: SECRET, settings: { bucketReadPrincipals: [admin] } });
      await store.put(BUCKET);
      for (const collection of ["networks", "ports"]) await store.put(`${BUCKET}/collections/${collection}`);
      await store.put(`${BUCKET}/groups/${DEMO_PROJECT}`, { data: { members: [await store.userId("demo")] } });
    }, 180_000);
    afterAll(async () => {
      await store?.close();
      await cloud?.[Symbol.asyncDispose]();
    });

    /** The administrator is known before the store starts. */
    const readUserId = async (name: string): Promise<string> => {
      const other = await startStore({ plugins: [basicauth()], overrides: SECRET });
      const id = await other.userId(name);
      await other.close();
      return id;
    };

    const searchAs = (as: string | null, body: object) => store.post("/search", body, { as });
    const find = async (as: string | null, type: string, query: object = { match_all: {} }, rest: object = {}) => {
      const { status, body } = await searchAs(as, { type, query, ...rest });
      expect([status, body.message]).toEqual([200, undefined]);
      return body.hits.hits.map(({ _id }: { _id: string }) => _id).toSorted() as string[];
    };
    const notify = async (index: number) => {
      const message = fixtures.events.network?.[index] ?? {};
      const { event_type, payload, metadata } = message;
      await store.emit({ source: "neutron", type: String(event_type), detail: { payload, metadata } as JsonObject });
      await store.drain();
      await settle(store);
    };

    it("stores all objects of the service at first, and nothing the second time", async () => {
      const lines = await store.runCommand("neutron", "sync");
      expect(lines).toEqual(["networks: 3 saved, 0 unchanged, 0 deleted", "ports: 2 saved, 0 unchanged, 0 deleted"]);
      expect(await store.runCommand("neutron", "sync")).toEqual([
        "networks: 0 saved, 3 unchanged, 0 deleted",
        "ports: 0 saved, 2 unchanged, 0 deleted",
      ]);
      await store.drain();
      await settle(store);

      const { body } = await searchAs("demo", { type: "OS::Neutron::Net", query: { match: { name: "public" } } });
      expect(body.hits.hits).toMatchObject([
        {
          _id: PUBLIC,
          _type: "OS::Neutron::Net",
          _source: { name: "public", project_id: "fa1537e9bda9405891d004ef9c08d0d1" },
        },
      ]);
    });

    it("lists its types", async () => {
      const { body } = await store.get("/search/plugins");

      expect(body.plugins).toContainEqual({
        name: "neutron",
        type: "OS::Neutron::Net",
        about: "The networks of a cloud.",
      });
    });

    it("matches ids as a whole and names by words, and sorts by name.raw", async () => {
      expect(await find("demo", "OS::Neutron::Net", { term: { id: PRIVATE } })).toEqual([PRIVATE]);
      expect(await find("demo", "OS::Neutron::Net", { match: { name: "demo project" } })).toEqual([PRIVATE]);
      const { body } = await searchAs("demo", { type: "OS::Neutron::Net", sort: [{ "name.raw": "desc" }] });
      expect(body.hits.hits.map(({ _id }: { _id: string }) => _id)).toEqual([PUBLIC, PRIVATE]);
    });

    it("gives each user the networks of the user's projects, and shared and external ones", async () => {
      expect(await find("demo", "OS::Neutron::Net")).toEqual([PUBLIC, PRIVATE].toSorted());
      expect(await find("eve", "OS::Neutron::Net")).toEqual([PUBLIC]);
      expect((await searchAs(null, { type: "OS::Neutron::Net" })).status).toBe(400);
    });

    it("gives administrators all networks by all_projects, and ports only of their projects", async () => {
      const all = { all_projects: true };
      expect(await find("admin", "OS::Neutron::Net")).toEqual([PUBLIC]);
      expect(await find("admin", "OS::Neutron::Net", undefined, all)).toEqual([PUBLIC, PRIVATE, ARCHIVE].toSorted());
      expect(await find("admin", "OS::Neutron::Port", undefined, all)).toEqual([]);
      expect((await searchAs("demo", { type: "OS::Neutron::Net", ...all })).status).toBe(403);
    });

    it("keeps provider fields from all but administrators", async () => {
      const segment = { term: { "provider:segmentation_id": 1053 } };
      expect(await find("demo", "OS::Neutron::Net", segment)).toEqual([]);
      expect(JSON.stringify((await searchAs("demo", { type: "OS::Neutron::Net" })).body)).not.toContain("provider:");

      const { body } = await searchAs("admin", { type: "OS::Neutron::Net", query: segment });
      expect(body.hits.hits).toMatchObject([{ _id: PUBLIC, _source: { "provider:segmentation_id": 1053 } }]);
    });

    it("lists facets with the values that the user finds", async () => {
      const path = "/search/facets?type=OS::Neutron::Net";
      const { facets } = (await store.get(path, { as: "demo" })).body["OS::Neutron::Net"];

      const options = [
        { key: "ACTIVE", doc_count: 1 },
        { key: "BUILD", doc_count: 1 },
      ];
      expect(facets).toContainEqual({ name: "status", type: "keyword", options });
      expect(facets.map(({ name }: { name: string }) => name)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(tenant_id|provider:.*)$/)]),
      );
      const ports = (await store.get("/search/facets?type=OS::Neutron::Port", { as: "demo" })).body[
        "OS::Neutron::Port"
      ];
      expect(ports.facets).toContainEqual(
        expect.objectContaining({ name: "network_id", resource_type: "OS::Neutron::Net" }),
      );
    });

    it("finds ports by their network, networks by their ports, and nested addresses", async () => {
      const ofNetwork = { has_parent: { parent_type: "OS::Neutron::Net", query: { term: { status: "BUILD" } } } };
      const withAddress = (ip_address: string, subnet_id: string) => ({
        nested: {
          path: "fixed_ips",
          query: {
            bool: {
              must: [{ term: { "fixed_ips.ip_address": ip_address } }, { term: { "fixed_ips.subnet_id": subnet_id } }],
            },
          },
        },
      });
      const ownSubnet = withAddress("10.0.0.4", "9b6094de-18cb-46e1-8d51-e303ff844c86");
      const otherSubnet = withAddress("10.0.0.4", "face0b47-40d3-45c0-9b62-5f05311710f5");

      expect(await find("demo", "OS::Neutron::Port", ofNetwork)).toEqual([WEB_PORT]);
      expect(await find("demo", "OS::Neutron::Port", ownSubnet)).toEqual([WEB_PORT]);
      expect(await find("demo", "OS::Neutron::Port", otherSubnet)).toEqual([]);
      const byPort = { has_child: { type: "OS::Neutron::Port", query: ownSubnet } };
      expect(await find("demo", "OS::Neutron::Net", byPort)).toEqual([PRIVATE]);
      const byArchive = { has_child: { type: "OS::Neutron::Port", query: { term: { id: ARCHIVE_PORT } } } };
      expect(await find("admin", "OS::Neutron::Net", byArchive, { all_projects: true })).toEqual([]);
    });

    it("follows notifications, ignores older ones, and publishes what was indexed", async () => {
      await notify(0);
      expect(await find("demo", "OS::Neutron::Net", { term: { status: "ACTIVE" } })).toEqual(
        [PUBLIC, PRIVATE].toSorted(),
      );
      expect(published).toMatchObject([{ event_type: "network.update.end", id: PRIVATE, project_id: DEMO_PROJECT }]);

      await notify(1);
      expect(await find("demo", "OS::Neutron::Net", { match: { name: "older" } })).toEqual([]);
      expect(published).toHaveLength(1);
    });

    it("deletes a network for good, also when an older notification and a synchronization come later", async () => {
      await notify(2);
      expect(await find("demo", "OS::Neutron::Net")).toEqual([PUBLIC]);

      await notify(1);
      expect(await store.runCommand("neutron", "sync")).toContain("networks: 0 saved, 3 unchanged, 0 deleted");
      await store.drain();
      await settle(store);
      expect(await find("demo", "OS::Neutron::Net")).toEqual([PUBLIC]);
      expect(published.at(-1)).toEqual({ event_type: "network.delete.end", id: PRIVATE });
    });

    it("deletes what the service no longer lists", async () => {
      cloud.lists.networks = cloud.lists.networks?.filter(({ id }) => id !== ARCHIVE) ?? [];
      await new Promise((resolve) => setTimeout(resolve, 5));

      expect(await store.runCommand("neutron", "sync")).toContain("networks: 0 saved, 2 unchanged, 1 deleted");
      await store.drain();
      await settle(store);
      expect(await find("admin", "OS::Neutron::Net", undefined, { all_projects: true })).toEqual([PUBLIC]);
    });
  });
