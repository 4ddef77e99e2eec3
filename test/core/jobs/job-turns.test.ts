import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { HookJob, Job, JobWork } from "../../../core/jobs/job.ts";
import { type JobWorker, runJob } from "../../../core/jobs/run-job.ts";
import type { JobStore } from "../../../core/ports/job-store.ts";
import { createJsonLog } from "../../../core/ports/log.ts";

const NOW = 1_800_000_000_000;
const JOB = {
  ...{ id: "i", plugin: "p", kind: "action", name: "a", uri: null, user: "u", params: {}, status: "running" },
  ...{ attempt: 1, turn: 3, run: 1, worked: 5, begun: false, cancelling: false, expiry: 60, created: NOW },
} as Partial<Job> as Job;

interface Turn {
  readonly job?: Partial<Job>;
  readonly store?: Partial<JobStore>;
  readonly run?: JobWork["run"];
  readonly hook?: (point: string, job: HookJob) => Promise<unknown>;
  readonly budgetMs?: number;
}
/** Runs a turn of a job on a store that responds as given, and records the calls. */
const runTurn = async ({ job = {}, store = {}, run = async () => 5, hook, budgetMs = 60_000 }: Turn) => {
  const calls: unknown[][] = [];
  const jobs: Partial<JobStore> = {
    take: async () => ({ kind: "taken", job: { ...JOB, ...job }, workerDied: false }),
    renewLease: async () => "kept",
    requeue: async () => "kept",
    end: async (_, __, { status }) => status,
    entries: async () => [{ time: 1 }, { time: 2 }],
    addEntry: async () => undefined,
    ...store,
  };
  const recorded = Object.entries(jobs).map(([name, method]) => [
    name,
    (...args: never[]) => {
      calls.push([name, ...args]);
      return (method as (...args: never[]) => unknown)(...args);
    },
  ]);
  const worker: JobWorker = {
    jobs: Object.fromEntries(recorded) as unknown as JobStore,
    findWork: async () => ({ timeLimit: 60, retries: 1, expiry: 60, run }),
    runHooks: (async (point: string, params: object, job: HookJob) => {
      calls.push([point, params]);
      await hook?.(point, job);
      return params;
    }) as unknown as JobWorker["runHooks"],
    retryAfter: () => 7,
    leaseMs: 4500,
    now: () => NOW,
    log: createJsonLog(() => undefined),
  };
  const limits = { budgetMs, maxAttempts: 5, closing: new AbortController().signal };
  const result = await runJob(worker, { id: "i", turn: 3 }, limits);
  const callsOf = (name: string) => calls.filter(([one]) => one === name).map(([, ...args]) => args);
  return { result, calls: calls.map(([name]) => name), callsOf };
};
const fail = async () => {
  throw new Error("no");
};
const END_HOOK = { job_id: "i", plugin: "p", action: "a", uri: null, user: "u" };

describe("a turn of a job", () => {
  it("is leased from now on, and ends the job under that lease", async () => {
    const { result, calls, callsOf } = await runTurn({});

    expect([result, calls]).toEqual([undefined, ["take", "job.start", "end", "job.end"]]);
    const [[, turn, lease] = []] = callsOf("take") as [[string, number, { owner: string; until: number }]];
    expect([turn, lease?.until]).toEqual([3, NOW + 4500]);
    expect(callsOf("end")).toEqual([
      [JOB, { owner: lease?.owner }, { status: "succeeded", result: 5, worked: expect.any(Number) }],
    ]);
    expect(callsOf("job.end")).toEqual([[{ ...END_HOOK, status: "succeeded" }]]);
  });

  it.each([
    [NOW + 1500, 2],
    [NOW + 1000, 1],
    [NOW, 1],
    [NOW - 5000, 1],
    [NOW + 1e9, 900],
  ])("of a job that is leased until %j is run after %j s", async (until, after) => {
    expect((await runTurn({ store: { take: async () => ({ kind: "busy", until }) } })).result).toEqual({ after });
  });

  it.each<[string, Turn]>([
    ["ends", { store: { end: async () => "lost" } }],
    ["is queued again", { run: fail, store: { requeue: async () => "lost" } }],
  ])("is run after the lease of another worker that has taken the job before it %s", async (_, turn) => {
    const { result, calls } = await runTurn(turn);

    expect(result).toEqual({ after: 5 });
    expect(calls).not.toContain("job.end");
  });

  it("that fails queues the job again without an end", async () => {
    const { result, calls, callsOf } = await runTurn({ run: fail });

    expect([result, calls]).toEqual([undefined, ["take", "job.start", "requeue"]]);
    expect(callsOf("requeue")).toMatchObject([["i", {}, { attempt: 2, delay: 7, begun: true }]]);
  });

  it.each<[string, Turn]>([
    ["before it starts", { job: { cancelling: true } }],
    [
      "while it runs",
      { run: (job) => job.checkpoint(1).then(() => 5), store: { renewLease: async () => "cancelling" } },
    ],
    ["while it is queued again", { run: fail, store: { requeue: async () => "cancelling" } }],
  ])("that is cancelled %s ends the job as cancelled", async (when, turn) => {
    const { calls, callsOf } = await runTurn(turn);

    expect(callsOf("end")[0]?.[2]).toEqual({ status: "cancelled", worked: expect.any(Number) });
    expect(callsOf("job.end")).toEqual([[{ ...END_HOOK, status: "cancelled" }]]);
    expect(calls.includes("job.start")).toBe(when !== "before it starts");
  });

  it.each<[number, Job["status"], number]>([
    [3, "cancelled", 1],
    [4, "cancelled", 0],
    [3, "failed", 0],
  ])("that is over, of a job at turn %j that is %s, runs its end hooks: %j", async (turn, status, count) => {
    const take: JobStore["take"] = async () => ({ kind: "over", job: { ...JOB, turn, status } });
    const hook = (_: string, job: HookJob) => job.note({ n: 1 });
    const { result, callsOf } = await runTurn({ store: { take }, hook });

    expect([result, callsOf("job.end").length]).toEqual([undefined, count]);
    expect(callsOf("addEntry").map(([, index]) => index)).toEqual(count === 0 ? [] : [2]);
  });

  it.each([
    [1, 0],
    [2, 2],
  ])("in run %j of the job continues its log at entry %j", async (run, index) => {
    const { callsOf } = await runTurn({ job: { run }, run: (job) => job.note({ n: 1 }).then(() => 5) });

    expect(callsOf("addEntry").map(([, at]) => at)).toEqual([index]);
  });

  it("leaves its end hooks 10 s when the worker has no time left", async () => {
    let isAborted: boolean | undefined;
    const hook = async (point: string, { signal }: HookJob) => {
      if (point === "job.end") isAborted = await sleep(60).then(() => signal.aborted);
    };
    await runTurn({ hook, budgetMs: 30 });

    expect(isAborted).toBe(false);
  });
});
