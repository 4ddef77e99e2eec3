import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin } from "@kintoun/kit";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { createApi } from "../../functions/api/app.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestStore } from "../start-store.ts";

/** The events that the listener `note` got. */
const events: ChangeEvent[] = [];
/** The URIs of the events that the listener of the bucket b got. */
const bucketUris: string[] = [];

const lab = definePlugin({
  name: "lab",
  about: "Adds devices, readings, comments and other resources.",
  resources: {
    device: {
      about: "A sensor in the field.",
      schema: z.looseObject({ serial: z.string(), place: z.object({ height: z.number() }).optional() }),
    },
    reading: { about: "A measurement of a device.", parent: "device" },
    comment: { about: "A comment on a record.", parent: "record" },
    vote: { about: "A vote on a comment.", parent: "comment" },
    badge: { about: "A badge of a group.", parent: "group" },
    policy: {
      about: "A policy of a bucket.",
      plural: "policies",
      parent: "bucket",
      create: ["system.Authenticated"],
      read: ["system.Everyone"],
    },
    version: {
      about: "A resource whose name the OpenAPI document already uses.",
      create: [],
      write: ["system.Authenticated"],
    },
  },
  listeners: {
    note: {
      on: [
        "device.create",
        "device.update",
        "device.delete",
        "reading.create",
        "reading.purge",
        "comment.create",
        "comment.purge",
        "vote.purge",
      ],
      run: (event) => void events.push(event),
    },
    "note-bucket": {
      on: ["comment.create", "policy.create", "device.create"],
      buckets: () => ["b"],
      run: (event) => void bucketUris.push(event.uri),
    },
  },
});

const C = "/buckets/b/collections/c";
const RECORD = `${C}/records/r`;
const COMMENTS = `${RECORD}/comments`;

let store: TestStore;
let devices = 0;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket(), flush(), lab()] });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.post("/__flush__");
  await store.put("/buckets/b");
  await store.put(C);
  await store.put(RECORD);
});

/** Before each test, delivers the events of the flush and clears `events`. */
const clearEventsBeforeEach = () =>
  beforeEach(async () => {
    await drain();
    events.length = 0;
  });

/** Delivers all events. Each drain purges one level: bucket, collection, record, comment, vote. */
const drain = async () => {
  for (let level = 0; level < 6; level++) await store.drain();
};

/** Creates a device as alice and returns its URI. */
const createDevice = async (data: object = {}) => {
  const uri = `/devices/d${devices++}`;
  await store.put(uri, { data: { serial: "1", ...data } });
  return uri;
};
const idsOf = ({ body }: { body: { data: readonly { id: string }[] } }) => body.data.map(({ id }) => id).sort();

