import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Action } from "../../../core/jobs/action.ts";
import { createJob, createScheduledJob } from "../../../core/jobs/create-job.ts";
import type { WorkLimits } from "../../../core/jobs/job.ts";
import {
  cancelJob,
  getJob,
  isJobId,
  type JobCall,
  type JobManager,
  listJobs,
  retryJob,
  toJobSelection,
} from "../../../core/jobs/manage-jobs.ts";
import type { JobFilter } from "../../../core/ports/job-store.ts";
import { failureOf, openUseCases } from "../objects/open-use-cases.ts";

const OWNER = "basicauth:owner";
const OTHER = "basicauth:other";
const READER = "basicauth:reader";
const WRITER = "basicauth:writer";
const LIMITS: WorkLimits = { timeLimit: 60, retries: 0, expiry: 3600 };
/** Whole seconds, because the table rounds expiry times to seconds. */
const NOW = Math.floor(Date.now() / 1000) * 1000;
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

const ACTION: Action = {
  ...{ plugin: "p", name: "a", about: "Is a test.", on: ["bucket", "server"], permission: "write" },
  ...{ buckets: undefined, collections: undefined, principals: ["system.Everyone"], optIn: false, params: {} },
  limits: LIMITS,
  validateParams: async () => [],
};

let store: Awaited<ReturnType<typeof openUseCases>>;
let manager: JobManager;
beforeAll(async () => {
  store = await openUseCases();
  await store.put("/buckets/a", { acl: { write: [OWNER] } });
  manager = {
    jobs: store.jobs,
    storeContext: store.context,
    actions: [ACTION],
    plugins: ["p", "q"],
    findLimits: ({ name }) => (name === "gone" ? undefined : LIMITS),
    readers: [READER],
    writers: [WRITER],
  };
});
afterAll(() => store[Symbol.asyncDispose]());

const as = <T>(user: string | null, use: (call: JobCall) => Promise<T>) => use({ session: store.newSession(), user });
const create = async (changes: { user?: string | null; name?: string; plugin?: string; uri?: string | null } = {}) => {
  const request = { plugin: "p", name: "a", uri: "/buckets/a", user: OWNER, params: {}, ...changes };
  return (await createJob({ jobs: store.jobs, now: NOW }, request, { limits: LIMITS, key: undefined })).id;
};
const end = async (id: string, status: "failed" | "succeeded") => {
  const lease = { owner: "worker", until: NOW + 60_000 };
  const taken = await store.jobs.take(id, 0, lease);
  if (taken.kind !== "taken") throw new Error("The job cannot be taken");
  await store.jobs.end(taken.job, lease, { status, worked: 0 });
};

describe("isJobId", () => {
  it.each([
    [UNKNOWN_ID, true],
    ["x", false],
    ["", false],
    [UNKNOWN_ID.toUpperCase(), true],
    [UNKNOWN_ID.replaceAll("0", "A"), false],
    [`${UNKNOWN_ID}0`, false],
    [`0${UNKNOWN_ID}`, false],
  ])("%j: %j", (id, expected) => {
    expect(isJobId(id)).toBe(expected);
  });
});

describe("toJobSelection", () => {
  it.each<[JobFilter, string | undefined, object]>([
    [{}, undefined, { of: { plugins: ["p", "q"] }, filter: {} }],
    [{ plugin: "r" }, undefined, { of: { plugins: ["r"] }, filter: { plugin: "r" } }],
    [{}, OWNER, { of: { user: OWNER }, filter: {} }],
    [{ status: "failed" }, "plugin:p", { of: { plugins: ["p", "q"] }, filter: { status: "failed", user: "plugin:p" } }],
  ])("of the filter %j and the user %j: %j", (filter, user, expected) => {
    expect(toJobSelection(["p", "q"], filter, user)).toEqual(expected);
  });
});

describe("a job", () => {
  it.each([OWNER, READER, WRITER])("is read by %s", async (user) => {
    const id = await create();

    expect(await as(user, (call) => getJob(manager, call, id))).toMatchObject({ id, user: OWNER });
  });

  it("of an anonymous user is read by all", async () => {
    const id = await create({ user: null });

    for (const user of [null, OTHER])
      expect(await as(user, (call) => getJob(manager, call, id))).toMatchObject({ id, user: null });
  });

  it("is not read by others, nor if it does not exist", async () => {
    const id = await create();
    const get = (user: string | null, job: string) => failureOf(as(user, (call) => getJob(manager, call, job)));

    expect(await get(OTHER, id)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await get(null, id)).toMatchObject({ kind: "MISSING_AUTH_TOKEN" });
    expect(await get(READER, UNKNOWN_ID)).toMatchObject({
      kind: "INVALID_RESOURCE_ID",
      details: { id: UNKNOWN_ID, resource_name: "job" },
    });
    expect(await get(READER, "x".repeat(200))).toMatchObject({ details: { id: "x".repeat(100) } });
  });

  it.each([OWNER, WRITER])("is cancelled by %s, also repeatedly", async (user) => {
    const id = await create();
    const cancel = () => as(user, (call) => cancelJob(manager, call, id));

    expect(await cancel()).toMatchObject({ id, status: "cancelled" });
    expect(await cancel()).toMatchObject({ id, status: "cancelled" });
  });

  it("is not cancelled by others, nor after it ended", async () => {
    const id = await create();
    const cancel = (user: string | null, job = id) => failureOf(as(user, (call) => cancelJob(manager, call, job)));

    expect(await cancel(READER)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await cancel(null)).toMatchObject({ kind: "MISSING_AUTH_TOKEN" });
    expect(await cancel(WRITER, UNKNOWN_ID)).toMatchObject({ kind: "INVALID_RESOURCE_ID" });
    await end(id, "succeeded");
    expect(await cancel(OWNER)).toMatchObject({ kind: "CONFLICT", message: "The job has already succeeded." });
  });
});

