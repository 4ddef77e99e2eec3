import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Refusal } from "../../../core/errors.ts";
import type { HookedChange, ObjectChange } from "../../../core/hooks.ts";
import { acceptTimestamp, MAX_OBJECT_BYTES } from "../../../core/objects/store-object.ts";
import { createResources } from "../../../core/resources.ts";
import type { Session } from "../../../core/store/session.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const LIST = "/buckets/a/collections/c/records";
const DAY_MS = 24 * 3600 * 1000;
const RESOURCES = createResources([
  {
    name: "device",
    about: "Is a test.",
    plural: "devices",
    parent: null,
    principals: { create: ["system.Authenticated"], read: [], write: [] },
    findIssues: async (data) => {
      if (data.slow === true) return Array.from({ length: 30 }, (_, index) => ({ path: [index], message: "is slow" }));
      return Object.keys(data)
        .filter((name) => name.startsWith("bad"))
        .map((name) => ({ path: [name, 0], message: `is ${name}` }));
    },
  },
]);

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({ resources: RESOURCES });
  await store.put("/buckets/a", { acl: { write: [OWNER] } });
  await store.put("/buckets/a/collections/c");
});
afterAll(() => store[Symbol.asyncDispose]());

const issues = (name: string, description: unknown = expect.any(String)) => ({
  kind: "INVALID_PARAMETERS",
  details: [{ location: "body", name, description }],
});

describe("storeObject", () => {
  it("grants write to the users who create and change an object, anonymous ones too", async () => {
    await store.put("/buckets/open", { acl: { "collection:create": ["system.Everyone"] } });
    await store.as(null).replace("/buckets/open/collections/c", { data: {} });
    await store.put("/buckets/open/collections/d", { acl: { write: ["basicauth:first", OWNER], read: [OWNER] } });

    expect((await store.as(OWNER).replace("/buckets/open/collections/d")).permissions).toEqual({
      write: ["basicauth:first", OWNER],
      read: [OWNER],
    });
    expect((await store.as(null).replace("/buckets/open/collections/c")).permissions).toEqual({
      write: ["system.Everyone"],
    });
    await store.put(`${LIST}/granted`, { acl: { write: ["basicauth:first"] } });
    expect((await store.as("basicauth:first").replace(`${LIST}/granted`)).permissions).toEqual({
      write: ["basicauth:first"],
    });
  });

  it("refuses an object that is larger than an item of the table", async () => {
    const create = (more: number) =>
      store.as(OWNER).create(LIST, { data: { text: "é".repeat(100_000) + "x".repeat(more) } });

    expect(MAX_OBJECT_BYTES).toBe(401_408);
    const { data, permissions } = await create(0);
    const rest = MAX_OBJECT_BYTES - Buffer.byteLength(JSON.stringify(data) + JSON.stringify(permissions));
    expect(await create(rest)).toMatchObject({ created: true });
    expect(await failureOf(create(rest + 1))).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
      message: expect.stringContaining(`the limit is ${MAX_OBJECT_BYTES} bytes`),
    });
    const principals = Array.from({ length: 900 }, (_, index) => `${"p".repeat(450)}${index}`);
    expect(await failureOf(store.as(OWNER).create(LIST, { permissions: { read: principals } }))).toMatchObject({
      kind: "REQUEST_TOO_LARGE",
    });
  });

  it("names issues of plugins' resources, at most 20", async () => {
    const create = (data: JsonObject) => failureOf(store.as(OWNER).create("/devices", { data }));

    expect(await create({ id: "bad", good: 1 })).toHaveProperty("accepted");
    expect(await create({ bad1: 1, bad2: 2 })).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        { location: "body", name: "data.bad1.0", description: "is bad1" },
        { location: "body", name: "data.bad2.0", description: "is bad2" },
      ],
    });
    expect(await create({ slow: true })).toHaveProperty("details.length", 20);
  });

  it("takes a writer's last_modified", async () => {
    const future = Date.now() + 60_000;
    const created = await store.as(OWNER).create(LIST, { data: { id: "timed", last_modified: 5000 } });
    const replaced = await store.as(OWNER).replace(`${LIST}/timed`, { data: { last_modified: future } });

    expect(created.data.last_modified).toBe(5000);
    expect(replaced.data.last_modified).toBe(future);
    expect((await store.as(OWNER).replace(`${LIST}/timed`, { data: { last_modified: 6000 } })).data).toMatchObject({
      last_modified: expect.any(Number),
    });
    const patched = store.as(OWNER).patch(`${LIST}/timed`, { kind: "fields", data: { last_modified: -1 } });
    expect(await failureOf(patched)).toMatchObject(issues("last_modified"));
    const tooLate = Date.now() + DAY_MS + 60_000;
    expect(await failureOf(store.as(OWNER).create(LIST, { data: { last_modified: tooLate } }))).toMatchObject(
      issues("data.last_modified"),
    );
  });
});