describe("plugin resource", () => {
  it("can be created, read, replaced, patched and deleted", async () => {
    const created = await store.put("/devices/d", { data: { serial: "1" } });
    const read = await store.get("/devices/d");
    const replaced = await store.put("/devices/d", { data: { serial: "2", b: 1 } });
    const merged = await store.patch(
      "/devices/d",
      { data: { b: null } },
      { headers: { "content-type": "application/merge-patch+json" } },
    );
    const patched = await store.patch("/devices/d", [{ op: "replace", path: "/data/serial", value: "3" }], {
      headers: { "content-type": "application/json-patch+json" },
    });
    const deleted = await store.delete("/devices/d");

    expect([created.status, read.status, replaced.status, merged.status, patched.status, deleted.status]).toEqual([
      201, 200, 200, 200, 200, 200,
    ]);
    expect(read.body).toEqual({
      data: { id: "d", serial: "1", last_modified: created.body.data.last_modified },
      permissions: { write: [await store.userId("alice")] },
    });
    expect(merged.body.data).toEqual({ id: "d", serial: "2", last_modified: expect.any(Number) });
    expect(patched.body.data.serial).toBe("3");
    expect(deleted.body.data).toMatchObject({ id: "d", deleted: true });
    // As for buckets: an object that does not exist returns 403.
    expect((await store.get("/devices/d")).status).toBe(403);
  });

  it("can be posted without an id, counted, filtered, sorted, paged and listed since a timestamp", async () => {
    const posted = await store.post("/devices", { data: { serial: "a", size: 1 } });
    const { last_modified: since } = posted.body.data;
    for (const size of [4, 2, 3]) await store.post("/devices", { data: { serial: "b", size } });

    const sizes = async (query: string) =>
      (await store.get(`/devices?${query}`)).body.data.map(({ size }: { size: number }) => size);
    expect(posted.status).toBe(201);
    expect(posted.body.data.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await sizes("_sort=size&serial=b")).toEqual([2, 3, 4]);
    expect(await sizes("_sort=-size&max_size=3")).toEqual([3, 2, 1]);
    expect((await sizes(`_since=${since}`)).toSorted()).toEqual([2, 3, 4]);
    const page = await store.get("/devices?_sort=size&_limit=3");
    const next = await store.get(String(page.headers.get("next-page")));
    expect([page.body.data.length, next.body.data.map(({ size }: { size: number }) => size)]).toEqual([3, [4]]);
    expect((await store.request("/devices", { method: "HEAD" })).headers.get("total-objects")).toBe("4");
    expect(idsOf(await store.delete("/devices?serial=b"))).toHaveLength(3);
  });

  it("supports preconditions", async () => {
    const uri = await createDevice();
    const { headers } = await store.get(uri);
    const etag = String(headers.get("etag"));

    expect((await store.get(uri, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await store.put(uri, { data: { serial: "2" } }, { headers: { "if-none-match": "*" } })).status).toBe(412);
    expect((await store.put(uri, { data: { serial: "2" } }, { headers: { "if-match": etag } })).status).toBe(200);
    expect((await store.delete(uri, { headers: { "if-match": etag } })).status).toBe(412);
  });

  it("can be created in a batch together with its parent", async () => {
    const requests = [
      { method: "PUT", path: "/devices/d", body: { data: { serial: "1" } } },
      ...Array.from({ length: 23 }, (_, i) => ({ method: "PUT", path: `/devices/d/readings/x${i}`, body: {} })),
      { method: "GET", path: "/devices/d/readings" },
    ];
    const { body } = await store.post("/batch", { requests });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([...Array(24).fill(201), 200]);
    expect(body.responses[24].body.data).toHaveLength(23);
  });

  it("leaves room in a transaction for a whole batch of records or buckets", async () => {
    const put = (path: string) =>
      Array.from({ length: 25 }, (_, i) => ({ method: "PUT", path: `${path}/x${i}`, body: {} }));

    for (const path of [`${C}/records`, "/buckets"]) {
      const { body } = await store.post("/batch", { requests: put(path) });
      expect(body.responses.map(({ status }: { status: number }) => status)).toEqual(Array(25).fill(201));
    }
  });

  it("returns 404 when its parent does not exist", async () => {
    expect((await store.put("/devices/none/readings/x")).body).toMatchObject({
      code: 404,
      errno: 111,
      details: { id: "none", resource_name: "device" },
    });
    expect((await store.put(`${C}/records/none/comments/x`)).status).toBe(404);
    expect((await store.get(`${C}/records/none/comments`)).status).toBe(404);
    expect((await store.put("/comments/x")).status).toBe(404);
    expect((await store.put(`${C}/comments/x`)).status).toBe(404);
  });

  it("returns 400 when its path is too long for the table", async () => {
    const id = (letter: string) => letter.repeat(256);
    const record = `/buckets/${id("b")}/collections/${id("c")}/records/${id("r")}`;
    for (const uri of [`/buckets/${id("b")}`, `/buckets/${id("b")}/collections/${id("c")}`, record])
      await store.put(uri);

    expect((await store.put(`${record}/comments/${"x".repeat(100)}`)).status).toBe(201);
    expect((await store.put(`${record}/comments/${id("x")}`)).body).toMatchObject({
      code: 400,
      message: "path: The path is too long: at most 950 characters are allowed",
    });
    expect((await store.get(`${record}/comments/${id("x")}`)).status).toBe(400);
    expect((await store.get(`${record}/comments/${id("x")}/votes`)).status).toBe(404);
  });

  it("returns 400 for invalid ids and 405 for other methods", async () => {
    expect((await store.put("/devices/%20", { data: { serial: "1" } })).status).toBe(400);
    expect((await store.request("/devices", { method: "PUT", body: {} })).status).toBe(405);
    expect(
      (
        await store.request("/devices/d", {
          method: "OPTIONS",
          as: null,
          headers: { origin: "https://x.org", "access-control-request-method": "PUT" },
        })
      ).status,
    ).toBe(200);
  });
});

describe("OpenAPI document", () => {
  it("describes plugin resources with unique operation ids", async () => {
    const { body } = await store.get("/__api__");
    const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap(
      ({ parameters: _, ...methods }) => Object.values(methods),
    );
    const ids = operations.map(({ operationId }) => operationId);

    expect(await new Validator().validate(structuredClone(body))).toEqual({ valid: true });
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        "/devices",
        "/devices/{device_id}/readings/{id}",
        "/buckets/{bucket_id}/collections/{collection_id}/records/{record_id}/comments/{id}",
      ]),
    );
    expect(body.components.schemas.device.description).toBe("A sensor in the field.");
    expect(body.components.schemas.Version.properties).toHaveProperty("version");
  });
});

