import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { JobWork, RunningJob } from "../../../core/jobs/job.ts";
import { type SuperviseOptions, superviseWork, workUntilAborted } from "./supervise-work.ts";

type Run = JobWork["run"];

/** Whether a promise settles soon: its result, the message of its error, or "pending". */
const settle = (promise: Promise<unknown>) =>
  Promise.race([promise.catch((error: Error) => error.message), sleep(10, "pending")]);

describe("a job that is stopped", () => {
  it.each<[string, () => SuperviseOptions]>([
    ["cancelled", () => ({ leaseMs: 30, renewals: ["cancelling"] })],
    ["timed-out", () => ({ timeLimit: 0.03 })],
    ["timed-out", () => ({ timeLimit: 5, job: { worked: 4970 } })],
    ["timed-out", () => ({ timeLimit: 5, job: { worked: 9000 } })],
    ["timed-out", () => ({ timeLimit: 0.03, budgetMs: 30 })],
    ["worker-timed-out", () => ({ timeLimit: 5, budgetMs: 30 })],
    ["handed-over", () => ({ closing: AbortSignal.timeout(30) })],
    ["handed-over", () => ({ closing: AbortSignal.abort() })],
  ])("because it is %s lets its work know (%#)", async (kind, options) => {
    const reasons: string[] = [];
    const { outcome } = await superviseWork(async (job) => reasons.push(await workUntilAborted(job)), options());
    await sleep(5);

    expect(outcome).toMatchObject({ kind, progressed: false });
    expect(reasons).toEqual([kind === "cancelled" ? "The job was cancelled" : "The job's time is up"]);
  });

  it("has a second to end its work in order", async () => {
    let isDone = false;
    const orderly: Run = async (job) => {
      await workUntilAborted(job);
      await sleep(50);
      isDone = true;
      return null;
    };
    expect((await superviseWork(orderly, { timeLimit: 0.01 })).outcome.kind).toBe("timed-out");
    expect(isDone).toBe(true);

    const { outcome } = await superviseWork(() => new Promise(() => undefined), { timeLimit: 0.01 });
    expect(outcome.kind).toBe("timed-out");
    expect(outcome.worked).toBeGreaterThan(900);
  });

  it("writes nothing afterwards", async () => {
    const late: Promise<unknown>[] = [];
    const work: Run = async (job) => {
      await workUntilAborted(job);
      late.push(job.note({ late: true }), job.checkpoint("late"));
      return null;
    };
    const { notes, renewed } = await superviseWork(work, { timeLimit: 0.01 });

    expect(await Promise.all(late.map(settle))).toEqual(["pending", "The job's time is up"]);
    expect([notes, renewed]).toEqual([[], []]);
  });

  it("rejects its checkpoints when it was cancelled", async () => {
    const messages: string[] = [];
    const work: Run = async ({ checkpoint }) => {
      for (const state of [1, 2]) await checkpoint(state).catch((error: Error) => messages.push(error.message));
      return null;
    };
    const { outcome, renewed } = await superviseWork(work, { renewals: ["cancelling"] });

    expect(messages).toEqual(["The job was cancelled", "The job was cancelled"]);
    expect(outcome).toMatchObject({ kind: "cancelled", progressed: true });
    expect(renewed).toHaveLength(1);
  });
});

describe("a job that has ended", () => {
  it("writes nothing afterwards, and leaves nothing at the worker's signal", async () => {
    let left: RunningJob | undefined;
    const closing = new AbortController().signal;
    const work: Run = async (job) => {
      left = job;
      expect(getEventListeners(closing, "abort")).toHaveLength(1);
      return null;
    };
    const { outcome, notes, renewed } = await superviseWork(work, { closing });

    expect(outcome.kind).toBe("done");
    expect([await settle(left?.note({}) as Promise<void>), notes]).toEqual(["pending", []]);
    expect([await settle(left?.checkpoint(1) as Promise<void>), renewed]).toEqual(["pending", []]);
    expect(getEventListeners(closing, "abort")).toHaveLength(0);
  });
});

describe("a job that continues on another worker", () => {
  /** Works in steps of these ms, with a checkpoint after each. */
  const workInSteps =
    (...steps: readonly number[]): Run =>
    async (job) => {
      for (const [index, ms] of steps.entries()) {
        await sleep(ms);
        await job.checkpoint(index);
      }
      return job.signal.aborted;
    };

  it("stops at a checkpoint when its longest step, doubled, takes longer than the worker has left", async () => {
    const { outcome, renewed } = await superviseWork(workInSteps(150, 5, 5), { budgetMs: 400 });

    expect(outcome).toMatchObject({ kind: "handed-over", progressed: true });
    expect(renewed).toHaveLength(1);
  });

  it("continues while the worker has time for two more steps", async () => {
    const { outcome } = await superviseWork(workInSteps(...Array.from({ length: 12 }, () => 25)), { budgetMs: 850 });

    expect(outcome).toMatchObject({ kind: "done", result: false });
  });

  it("saves no checkpoint after the one that it stopped at", async () => {
    const later = Promise.withResolvers<unknown>();
    const work: Run = async (job) => {
      await sleep(150);
      void job.checkpoint(1);
      await sleep(20);
      later.resolve(await settle(job.checkpoint(2)));
      return null;
    };
    const { outcome, renewed } = await superviseWork(work, { budgetMs: 400 });

    expect(outcome.kind).toBe("handed-over");
    expect([await later.promise, renewed.length]).toEqual(["pending", 1]);
  });

  it("saves no checkpoint when the worker shuts down", async () => {
    const closing = new AbortController();
    const work: Run = async ({ checkpoint }) => {
      closing.abort();
      await checkpoint(1);
      return null;
    };
    const { outcome, renewed } = await superviseWork(work, { closing: closing.signal });

    expect(outcome).toMatchObject({ kind: "handed-over", progressed: false });
    expect(renewed).toEqual([]);
  });
});
