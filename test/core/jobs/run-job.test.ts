import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JobWork, RunningJob } from "../../../core/jobs/job.ts";
import { runJob } from "../../../core/jobs/run-job.ts";
import type { JobStore } from "../../../core/ports/job-store.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import type { Json } from "../../../lib/json.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { openTestStore } from "../../open-test-store.ts";
import { waitUntil } from "../../wait-until.ts";

const LEASE_MS = 60_000;
const BUDGET_MS = 60_000;
let now = 1_800_000_000_000;
let jobs: JobStore;
let close: () => Promise<void>;
beforeAll(async () => {
  const engine = await startDynamoDb(undefined);
  const opened = await openTestStore({ client: engine.client, now: () => now, stop: engine.stop });
  jobs = opened.jobs;
  close = async () => opened[Symbol.asyncDispose]();
});
afterAll(() => close());

type Run = (job: RunningJob) => Promise<Json | undefined>;

/** A worker that can be killed. Its calls of the store then have no effect and never return. */
const startWorker = (
  run: Run,
  {
    limits = {},
    hooks = [],
    hook = async () => undefined,
  }: { limits?: Partial<JobWork>; hooks?: string[]; hook?: () => Promise<void> } = {},
) => {
  let dead = false;
  const closing = new AbortController();
  const own = Object.fromEntries(
    Object.entries(jobs).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        const answer = dead ? undefined : await Reflect.apply(method, jobs, args);
        return dead ? new Promise(() => undefined) : answer;
      },
    ]),
  ) as unknown as JobStore;
  const worker = {
    jobs: own,
    findWork: async () => ({ timeLimit: 3600, retries: 1, expiry: 3600, ...limits, run }),
    runHooks: async (point: string) => {
      hooks.push(point);
      await hook();
    },
    retryAfter: () => 7,
    leaseMs: LEASE_MS,
    now: () => now,
    log: createJsonLog(() => undefined),
  };
  return {
    work: (id: string, turn: number) =>
      runJob(worker, { id, turn }, { budgetMs: BUDGET_MS, maxAttempts: 5, closing: closing.signal }),
    kill: () => {
      dead = true;
      closing.abort();
    },
  };
};

const newJob = async () => {
  const id = randomUUID();
  await jobs.create({
    id,
    plugin: "p",
    kind: "action",
    name: "a",
    uri: null,
    user: "u",
    params: {},
    created: now,
    expires: now + 1e10,
    expiry: 3600,
  });
  return id;
};
const hang = () => new Promise<never>(() => undefined);

describe("runJob when a worker dies", () => {
  it("lets another worker resume from the last checkpoint after the lease expired", async () => {
    const id = await newJob();
    const hooks: string[] = [];
    const kept = Promise.withResolvers<void>();
    const first = startWorker(
      async (job) => {
        await job.checkpoint("half");
        kept.resolve();
        return hang();
      },
      { hooks },
    );
    void first.work(id, 0);
    await kept.promise;
    first.kill();

    const second = startWorker(async (job) => [job.state ?? null, job.attempt], { hooks });
    expect(await second.work(id, 0)).toEqual({ after: 60 });
    now += LEASE_MS + 1;
    expect(await second.work(id, 0)).toBeUndefined();
    expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 2 });
    await second.work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: ["half", 2] });
    expect(hooks).toEqual(["job.start", "job.end"]);
  });

  it("runs the hooks at job.start again if they did not end, so that they can still veto", async () => {
    const id = await newJob();
    const hooks: string[] = [];
    const first = startWorker(async () => "not run", { hooks, hook: hang });
    void first.work(id, 0);
    await waitUntil("the hook runs", () => hooks.length === 1);
    first.kill();

    now += LEASE_MS + 1;
    const hook = async () => {
      throw new Error("vetoed");
    };
    const second = startWorker(async () => "not run", { hooks, hook });
    await second.work(id, 0);
    await second.work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "failed", error: "Error: vetoed", result: undefined });
    expect(hooks).toEqual(["job.start", "job.start", "job.end"]);
  });

  it("fails the job when workers die too often, and says what to do", async () => {
    const id = await newJob();
    for (const turn of [0, 1]) {
      const worker = startWorker(hang);
      void worker.work(id, turn);
      await waitUntil("the job runs", async () => (await jobs.get(id))?.status === "running");
      worker.kill();
      now += LEASE_MS + 1;
      await startWorker(hang).work(id, turn);
    }

    expect(await jobs.get(id)).toMatchObject({
      status: "failed",
      attempt: 2,
      error: expect.stringContaining("The worker ended before the job did."),
    });
  });
});

describe("runJob", () => {
  it("runs a job once when its message is delivered repeatedly", async () => {
    const id = await newJob();
    let times = 0;
    const worker = startWorker(async () => ++times);

    const all = await Promise.all([worker.work(id, 0), worker.work(id, 0), worker.work(id, 0)]);
    await worker.work(id, 0);

    expect(times).toBe(1);
    expect(all.filter((handled) => handled === undefined).length).toBeGreaterThan(0);
    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: 1 });
  });

  it("requeues a failed job for another attempt", async () => {
    const id = await newJob();
    const worker = startWorker(async (job) => {
      if (job.attempt === 1) throw new Error("not yet");
      return "now";
    });

    await worker.work(id, 0);
    expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 2 });
    await worker.work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: "now" });
  });

  it("ignores the message of a job that was removed", async () => {
    expect(await startWorker(hang).work(randomUUID(), 0)).toBeUndefined();
  });
});

describe("a job's time limit", () => {
  it("applies to all runs together", async () => {
    const id = await newJob();
    await jobs.take(id, 0, { owner: "other", until: now + 1 });
    await jobs.requeue(id, { owner: "other" }, { worked: 5000, attempt: 1, delay: 0 });

    await startWorker(hang, { limits: { timeLimit: 5 } }).work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "failed", error: "It took longer than its time limit of 5 s." });
  });
});