describe("data of a plugin resource", () => {
  it("must match the schema of its resource for every kind of write", async () => {
    const uri = await createDevice();
    const invalid = {
      code: 400,
      details: [{ location: "body", name: "data.serial", description: expect.any(String) }],
    };

    expect((await store.put(uri, { data: { serial: 5 } })).body).toMatchObject(invalid);
    expect((await store.post("/devices", { data: {} })).body).toMatchObject(invalid);
    expect((await store.put("/devices/empty")).body).toMatchObject(invalid);
    expect((await store.patch(uri, { data: { serial: null } })).body).toMatchObject(invalid);
    expect(
      (
        await store.patch(uri, [{ op: "remove", path: "/data/serial" }], {
          headers: { "content-type": "application/json-patch+json" },
        })
      ).body,
    ).toMatchObject(invalid);
    expect(
      (await store.put(uri, { data: { serial: 5, place: { height: "high" } } })).body.details.map(
        ({ name }: { name: string }) => name,
      ),
    ).toEqual(["data.place.height", "data.serial"]);
    expect((await store.get(uri)).body.data.serial).toBe("1");
  });

  it("is stored unchanged and stays when only the permissions are replaced", async () => {
    const uri = await createDevice({ extra: { list: ["x"] } });

    expect((await store.put(uri, { permissions: { read: ["system.Everyone"] } })).body.data).toMatchObject({
      serial: "1",
      extra: { list: ["x"] },
    });
    expect((await store.get(uri, { as: null })).status).toBe(200);
  });

  it("returns the first 20 issues when there are more", async () => {
    const strictStore = await startStore({
      plugins: [
        basicauth(),
        definePlugin({
          name: "strict",
          about: "Adds a resource with a schema.",
          resources: { item: { about: "An item.", schema: z.object({ all: z.array(z.string()) }) } },
        })(),
      ],
    });
    const { status, body } = await strictStore.post("/items", { data: { all: Array(500).fill(1) } });
    await strictStore.close();

    expect([status, body.details.length]).toEqual([400, 20]);
  });
});

