import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { NOW, superviseWork, workUntilAborted } from "./supervise-work.ts";

describe("supervise", () => {
  it("runs the hooks and then the work, with the job's state", async () => {
    const seen: unknown[] = [];
    const { outcome, notes, renewed } = await superviseWork(
      async ({ id, state, attempt, note }) => {
        await note({ by: "work" });
        seen.push([id, state, attempt]);
        return 5;
      },
      {
        job: { state: "half", attempt: 3, worked: 7000 },
        begin: async ({ id, signal, note, ...more }) => {
          await note({ by: "hook" });
          seen.push([id, signal.aborted, Object.keys(more)]);
        },
      },
    );

    expect(outcome).toEqual({ kind: "done", result: 5, progressed: false, begun: true, worked: expect.any(Number) });
    expect([Number.isInteger(outcome.worked), Math.floor(outcome.worked / 7000)]).toEqual([true, 1]);
    expect(seen).toEqual([
      ["i", false, []],
      ["i", "half", 3],
    ]);
    expect(notes).toEqual([{ by: "hook" }, { by: "work" }]);
    expect(renewed).toEqual([]);
  });

  it("does not run the hooks again after they were done", async () => {
    const begin = () => Promise.reject(new Error("again"));

    expect((await superviseWork(async () => 5, { job: { begun: true }, begin })).outcome).toMatchObject({
      ...{ kind: "done", begun: true },
    });
  });

  it("does not run work that a hook vetoes", async () => {
    const error = new Error("no");
    let runs = 0;
    const { outcome } = await superviseWork(async () => ++runs, { begin: () => Promise.reject(error) });

    expect(outcome).toMatchObject({ kind: "vetoed", error, begun: false, progressed: false });
    expect(runs).toBe(0);
  });

  it("reports work that fails", async () => {
    const error = new Error("no");

    expect((await superviseWork(() => Promise.reject(error))).outcome).toMatchObject({
      kind: "failed",
      error,
      begun: true,
    });
  });

  it("saves checkpoints and renews the lease with them", async () => {
    const { outcome, renewed } = await superviseWork(async ({ checkpoint }) => {
      await checkpoint({ at: 1 });
      await checkpoint(null);
      return 5;
    });

    expect(outcome).toMatchObject({ kind: "done", progressed: true });
    const lease = { owner: "me", until: NOW + 60_000 };
    expect(renewed).toEqual([
      ["i", lease, { worked: expect.any(Number), begun: true, state: { at: 1 } }],
      ["i", lease, { worked: expect.any(Number), begun: true, state: null }],
    ]);
  });

  it("refuses a checkpoint of more than 100,000 bytes", async () => {
    const { outcome } = await superviseWork(({ checkpoint }) => checkpoint("x".repeat(100_000)).then(() => null));

    expect(outcome).toMatchObject({
      ...{ kind: "failed", progressed: false },
      error: new RangeError("The state of a checkpoint has 100002 bytes of JSON; the maximum is 100000."),
    });
  });
});

describe("the lease of a job", () => {
  it("is renewed three times in its duration, also while the hooks run", async () => {
    const started = performance.now();
    const { renewed } = await superviseWork(() => sleep(50, null), { leaseMs: 60, begin: () => sleep(50) });
    const [first, last] = [renewed[0]?.[2], renewed.at(-1)?.[2]];

    expect(renewed.length).toBeGreaterThanOrEqual(2);
    // Timers may be early by up to a millisecond.
    expect(renewed.length).toBeLessThanOrEqual((performance.now() - started) / 19);
    expect(renewed[0]?.[1]).toEqual({ owner: "me", until: NOW + 60 });
    expect([first, last]).toEqual([{ worked: expect.any(Number) }, { worked: expect.any(Number), begun: true }]);
  });

  it("is not renewed after the end", async () => {
    const { renewed } = await superviseWork(async () => null, { leaseMs: 15 });
    await sleep(30);

    expect(renewed).toEqual([]);
  });

  it("may fail to be renewed once", async () => {
    const error = new Error("throttled");
    const { outcome, warnings } = await superviseWork(() => sleep(60, "done"), { leaseMs: 60, renewals: [error] });

    expect(outcome).toMatchObject({ kind: "done", result: "done" });
    expect(warnings).toEqual([["WARN", "The lease of a job could not be renewed", { job_id: "i", error }]]);
  });

  it("ends the run when another worker has it", async () => {
    const reasons: string[] = [];
    const { outcome } = await superviseWork(async (job) => reasons.push(await workUntilAborted(job)), {
      leaseMs: 30,
      renewals: ["kept", "lost"],
    });

    expect(outcome).toMatchObject({ kind: "lease-lost", progressed: false });
    expect(reasons).toEqual(["The job's time is up"]);
  });

  it("ends the run at a checkpoint, which does not return and does not count", async () => {
    let isContinued = false;
    const { outcome } = await superviseWork(
      async ({ checkpoint }) => {
        void checkpoint(1).then(() => {
          isContinued = true;
        });
        return sleep(10, null);
      },
      { renewals: ["lost"] },
    );

    expect(outcome).toMatchObject({ kind: "lease-lost", progressed: false });
    expect(isContinued).toBe(false);
  });
});