describe("retryJob", () => {
  const retry = (user: string | null, id: string, now = NOW) =>
    failureOf(as(user, (call) => retryJob(manager, call, { id, now })));

  it.each([OWNER, WRITER])("queues a failed job again for %s", async (user) => {
    const id = await create();
    await end(id, "failed");

    expect(await retry(user, id, NOW + 5000)).toMatchObject({
      accepted: { id, status: "queued", expires: NOW + 5000 + (60 + 3600 + 30 * 24 * 3600) * 1000 },
    });
  });

  it("queues a job again that was requested at the server", async () => {
    const id = await create({ uri: null, user: OTHER });
    await end(id, "failed");

    expect(await retry(OTHER, id)).toMatchObject({ accepted: { status: "queued" } });
  });

  it("refuses other users, and an owner who may no longer start the action", async () => {
    const id = await create();
    await end(id, "failed");
    const lost = await create({ user: OTHER });
    await end(lost, "failed");
    const badUri = await create({ uri: "/nowhere/a" });
    await end(badUri, "failed");

    expect(await retry(READER, id)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await retry(null, id)).toMatchObject({ kind: "MISSING_AUTH_TOKEN" });
    expect(await retry(OTHER, lost)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await retry(OWNER, badUri)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await retry(WRITER, lost)).toMatchObject({ accepted: { status: "queued" } });
  });

  it("refuses the owner of a scheduled job, but not those who may change all jobs", async () => {
    const { id } = await createScheduledJob(
      { jobs: store.jobs, now: NOW },
      { plugin: "p", schedule: "a", due: 1 },
      LIMITS,
    );
    await end(id, "failed");

    expect(await retry("plugin:p", id)).toMatchObject({ kind: "FORBIDDEN" });
    expect(await retry(WRITER, id)).toMatchObject({ accepted: { status: "queued" } });
  });

  it("refuses jobs that did not fail, that are unknown, and whose action is gone", async () => {
    const id = await create();
    const gone = await create({ name: "gone" });
    await end(gone, "failed");

    expect(await retry(OWNER, id)).toMatchObject({
      kind: "CONFLICT",
      message: "Only a failed or cancelled job can be retried, and this one is queued.",
    });
    expect(await retry(WRITER, UNKNOWN_ID)).toMatchObject({ kind: "INVALID_RESOURCE_ID" });
    expect(await retry(WRITER, gone)).toMatchObject({
      kind: "CONFLICT",
      message: "The plugin 'p' no longer has the action 'gone'.",
    });
    expect(await retry(OWNER, gone)).toMatchObject({ kind: "MISSING_RESOURCE" });
  });
});

describe("listJobs", () => {
  it("lists a user's own jobs, and all jobs for those who may read them", async () => {
    const own = new Set([await create({ user: "basicauth:lister" }), await create({ user: "basicauth:lister" })]);
    const foreign = await create({ plugin: "q" });
    const ids = async (user: string, owner?: string, filter: JobFilter = {}) => {
      const page = await as(user, (call) =>
        listJobs(manager, call, { limit: 100, filter, ...(owner !== undefined && { owner }) }),
      );
      return new Set(page.jobs.map(({ id }) => id));
    };

    expect(await ids("basicauth:lister")).toEqual(own);
    expect(await ids("basicauth:lister", "basicauth:lister")).toEqual(own);
    expect(await ids(READER, "basicauth:lister")).toEqual(own);
    expect(await ids(WRITER, "basicauth:lister")).toEqual(own);
    const all = await ids(READER);
    expect([...own, foreign].every((id) => all.has(id))).toBe(true);
    const filtered = await ids(READER, undefined, { plugin: "q" });
    expect([filtered.has(foreign), [...own].some((id) => filtered.has(id))]).toEqual([true, false]);
  });

  it.each([
    [null, undefined, "MISSING_AUTH_TOKEN"],
    [null, OWNER, "MISSING_AUTH_TOKEN"],
    [OTHER, OWNER, "FORBIDDEN"],
  ])("refuses %j the jobs of %j: %s", async (user, owner, kind) => {
    const attempt = as(user, (call) => listJobs(manager, call, { limit: 10, ...(owner !== undefined && { owner }) }));

    expect(await failureOf(attempt)).toMatchObject({ kind });
  });
});