describe("permissions of a plugin resource", () => {
  it("give access at the top level to the creator and to those it is shared with", async () => {
    const bob = await store.userId("bob");
    const uri = await createDevice();

    expect((await store.get(uri, { as: "bob" })).status).toBe(403);
    expect((await store.get(uri, { as: null })).status).toBe(401);
    expect((await store.get("/devices", { as: "bob" })).body.data).toEqual([]);
    await store.patch(uri, { permissions: { read: [bob] } });
    expect((await store.get(uri, { as: "bob" })).body.permissions).toEqual({});
    expect(idsOf(await store.get("/devices", { as: "bob" }))).toEqual([uri.slice("/devices/".length)]);
    expect((await store.patch(uri, { data: { serial: "2" } }, { as: "bob" })).status).toBe(403);
    expect((await store.put("/devices/anonymous", { data: { serial: "1" } }, { as: null })).status).toBe(401);
  });

  it("are inherited from every ancestor", async () => {
    const bob = await store.userId("bob");
    await store.put(`${COMMENTS}/x`, { data: { text: "Yes." } });
    await store.put(`${COMMENTS}/x/votes/v`);
    const asBob = async () => [
      (await store.get(`${COMMENTS}/x/votes/v`, { as: "bob" })).status,
      (await store.get(`${COMMENTS}/x/votes`, { as: "bob" })).status,
      // The permission is checked before the precondition, so 412 means that bob may write.
      (await store.patch(`${COMMENTS}/x`, { data: { text: "No." } }, { as: "bob", headers: { "if-match": '"1"' } }))
        .status,
    ];

    expect(await asBob()).toEqual([403, 403, 403]);
    for (const uri of [`${COMMENTS}/x`, RECORD, C, "/buckets/b"]) {
      await store.patch(uri, { permissions: { read: [bob] } });
      expect(await asBob()).toEqual([200, 200, 403]);
      await store.patch(uri, { permissions: { read: [], write: [bob] } });
      expect(await asBob()).toEqual([200, 200, 412]);
      await store.patch(uri, { permissions: { write: [] } });
      expect(await asBob()).toEqual([403, 403, 403]);
    }
  });

  it("can allow only creating it, by a permission on its parent", async () => {
    const bob = await store.userId("bob");
    expect((await store.put(`${COMMENTS}/x`, {}, { as: "bob" })).status).toBe(403);

    const shared = await store.patch(RECORD, { permissions: { "comment:create": [bob] } });
    const created = await store.put(`${COMMENTS}/x`, {}, { as: "bob" });

    expect(shared.body.permissions["comment:create"]).toEqual([bob]);
    expect([created.status, created.body.permissions]).toEqual([201, { write: [bob] }]);
    expect((await store.get(RECORD, { as: "bob" })).status).toBe(200);
    expect((await store.patch(RECORD, { data: { a: 1 } }, { as: "bob" })).status).toBe(403);
    expect((await store.get("/buckets/b", { as: "bob" })).status).toBe(403);
    expect((await store.patch(C, { permissions: { "comment:create": [bob] } })).body.details[0].description).toBe(
      '"comment:create" is not one of read, write, record:create',
    );
  });

  it("include the defaults that its plugin defines", async () => {
    expect((await store.put("/buckets/b/policies/p", { data: { a: 1 } }, { as: "bob" })).status).toBe(201);
    expect((await store.get("/buckets/b/policies/p", { as: null })).body.data.a).toBe(1);
    expect((await store.get("/buckets/b/policies", { as: null })).body.data).toHaveLength(1);
    expect((await store.patch("/buckets/b/policies/p", { data: { a: 2 } }, { as: "carl" })).status).toBe(403);
    expect((await store.put("/versions/v", {})).status).toBe(403);
  });

  it("can be given to groups, and a group can be its parent", async () => {
    const bob = await store.userId("bob");
    await store.put("/buckets/b/groups/g", { data: { members: [bob] } });
    await store.put("/buckets/b/groups/g/badges/gold");
    const uri = await createDevice();
    await store.patch(uri, { permissions: { write: ["/buckets/b/groups/g"] } });

    expect((await store.get(uri, { as: "bob" })).status).toBe(200);
    expect((await store.get("/buckets/b/groups/g/badges/gold", { as: "bob" })).status).toBe(403);
    await store.delete("/buckets/b/groups/g");
    expect((await store.get(uri, { as: "bob" })).status).toBe(403);
  });

  it("are listed at /permissions and can be filtered there by id", async () => {
    await createDevice();
    await store.put(`${COMMENTS}/x`, {});
    const { body } = await store.get("/permissions");
    const root = body.data.find(({ uri }: { uri: string }) => uri === "/");
    const bob = (await store.get("/permissions", { as: "bob" })).body.data;

    expect(root.permissions).toEqual(["bucket:create", "device:create"]);
    expect((await store.get("/permissions?comment_id=x")).body.data).toEqual([
      {
        ...{
          uri: `${COMMENTS}/x`,
          resource_name: "comment",
          id: "x",
          comment_id: "x",
          record_id: "r",
          collection_id: "c",
          bucket_id: "b",
        },
        permissions: ["write", "read", "read:attributes", "vote:create"],
      },
    ]);
    expect(bob.map(({ uri, permissions }: { uri: string; permissions: string[] }) => [uri, permissions])).toEqual([
      ["/buckets/b", ["policy:create", "read:attributes"]],
      ["/", ["bucket:create", "device:create"]],
    ]);
  });
});