describe("schemas", () => {
  const SCHEMA = { required: ["title"] };
  beforeEach(async () => {
    await store.put("/buckets/s", {
      acl: { write: [OWNER] },
      data: { "record:schema": SCHEMA, "collection:schema": SCHEMA, "group:schema": SCHEMA },
    });
    await store.put("/buckets/s/collections/c", { data: { schema: { required: ["text"] } } });
    await store.put("/buckets/s/groups/g", { data: { members: [] } });
  });

  it.each([
    ["/buckets/s/collections/new", {}, "title"],
    ["/buckets/s/collections/new", { title: 1 }, undefined],
    ["/buckets/s/groups/new", {}, "title"],
    ["/buckets/s/groups/new", { title: 1 }, undefined],
    ["/buckets/s/collections/c/records/r", {}, "text"],
    ["/buckets/s/collections/c/records/r", { text: 1 }, "title"],
    ["/buckets/s/collections/c/records/r", { text: 1, title: 1 }, undefined],
    ["/buckets/s", { title: 1 }, undefined],
    ["/devices/d", {}, undefined],
  ])("of the parents of %s find in %j the issue %j", async (uri, data, name) => {
    const result = await failureOf(store.as(OWNER).replace(uri, { data }));

    if (name === undefined) expect(result).toHaveProperty("accepted");
    else expect(result).toMatchObject(issues(name));
  });

  it("put the collection's timestamp into records", async () => {
    const collection = (await store.as(OWNER).get("/buckets/s/collections/c")) as { data: JsonObject };
    const { data } = await store
      .as(OWNER)
      .replace("/buckets/s/collections/c/records/r", { data: { text: 1, title: 1 } });

    expect(data.schema).toBe(collection.data.last_modified);
  });

  it("find issues in patched objects too", async () => {
    const patch = (uri: string, data: JsonObject) => failureOf(store.as(OWNER).patch(uri, { kind: "fields", data }));

    expect(await patch("/buckets/s/groups/g", { members: 1 })).toMatchObject(issues("members"));
    expect(await patch("/buckets/s/collections/c", { schema: 1, title: 1 })).toMatchObject(issues("schema"));
    expect(await patch("/buckets/s/collections/c", { other: 1 })).toMatchObject(issues("title"));
  });

  it("are not used where the settings disable them", async () => {
    const off = await openUseCases({ settings: { experimentalCollectionSchemaValidation: false } });
    await off.put("/buckets/s", { acl: { write: [OWNER] }, data: { "record:schema": SCHEMA } });
    await off.put("/buckets/s/collections/c", { data: { schema: SCHEMA } });

    expect((await off.as(OWNER).create("/buckets/s/collections/c/records")).data).not.toHaveProperty("schema");
    await off[Symbol.asyncDispose]();
  });
});

describe("acceptTimestamp", () => {
  const NOW = 1_800_000_000_000;
  const existing = { last_modified: 100 } as never;
  const accept = (value: unknown, options: { existing?: never } = {}) =>
    failureOf(
      Promise.resolve().then(() =>
        acceptTimestamp(value, { existing: options.existing, now: NOW, field: { location: "body", name: "t" } }),
      ),
    );

  it.each([
    [undefined, undefined],
    ["5", undefined],
    [1.5, undefined],
    [0, 0],
    [5, 5],
    [5n, 5],
    [NOW + DAY_MS, NOW + DAY_MS],
  ])("of %p is %j", async (value, expected) => {
    expect(await accept(value)).toEqual({ accepted: expected });
  });

  it.each([
    [99, undefined],
    [100, undefined],
    [101, 101],
  ])("of %j is %j for an object of the time 100", async (value, expected) => {
    expect(await accept(value, { existing })).toEqual({ accepted: expected });
  });

  it.each([
    [-1, "last_modified is a time in ms, at least 0"],
    [
      NOW + DAY_MS + 1,
      `last_modified is more than a day in the future. Send a time in ms of at most ${NOW + DAY_MS}, or none`,
    ],
  ])("refuses %j: %s", async (value, description) => {
    expect(await accept(value)).toMatchObject(issues("t", description));
  });
});

