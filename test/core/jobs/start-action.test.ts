import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Action } from "../../../core/jobs/action.ts";
import { startAction } from "../../../core/jobs/start-action.ts";
import { type DeclaredPermissions, toAreas, withDeclaredPermissions } from "../../../core/permissions/areas.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { failureOf, openUseCases } from "../objects/open-use-cases.ts";

const NOW = Date.now();
const ACTION: Action = {
  ...{ plugin: "p", name: "a", about: "Is a test.", on: ["bucket", "server"], permission: "write" },
  ...{ buckets: undefined, collections: undefined, principals: ["plugin:q"], optIn: false, params: {} },
  limits: { timeLimit: 60, retries: 0, expiry: 60 },
  validateParams: async (params) =>
    Object.keys(params)
      .filter((name) => name.startsWith("bad"))
      .map((name) => ({ name, description: "is bad" })),
};

let store: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a");
  await store.put("/buckets/b", { acl: { write: ["plugin:q"] } });
});
afterAll(() => store[Symbol.asyncDispose]());

interface Start {
  readonly caller?: string;
  readonly declared?: DeclaredPermissions;
  readonly uri?: string;
  readonly params?: JsonObject;
  readonly key?: string;
  readonly isJoined?: boolean;
  readonly action?: Partial<Action>;
  readonly cause?: readonly string[];
  readonly run?: typeof store.run;
}
const start = (options: Start = {}) => {
  const {
    caller = "p",
    declared = {},
    uri,
    params = {},
    key,
    isJoined = false,
    action = {},
    cause,
    run = store.run,
  } = options;
  const user = `plugin:${caller}`;
  const grants = withDeclaredPermissions(store.context.grants, user, declared);
  return startAction(
    { storeContext: store.context, jobs: store.jobs, now: () => NOW, run, isJoined },
    { plugin: caller, access: { user, grants, areas: toAreas(store.context.resources, declared) } },
    { action: { ...ACTION, ...action }, uri, params, key, provenance: cause && { cause } },
  );
};

describe("startAction", () => {
  it.each([false, true])("creates a job as the plugin's user, in a transaction: %j", async (isJoined) => {
    const id = await start({ uri: "/buckets/a", params: { n: 1 }, cause: ["x-y"], isJoined });

    expect(await store.jobs.get(id)).toMatchObject({
      ...{ plugin: "p", name: "a", uri: "/buckets/a", user: "plugin:p", params: { n: 1 }, status: "queued" },
      provenance: { cause: ["x-y"] },
    });
    expect(await store.jobs.get(await start({ isJoined }))).toMatchObject({ uri: null });
  });

  it.each([false, true])("creates one job per key, in a transaction: %j", async (isJoined) => {
    const options = { uri: "/buckets/a", key: `key-${isJoined}`, isJoined };
    const id = await start({ ...options, params: { n: 1 } });

    expect(await start({ ...options, params: { n: 1 } })).toBe(id);
    expect(await start({ ...options, key: undefined as never, params: { n: 1 } })).not.toBe(id);
    expect(await failureOf(start({ ...options, params: { n: 2 } }))).toMatchObject({
      kind: "CONFLICT",
      details: { job_id: id },
    });
  });

  it.each([false, true])("checks the permission of another plugin, in a transaction: %j", async (isJoined) => {
    const startBy = (options: Start) => failureOf(start({ caller: "q", isJoined, ...options }));

    expect(await startBy({ uri: "/buckets/a", declared: { write: ["/buckets/a"] } })).toHaveProperty("accepted");
    expect(await startBy({ uri: "/buckets/b", declared: { shared: ["/buckets/b"] } })).toHaveProperty("accepted");
    expect(await startBy({})).toHaveProperty("accepted");
    expect(await startBy({ uri: "/buckets/a", declared: { read: ["/buckets/a"] } })).toMatchObject({
      kind: "FORBIDDEN",
    });
    expect(await startBy({ uri: "/buckets/b" })).toMatchObject({ kind: "FORBIDDEN" });
    expect(await startBy({ caller: "r" })).toMatchObject({ kind: "FORBIDDEN" });
    expect(await startBy({ uri: "/buckets/none", declared: { write: ["/buckets/none"] } })).toMatchObject({
      kind: "INVALID_RESOURCE_ID",
    });
  });

  it("creates no job in a transaction that fails afterwards", async () => {
    const key = "key-failed";
    const failed = store.run({ objects: [], clocks: [], writes: [] }, async (session) => {
      await start({ key, isJoined: true, run: (_, decide) => decide(session) });
      throw new Error("The request fails");
    });

    await expect(failed).rejects.toThrow("The request fails");
    expect(await failureOf(start({ key, params: { n: 1 } }))).toHaveProperty("accepted");
  });

  it("needs a target that the action supports", async () => {
    expect(await failureOf(start({ action: { on: ["collection"] }, uri: "/buckets/a" }))).toMatchObject({
      kind: "MISSING_RESOURCE",
      details: { id: "a", resource_name: "action" },
    });
    expect(await failureOf(start({ uri: "x".repeat(200) }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        {
          ...{ location: "path", name: "uri" },
          description: expect.stringMatching(/^'x{90,100}.{0,3}' is not the URI of an object$/),
        },
      ],
    });
  });

  it("refuses invalid parameters, and names all of them", async () => {
    expect(await failureOf(start({ params: { bad1: 1, ok: 2, bad2: 3 } }))).toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        { location: "body", name: "bad1", description: "is bad" },
        { location: "body", name: "bad2", description: "is bad" },
      ],
    });
  });

  it("refuses a chain of causes that is too long", async () => {
    const cause = Array.from({ length: 9 }, () => "p-l");

    await expect(start({ cause })).rejects.toThrow("The cause chain has 9 plugin parts");
  });
});