describe("change events of a plugin resource", () => {
  clearEventsBeforeEach();

  it("reach listeners with the ids of all ancestors", async () => {
    const uri = await createDevice();
    await store.put(`${uri}/readings/x`, { data: { celsius: 20 } });
    await store.patch(uri, { data: { serial: "2" } });
    await store.put(`${COMMENTS}/x`, {});
    await drain();

    const [device, record] = [
      { device_id: uri.slice("/devices/".length) },
      { bucket_id: "b", collection_id: "c", record_id: "r" },
    ];
    const user_id = await store.userId("alice");
    expect(events.toSorted((a, b) => (a.timestamp === b.timestamp ? 0 : a.timestamp - b.timestamp))).toMatchObject([
      { ...device, user_id, resource_name: "device", action: "create", uri, new: { serial: "1" } },
      { ...device, user_id, resource_name: "reading", action: "create", reading_id: "x", new: { celsius: 20 } },
      { ...device, user_id, resource_name: "device", action: "update", old: { serial: "1" }, new: { serial: "2" } },
      { ...record, user_id, resource_name: "comment", action: "create", comment_id: "x" },
    ]);
    expect(events[0]).not.toHaveProperty("bucket_id");
  });

  it("reach a listener of a bucket only for objects in the bucket", async () => {
    bucketUris.length = 0;
    await createDevice();
    await store.put(`${COMMENTS}/x`, {});
    await store.put("/buckets/b/policies/p", {});
    await store.put("/buckets/other");
    await store.put("/buckets/other/policies/p", {});
    await drain();

    expect(bucketUris.toSorted()).toEqual([`${COMMENTS}/x`, "/buckets/b/policies/p"]);
  });

  it("purge the contents of a deleted bucket at any depth, and a new bucket with its id is empty", async () => {
    await store.put(`${COMMENTS}/x`, {});
    await store.put(`${COMMENTS}/x/votes/v`, {});
    await store.delete("/buckets/b");
    expect((await store.get(`${COMMENTS}/x/votes/v`)).status).toBe(403);
    for (const uri of ["/buckets/b", C, RECORD]) await store.put(uri);
    expect((await store.get(COMMENTS)).body.data).toEqual([]);
    await store.put(`${COMMENTS}/new`, {});
    await drain();

    const purged = events.filter(({ action }) => action === "purge").map(({ uri }) => uri);
    expect(purged.toSorted()).toEqual([`${COMMENTS}/x`, `${COMMENTS}/x/votes/v`]);
    expect(idsOf(await store.get(COMMENTS))).toEqual(["new"]);
  });

  it("purge the contents of each deleted object when an object or a list is deleted", async () => {
    const uri = await createDevice();
    await store.put(`${uri}/readings/x`, {});
    await store.put(`${COMMENTS}/x`, {});
    await store.delete(RECORD);
    await store.delete("/devices");
    await drain();

    expect(
      events
        .filter(({ action }) => action === "purge")
        .map((event) => event.uri)
        .toSorted(),
    ).toEqual([`${COMMENTS}/x`, `${uri}/readings/x`].toSorted());
    await store.put(RECORD, {});
    expect((await store.get(COMMENTS)).body.data).toEqual([]);
  });

  it("purge plugin resources after a flush", async () => {
    const uri = await createDevice();
    await store.put(`${uri}/readings/x`, {});
    await store.post("/__flush__");
    await drain();

    expect((await store.get("/devices")).body.data).toEqual([]);
    expect(events.filter(({ action }) => action === "purge").map((event) => event.uri)).toEqual([`${uri}/readings/x`]);
  });
});

