import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createObject, createObjectPlan, ensureObject } from "../../../core/objects/create-object.ts";
import { type ObjectRef, objectRef } from "../../../core/resources.ts";
import { failureOf, openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const WRITER = "basicauth:writer";
const READER = "basicauth:reader";
const GUEST = "basicauth:guest";
/** May create groups everywhere. */
const GROUPER = "basicauth:grouper";
const LIST = "/buckets/a/collections/c/records";

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases({ settings: { groupCreatePrincipals: [GROUPER] } });
  await store.put("/buckets/a", { acl: { write: [OWNER], read: [READER] } });
  await store.put("/buckets/a/groups/guests", { data: { members: [GUEST] } });
  await store.put("/buckets/a/collections/c", { acl: { "record:create": [WRITER] } });
  await store.put(`${LIST}/existing`, { data: { a: 1 }, acl: { read: ["/buckets/a/groups/guests"], write: [OWNER] } });
  await store.put(`${LIST}/other`, { data: { a: 1 } });
  await store.put("/buckets/a/collections/open");
  await store.put("/buckets/a/collections/open/records/public", { acl: { read: ["system.Everyone"] } });
});
afterAll(() => store[Symbol.asyncDispose]());

describe("createObject", () => {
  it("stores an object and grants its creator write", async () => {
    const created = await store.as(WRITER).create(LIST, { data: { id: "new", a: 1 }, permissions: { read: [GUEST] } });

    expect(created).toMatchObject({
      data: { id: "new", a: 1 },
      permissions: { read: [GUEST], write: [WRITER] },
      created: true,
    });
    expect(await store.as(WRITER).get(`${LIST}/new`)).toEqual({ data: created.data, permissions: created.permissions });
  });

  it("generates an id and stores an empty object", async () => {
    const { data } = await store.as(WRITER).create(LIST);

    expect(data).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), last_modified: expect.any(Number) });
    expect((await store.as(OWNER).create("/buckets/a/collections")).data.id).toMatch(/^[\w-]{8}$/);
  });

  it("returns an existing object unchanged, with its permissions for those who may change it", async () => {
    const draft = { data: { id: "existing", a: 2 } };
    const existing = { data: { id: "existing", a: 1 }, created: false };

    expect(await store.as(OWNER).create(LIST, draft)).toMatchObject({
      ...existing,
      permissions: { read: ["/buckets/a/groups/guests"], write: [OWNER] },
    });
    expect(await store.as(READER).create(LIST, draft)).toMatchObject({ ...existing, permissions: {} });
    expect(await store.as(GUEST).create(LIST, draft)).toMatchObject({ ...existing, permissions: {} });
  });

  it.each([
    [READER, "new-by-reader", "FORBIDDEN"],
    [READER, undefined, "FORBIDDEN"],
    [GUEST, "new-by-guest", "FORBIDDEN"],
    [GUEST, "other", "FORBIDDEN"],
    [WRITER, "other", "FORBIDDEN"],
    ["basicauth:nothing", "existing", "FORBIDDEN"],
    [null, "existing", "MISSING_AUTH_TOKEN"],
    [null, undefined, "MISSING_AUTH_TOKEN"],
    [GUEST, "a b", "INVALID_PARAMETERS"],
    ["basicauth:nothing", "a b", "FORBIDDEN"],
  ])("refuses %j who creates %j: %s", async (user, id, kind) => {
    const draft = id === undefined ? {} : { data: { id } };

    expect(await failureOf(store.as(user).create(LIST, draft))).toMatchObject({ kind });
  });

  it("refuses an invalid id, a missing parent, and those who may only read", async () => {
    const create = (list: string, id: string, user: string | null = OWNER) =>
      failureOf(store.as(user).create(list, { data: { id } }));

    expect(await create(LIST, "a b")).toMatchObject({
      details: [{ location: "path", name: null, description: "Invalid object id" }],
    });
    expect(await create(LIST, "")).toMatchObject({ kind: "INVALID_PARAMETERS" });
    expect(await create("/buckets/a/collections/none/records", "r")).toMatchObject({
      kind: "MISSING_RESOURCE",
      details: { id: "none", resource_name: "collection" },
    });
    expect(await create("/buckets/a/collections/none/records", "r", null)).toMatchObject({ kind: "MISSING_RESOURCE" });
    expect(await create("/buckets/a/collections/open/records", "new", null)).toMatchObject({
      kind: "MISSING_AUTH_TOKEN",
    });
    expect(await create("/buckets/none/collections", "c")).toMatchObject({ kind: "FORBIDDEN" });
    expect(await create("/buckets/none/groups", "g", GROUPER)).toMatchObject({ kind: "MISSING_RESOURCE" });
    expect(await create("/buckets/a/groups", "g", GROUPER)).toHaveProperty("accepted");
  });

  it("checks the list's timestamp for a generated id, and the object's for another", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST, "_limit=1");
    const existing = await store.as(READER).create(LIST, { data: { id: "existing" } });
    const create = (id: string | undefined, preconditions: object) =>
      failureOf(store.as(OWNER).create(LIST, id === undefined ? {} : { data: { id } }, { preconditions }));

    expect(await create(undefined, { ifMatch: [timestamp - 1] })).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
      timestamp,
    });
    expect(await create("existing", { ifMatch: [timestamp] })).toMatchObject({
      kind: "MODIFIED_MEANWHILE",
      timestamp: existing.data.last_modified,
    });
    expect(await create("existing", { ifNoneMatch: "*" })).toMatchObject({ kind: "MODIFIED_MEANWHILE" });
    expect(await create("missing", { ifMatch: [timestamp] })).toMatchObject({ kind: "MODIFIED_MEANWHILE", timestamp });
    expect(await create("fresh", { ifNoneMatch: "*" })).toMatchObject({ accepted: { created: true } });
    expect(await create(undefined, { ifNoneMatch: "*" })).toMatchObject({ accepted: { created: true } });
    const { timestamp: latest } = await store.as(OWNER).list(LIST, "_limit=1");
    expect(await create(undefined, { ifMatch: [latest] })).toMatchObject({ accepted: { created: true } });
  });

  it("lets only one of several writers create in the same state of a list", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST, "_limit=1");
    const create = () => failureOf(store.as(OWNER).create(LIST, {}, { preconditions: { ifMatch: [timestamp] } }));
    const results = await Promise.all([create(), create(), create()]);

    expect(results.filter((result) => "accepted" in result)).toHaveLength(1);
  });

  it("insists on the state of the list only where a generated id and If-Match demand it", async () => {
    const { timestamp } = await store.as(OWNER).list(LIST, "_limit=1");
    const insists = (id: string | undefined, ifMatch: "*" | readonly number[] | undefined) =>
      store.run({ objects: [], clocks: [], writes: [] }, async (session) => {
        const discard = session.view.savepoint();
        await createObject(store.context, session, {
          ...{
            list: store.listOf(LIST),
            user: OWNER,
            preconditions: () => ({ ifMatch }),
            id: () => id,
            draft: () => ({}),
          },
        });
        const clock = session.view.buildCommit()?.clocks.find(({ list }) => list.uri === LIST);
        discard();
        return clock?.requireUnchanged;
      });

    expect(await insists(undefined, [timestamp])).toBe(true);
    expect(await insists(undefined, undefined)).toBe(false);
    expect(await insists("insisting", undefined)).toBe(false);
  });

  it("finds groups that only the existing object names", async () => {
    const list = store.listOf(LIST);
    const { object } = await store.run(createObjectPlan(list, undefined), (session) =>
      createObject(store.context, session, {
        ...{ list, user: GUEST, preconditions: () => ({}), id: () => "existing", draft: () => ({}) },
      }),
    );

    expect(object.json).toContain('"a":1');
  });

  it("validates the draft", async () => {
    expect(
      await failureOf(store.as(OWNER).create("/buckets/a/groups", { data: { id: "g", members: 1 } })),
    ).toMatchObject({ details: [{ name: "data.members" }] });
    expect((await store.as(OWNER).create("/buckets/a/groups", { permissions: {} })).data).not.toHaveProperty("members");
    expect((await store.as(OWNER).create("/buckets/a/groups", { data: {} })).data).toMatchObject({ members: [] });
  });
});

describe("ensureObject", () => {
  const ensure = (ref: ObjectRef) => {
    const plan = { objects: [ref], clocks: [ref.list], writes: [ref.list] };
    const context = { ...store.context, explicitPermissions: false };
    return store.run(plan, (session) => ensureObject(context, session, ref, WRITER));
  };

  it("creates an empty object for the user", async () => {
    await ensure(store.refOf("/buckets/a/collections/ensured"));

    expect(await store.as(WRITER).get("/buckets/a/collections/ensured")).toMatchObject({
      permissions: { write: [WRITER] },
    });
  });

  it("leaves an existing object as it is", async () => {
    const before = await store.as(OWNER).get(`${LIST}/existing`);
    await ensure(store.refOf(`${LIST}/existing`));

    expect(await store.as(OWNER).get(`${LIST}/existing`)).toEqual(before);
  });

  it("refuses a missing parent and an invalid id", async () => {
    expect(await failureOf(ensure(store.refOf("/buckets/none/collections/c")))).toMatchObject({
      kind: "MISSING_RESOURCE",
    });
    expect(await failureOf(ensure(objectRef(store.listOf(LIST), "a b")))).toMatchObject({ kind: "INVALID_PARAMETERS" });
  });
});
