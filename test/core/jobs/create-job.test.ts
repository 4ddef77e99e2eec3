import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createJob, createScheduledJob } from "../../../core/jobs/create-job.ts";
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