describe("store whose plugins are removed and added", () => {
  clearEventsBeforeEach();

  /** Opens the same store without the plugin. `send` sends a request as alice and returns the status. */
  const openWithoutPlugin = async () => {
    const api = await createApi({ ...store.options, config: readConfig({ plugins: [basicauth()] }) });
    const { request } = requestApi(api);
    const headers = { authorization: `Basic ${Buffer.from("alice:secret").toString("base64")}` };
    const send = async (method: string, uri: string, data?: object, type = "application/json") => {
      const body = data === undefined ? undefined : JSON.stringify(Array.isArray(data) ? data : { data });
      return (
        await request(`/v1${uri}`, {
          method,
          headers: { ...headers, "content-type": type },
          ...(body !== undefined && { body }),
        })
      ).status;
    };
    return { send, [Symbol.asyncDispose]: () => api.close() };
  };

  it("hides the resources of a removed plugin and returns them when it is added again", async () => {
    await using withoutPlugin = await openWithoutPlugin();
    await store.put(`${COMMENTS}/x`, {});
    await store.patch(RECORD, { permissions: { "comment:create": ["system.Everyone"] } });

    expect(await withoutPlugin.send("GET", `${COMMENTS}/x`)).toBe(404);
    expect(
      await withoutPlugin.send(
        "PATCH",
        RECORD,
        [{ op: "add", path: "/data/a", value: 1 }],
        "application/json-patch+json",
      ),
    ).toBe(200);
    expect(await withoutPlugin.send("PUT", RECORD, { changed: true })).toBe(200);
    expect(await withoutPlugin.send("GET", "/permissions")).toBe(200);
    expect(idsOf(await store.get(COMMENTS))).toEqual(["x"]);
  });

  it("allows resources of a new plugin in older objects and purges them with the objects", async () => {
    await using withoutPlugin = await openWithoutPlugin();
    const old = `${C}/records/old`;
    await withoutPlugin.send("PUT", old, { a: 1 });

    await store.put(`${old}/comments/x`, {});
    expect((await store.put(old, { data: { a: 2 } })).status).toBe(200);
    expect(await withoutPlugin.send("PUT", old, { a: 3 })).toBe(200);
    expect(idsOf(await store.get(`${old}/comments`))).toEqual(["x"]);

    await store.delete(old);
    expect((await store.get(`${old}/comments`)).status).toBe(404);
    await store.put(old, {});
    expect((await store.get(`${old}/comments`)).body.data).toEqual([]);
    await drain();
    expect(events.filter(({ action }) => action === "purge").map(({ uri }) => uri)).toEqual([`${old}/comments/x`]);
  });
});

describe("readonly store", () => {
  it("returns 405 for writes of plugin resources and still lists them", async () => {
    const readonlyStore = await startStore({ plugins: [basicauth(), lab()], settings: { readonly: true } });
    const [put, get] = [
      await readonlyStore.put("/devices/d", { data: { serial: "1" } }),
      await readonlyStore.get("/devices"),
    ];
    await readonlyStore.close();

    expect([put.status, get.status, get.body.data]).toEqual([405, 200, []]);
  });
});
