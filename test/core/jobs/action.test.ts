import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Action, findAction, listActions, supportsTarget } from "../../../core/jobs/action.ts";
import { failureOf, openUseCases } from "../objects/open-use-cases.ts";

const OWNER = "basicauth:owner";
const READER = "basicauth:reader";

const action = (name: string, changes: Partial<Action> = {}): Action => ({
  ...{ plugin: "p", name, about: "Is a test.", on: ["bucket", "collection", "record"], permission: "write" },
  ...{ buckets: undefined, collections: undefined, principals: [], optIn: false, params: {} },
  limits: { timeLimit: 60, retries: 0, expiry: 60 },
  validateParams: async () => [],
  ...changes,
});
const ACTIONS = [
  action("any"),
  action("read", { permission: "read" }),
  action("of-a", { buckets: ["a"] }),
  action("of-c", { collections: ["c"] }),
  action("on-group", { on: ["group"] }),
  action("opted", { optIn: true }),
  action("server", { on: ["server"], principals: [OWNER] }),
  action("anyone", { on: ["server", "bucket"], principals: ["system.Everyone"] }),
  action("opted-server", { on: ["server"], principals: ["system.Everyone"], optIn: true }),
];

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
  for (const bucket of ["a", "b"]) {
    const acl = { write: [OWNER], read: [READER] };
    await store.put(`/buckets/${bucket}`, {
      acl,
      data: bucket === "b" ? { actions: ["opted"] } : { actions: "opted" },
    });
    await store.put(`/buckets/${bucket}/groups/g`, { data: { members: [], actions: ["opted"] } });
    for (const collection of ["c", "d"])
      await store.put(`/buckets/${bucket}/collections/${collection}`, {
        data: collection === "d" ? { actions: ["other", "opted"] } : {},
      });
    await store.put(`/buckets/${bucket}/collections/c/records/r`, { data: { actions: ["opted"] } });
  }
});
afterAll(() => store[Symbol.asyncDispose]());

const PLAN = { objects: [], clocks: [], writes: [] };
const list = (uri: string | null, user: string | null) =>
  store.run(PLAN, async (session) => {
    const found = await listActions(store.context, session, ACTIONS, uri === null ? null : store.refOf(uri), user);
    return found.map(({ name }) => name);
  });
const find = (uri: string | null, name: string, user: string | null) =>
  store.run(PLAN, async (session) => {
    const target = uri === null ? null : store.refOf(uri);
    return (await findAction(store.context, session, ACTIONS, { target, name, user })).name;
  });

describe("listActions", () => {
  it.each<[string | null, string | null, readonly string[]]>([
    ["/buckets/a", OWNER, ["any", "read", "of-a", "anyone"]],
    ["/buckets/b", OWNER, ["any", "read", "opted", "anyone"]],
    ["/buckets/a", READER, ["read"]],
    ["/buckets/a/collections/c", OWNER, ["any", "read", "of-a", "of-c"]],
    ["/buckets/a/collections/d", OWNER, ["any", "read", "of-a", "opted"]],
    ["/buckets/b/collections/c", OWNER, ["any", "read", "of-c", "opted"]],
    ["/buckets/a/collections/c/records/r", OWNER, ["any", "read", "of-a", "of-c"]],
    ["/buckets/b/collections/c/records/r", READER, ["read"]],
    ["/buckets/a/groups/g", OWNER, ["on-group"]],
    ["/buckets/a/groups/g", READER, []],
    [null, OWNER, ["server", "anyone"]],
    [null, READER, ["anyone"]],
    [null, null, ["anyone"]],
  ])("at %j for %j: %j", async (uri, user, names) => {
    expect(await list(uri, user)).toEqual(names);
  });

  it.each([
    ["/buckets/a", "basicauth:nothing", "FORBIDDEN"],
    ["/buckets/a", null, "MISSING_AUTH_TOKEN"],
    ["/buckets/none", OWNER, "FORBIDDEN"],
    ["/buckets/a/collections/none", OWNER, "INVALID_RESOURCE_ID"],
    ["/buckets/a/collections/none/records/r", OWNER, "MISSING_RESOURCE"],
  ])("at %s refuses %j: %s", async (uri, user, kind) => {
    expect(await failureOf(list(uri, user))).toMatchObject({ kind });
  });
});

describe("findAction", () => {
  it.each([
    ["/buckets/a", "any", OWNER],
    ["/buckets/a", "read", READER],
    ["/buckets/a/collections/d", "opted", OWNER],
    [null, "server", OWNER],
    [null, "anyone", null],
    [null, "opted-server", null],
  ])("at %j finds %s for %j", async (uri, name, user) => {
    expect(await find(uri, name, user)).toBe(name);
  });

  it.each([
    ["/buckets/a", "any", READER, "FORBIDDEN"],
    ["/buckets/a", "any", null, "MISSING_AUTH_TOKEN"],
    ["/buckets/a", "opted", OWNER, "MISSING_RESOURCE"],
    ["/buckets/b", "of-a", OWNER, "MISSING_RESOURCE"],
    ["/buckets/a/collections/d", "of-c", OWNER, "MISSING_RESOURCE"],
    ["/buckets/a", "on-group", OWNER, "MISSING_RESOURCE"],
    ["/buckets/a", "none", OWNER, "MISSING_RESOURCE"],
    ["/buckets/a", "none", "basicauth:nothing", "FORBIDDEN"],
    ["/buckets/a/collections/none", "any", OWNER, "INVALID_RESOURCE_ID"],
    ["/buckets/a/collections/none", "none", OWNER, "INVALID_RESOURCE_ID"],
    ["/buckets/a/collections/none/records/r", "any", OWNER, "MISSING_RESOURCE"],
    [null, "any", OWNER, "MISSING_RESOURCE"],
    [null, "server", READER, "FORBIDDEN"],
    [null, "server", null, "MISSING_AUTH_TOKEN"],
  ])("at %j does not find %s for %j: %s", async (uri, name, user, kind) => {
    expect(await failureOf(find(uri, name, user))).toMatchObject({ kind });
  });

  it("names the missing action", async () => {
    expect(await failureOf(find("/buckets/a", "x".repeat(200), OWNER))).toMatchObject({
      details: { id: "x".repeat(100), resource_name: "action" },
    });
  });
});

describe("supportsTarget", () => {
  it.each([
    [["bucket"], "/buckets/a", true],
    [["bucket"], "/buckets/a/groups/g", false],
    [["bucket"], null, false],
    [["server"], null, true],
    [["server"], "/buckets/a", false],
  ])("of an action on %j, %j: %j", (on, uri, expected) => {
    expect(supportsTarget(action("x", { on }), uri === null ? null : store.refOf(uri))).toBe(expected);
  });
});