describe("hooks", () => {
  let changes: ObjectChange[] = [];
  let answer: HookedChange = { added: {} };
  let effect: (session: Session) => Promise<void> = async () => undefined;
  const hooks = {
    before: async (session: Session, change: ObjectChange) => {
      changes.push(change);
      await effect(session);
      return answer;
    },
  };
  let hooked: Awaited<ReturnType<typeof openUseCases>>;
  beforeAll(async () => {
    hooked = await openUseCases({ hooks });
    await hooked.put("/buckets/a", { acl: { write: [OWNER] }, data: { "group:schema": { required: ["title"] } } });
    await hooked.put("/buckets/a/collections/c");
  });
  afterAll(() => hooked[Symbol.asyncDispose]());
  beforeEach(async () => {
    await hooked.put(`${LIST}/r`, { data: { a: 1 }, acl: { write: [OWNER] } });
    changes = [];
    answer = { added: {} };
    effect = async () => undefined;
  });
  const SUBJECT = { user_id: OWNER, bucket_id: "a", collection_id: "c" };

  it("see what is created, updated and deleted", async () => {
    await hooked.as(OWNER).create(LIST, { data: { id: "n", b: 1, last_modified: 5 } });
    await hooked.as(OWNER).replace(`${LIST}/r`, { data: { b: 2 }, permissions: { read: ["u"] } });
    await hooked.as(OWNER).delete(`${LIST}/r`);
    await hooked.as(OWNER).deleteAll(LIST, "b=1");

    expect(changes).toMatchObject([
      { ...SUBJECT, action: "create", new: { id: "n", b: 1 }, new_permissions: { write: [OWNER] } },
      {
        ...SUBJECT,
        action: "update",
        new: { id: "r", b: 2 },
        new_permissions: { read: ["u"], write: [OWNER] },
        old: { id: "r", a: 1 },
        old_permissions: { write: [OWNER] },
      },
      { ...SUBJECT, action: "delete", old: { id: "r", b: 2 }, old_permissions: { read: ["u"], write: [OWNER] } },
      { ...SUBJECT, action: "delete", old: { id: "n", b: 1 } },
    ]);
    expect(changes[0]).not.toHaveProperty("old");
    // Only a time that the client has chosen is known before the change.
    expect(changes.map((change) => change.new?.last_modified)).toEqual([5, undefined, undefined, undefined]);
  });

  it("replace the data, but not its id and timestamp, and add permissions", async () => {
    answer = { data: { id: "other", c: 3, last_modified: 5 }, added: { read: ["reader"], write: [OWNER] } };
    const { data, permissions } = await hooked.as(OWNER).replace(`${LIST}/r`, { data: { a: 2 } });

    expect(data).toEqual({ id: "r", c: 3, last_modified: expect.any(Number) });
    expect(data.last_modified).toBeGreaterThan(5);
    expect(permissions).toEqual({ write: [OWNER], read: ["reader"] });
  });

  it("must return valid data", async () => {
    answer = { data: { members: 1 }, added: {} };
    expect(await failureOf(hooked.as(OWNER).create("/buckets/a/groups", { data: { title: 1 } }))).toMatchObject(
      issues("data.members"),
    );
    answer = { data: {}, added: {} };
    expect(await failureOf(hooked.as(OWNER).create("/buckets/a/groups", { data: { title: 1 } }))).toMatchObject(
      issues("title"),
    );
    answer = { data: { schema: 1 }, added: {} };
    expect(await failureOf(hooked.as(OWNER).create("/buckets/a/collections", {}))).toMatchObject(issues("data.schema"));
  });

  it("can reject a change", async () => {
    effect = async () => {
      throw new Refusal("CONFLICT", { message: "no" });
    };
    const before = await hooked.as(OWNER).get(`${LIST}/r`);

    for (const attempt of [
      hooked.as(OWNER).replace(`${LIST}/r`, { data: {} }),
      hooked.as(OWNER).create(LIST, { data: { id: "refused" } }),
      hooked.as(OWNER).delete(`${LIST}/r`),
      hooked.as(OWNER).deleteAll(LIST),
    ].map(failureOf))
      expect(await attempt).toMatchObject({ kind: "CONFLICT", message: "no" });
    expect(await hooked.as(OWNER).get(`${LIST}/r`)).toEqual(before);
  });

  it("that delete the parent make the write fail", async () => {
    await hooked.put("/buckets/a/collections/ending");
    effect = async (session) => {
      const ref = hooked.refOf("/buckets/a/collections/ending");
      const view = await session.read({ objects: [ref], clocks: [ref.list] });
      view.delete(ref, "hook");
    };

    expect(await failureOf(hooked.as(OWNER).create("/buckets/a/collections/ending/records"))).toMatchObject({
      kind: "MISSING_RESOURCE",
    });
  });

  it("that delete the object make its deletion fail, and are skipped in lists", async () => {
    const ref = hooked.refOf(`${LIST}/r`);
    effect = async (session) => {
      const view = await session.read({ objects: [ref], clocks: [ref.list] });
      if (view.object(ref) !== undefined) view.delete(ref, "hook");
    };

    expect(await failureOf(hooked.as(OWNER).delete(`${LIST}/r`))).toMatchObject({ kind: "INVALID_RESOURCE_ID" });
    expect(await hooked.as(OWNER).deleteAll(LIST, "a=1")).toEqual([]);
  });
});
