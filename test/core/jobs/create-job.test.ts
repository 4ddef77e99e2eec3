import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  createJob,
  createScheduledJob,
  draftJob,
  type JobRequest,
  requireSameParams,
  toExpires,
} from "../../../core/jobs/create-job.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { openTestStore } from "../../open-test-store.ts";

const DAY_MS = 24 * 3600 * 1000;
const LIMITS = { timeLimit: 3600, retries: 0, expiry: 7200 };
const request = { plugin: "p", name: "a", uri: null, user: "u", params: {} };

let now = 1_800_000_000_000;
let opened: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  const engine = await startDynamoDb(undefined);
  opened = await openTestStore({ client: engine.client, now: () => now, stop: engine.stop });
});
afterAll(() => opened[Symbol.asyncDispose]());

describe("a job that no worker takes", () => {
  it.each([
    ["requested", () => createJob({ jobs: opened.jobs, now }, request, { limits: LIMITS, key: undefined })],
    [
      "scheduled",
      () => createScheduledJob({ jobs: opened.jobs, now }, { plugin: "p", schedule: "s", due: now }, LIMITS),
    ],
  ])("is kept for 30 days, its time limit and its expiry if it was %s", async (_, create) => {
    const { id } = await create();

    now += 30 * DAY_MS + (LIMITS.timeLimit + LIMITS.expiry) * 1000 - 1000;
    expect(await opened.jobs.get(id)).toMatchObject({ status: "queued" });
    now += 2000;
    expect(await opened.jobs.get(id)).toBeUndefined();
  });
});

describe("createJob", () => {
  const create = (changes: Partial<JobRequest> = {}, key?: string) =>
    createJob({ jobs: opened.jobs, now }, { ...request, ...changes }, { limits: LIMITS, key });

  it("creates a queued job", async () => {
    const provenance = { chain: ["x"] } as never;
    const job = await create({ uri: "/buckets/a", params: { a: 1 }, provenance });

    expect(job).toMatchObject({
      ...{ plugin: "p", kind: "action", name: "a", uri: "/buckets/a", user: "u", params: { a: 1 }, status: "queued" },
      ...{ created: now, expiry: LIMITS.expiry, expires: toExpires(now, LIMITS), attempt: 1, turn: 0, provenance },
    });
    expect((await create()).id).not.toBe((await create()).id);
  });

  it("creates one job per idempotency key, user, object, action and plugin", async () => {
    const { id } = await create({ params: { a: 1, b: [2] } }, "key");

    expect((await create({ params: { b: [2], a: 1 } }, "key")).id).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    const others = [
      create({}, "other"),
      create({ user: "v" }, "key"),
      create({ uri: "/buckets/a" }, "key"),
      create({ name: "b" }, "key"),
      create({ plugin: "q" }, "key"),
      create(),
    ];
    const ids = (await Promise.all(others)).map((job) => job.id);
    expect(new Set([...ids, id]).size).toBe(7);
  });

  it("refuses a key that was used with other parameters", async () => {
    const { id } = await create({ params: { a: 1 } }, "used");

    await expect(create({ params: { a: 2 } }, "used")).rejects.toMatchObject({
      kind: "CONFLICT",
      message: "This Idempotency-Key was used with other parameters. Use another key.",
      details: { job_id: id },
    });
    expect(() => requireSameParams({ id, params: { a: 1 } }, { a: 1 })).not.toThrow();
  });

  it("refuses the key of an anonymous user", async () => {
    await expect(create({ user: null }, "key")).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [{ location: "header", name: "Idempotency-Key" }],
    });
    expect(await create({ user: null })).toMatchObject({ user: null });
  });

  it.each(["", " ", "a b", "é", "x".repeat(256)])("refuses the key %j", async (key) => {
    await expect(create({}, key)).rejects.toMatchObject({
      kind: "INVALID_PARAMETERS",
      details: [
        {
          location: "header",
          name: "Idempotency-Key",
          description: "It must be 1 to 255 printable ASCII characters without spaces.",
        },
      ],
    });
  });

  it("refuses parameters of more than 100,000 bytes", () => {
    const draft = (bytes: number) =>
      draftJob(now, { ...request, params: { a: "x".repeat(bytes - 8) } }, { limits: LIMITS, key: "x".repeat(255) });

    expect(draft(100_000)).toMatchObject({ kind: "action" });
    expect(() => draft(100_001)).toThrow("The parameters have 100001 bytes of JSON; the maximum is 100000.");
  });
});

describe("createScheduledJob", () => {
  it("creates one job for each time that a schedule is due", async () => {
    const create = (changes: { due?: number; schedule?: string; plugin?: string } = {}) =>
      createScheduledJob({ jobs: opened.jobs, now }, { plugin: "p", schedule: "s", due: 5000, ...changes }, LIMITS);
    const job = await create();

    expect(job).toMatchObject({
      ...{ plugin: "p", kind: "schedule", name: "s", uri: null, user: "plugin:p", params: { due: 5000 } },
      ...{ created: now, expiry: LIMITS.expiry, expires: toExpires(now, LIMITS) },
    });
    expect((await create()).id).toBe(job.id);
    const others = await Promise.all([create({ due: 6000 }), create({ schedule: "t" }), create({ plugin: "q" })]);
    expect(new Set([job.id, ...others.map(({ id }) => id)]).size).toBe(4);
  });
});
