import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { runJob } from "../../../core/jobs/run-job.ts";
import type { JobWork, RunningJob } from "../../../core/jobs/running-job.ts";
import type { JobStore } from "../../../core/ports/job-store.ts";
import { jsonLog } from "../../../core/ports/log.ts";
import type { Json } from "../../../lib/json.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { openTestStore } from "../../open-test-store.ts";

const LEASE = 60_000;
const BUDGET = 60_000;
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

/** A worker in a process of its own, which can be killed: nothing of it reaches the table any more, and it hears no more of it. */
const startWorker = (
  run: Run,
  { limits = {}, reached = [] }: { limits?: Partial<JobWork>; reached?: string[] } = {},
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
    workOf: async () => ({ timeLimit: 3600, retries: 1, expiry: 3600, ...limits, run }),
    reach: async (point: string) => void reached.push(point),
    retryAfter: () => 7,
    lease: LEASE,
    now: () => now,
    log: jsonLog(() => undefined),
  };
  return {
    work: (id: string, turn: number) =>
      runJob(worker, { id, turn }, { budget: BUDGET, tries: 5, closing: closing.signal }),
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

describe("a job whose worker dies", () => {
  it("is left to another after its lease, which has it tried again from its last checkpoint", async () => {
    const id = await newJob();
    const reached: string[] = [];
    const kept = Promise.withResolvers<void>();
    const first = startWorker(
      async (job) => {
        await job.checkpoint("half");
        kept.resolve();
        return hang();
      },
      { reached },
    );
    void first.work(id, 0);
    await kept.promise;
    first.kill();

    const second = startWorker(async (job) => [job.state ?? null, job.attempt], { reached });
    expect(await second.work(id, 0)).toEqual({ after: 60 });
    now += LEASE + 1;
    expect(await second.work(id, 0)).toBeUndefined();
    expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 2 });
    await second.work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: ["half", 2] });
    expect(reached).toEqual(["job.start", "job.end"]);
  });

  it("fails where that happens too often, and says what to do", async () => {
    const id = await newJob();
    for (const turn of [0, 1]) {
      const worker = startWorker(hang);
      void worker.work(id, turn);
      while ((await jobs.get(id))?.status !== "running") await new Promise((resolve) => setTimeout(resolve, 5));
      worker.kill();
      now += LEASE + 1;
      await startWorker(hang).work(id, turn);
    }

    expect(await jobs.get(id)).toMatchObject({
      status: "failed",
      attempt: 2,
      error: expect.stringContaining("Its worker ended before it did."),
    });
  });
});

describe("a job's messages", () => {
  it("may come twice, and late: it is done once", async () => {
    const id = await newJob();
    let times = 0;
    const worker = startWorker(async () => ++times);

    const all = await Promise.all([worker.work(id, 0), worker.work(id, 0), worker.work(id, 0)]);
    await worker.work(id, 0);

    expect(times).toBe(1);
    expect(all.filter((handled) => handled === undefined).length).toBeGreaterThan(0);
    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: 1 });
  });

  it("come again after a while when it has failed", async () => {
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

  it("are of no use once it is forgotten", async () => {
    expect(await startWorker(hang).work(randomUUID(), 0)).toBeUndefined();
  });
});

describe("a job's time", () => {
  it("is what all its runs have taken", async () => {
    const id = await newJob();
    await jobs.take(id, 0, { owner: "other", until: now + 1 });
    await jobs.requeue(id, { owner: "other" }, { worked: 5000, attempt: 1, delay: 0 });

    await startWorker(hang, { limits: { timeLimit: 5 } }).work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "failed", error: "It took longer than its time limit of 5 s." });
  });
});
