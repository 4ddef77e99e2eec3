import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Failure } from "../../../core/errors.ts";
import type { HookJob, JobWork, RunningJob } from "../../../core/jobs/job.ts";
import { type JobWorker, runJob } from "../../../core/jobs/run-job.ts";
import type { JobStore } from "../../../core/ports/job-store.ts";
import { createJsonLog, createLog, type Log, type LogFields } from "../../../core/ports/log.ts";
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
    budgetMs = BUDGET_MS,
    retryAfter = () => 7,
    findWork,
    log = createJsonLog(() => undefined),
  }: {
    limits?: Partial<JobWork>;
    hooks?: string[];
    hook?: (point: string, params: object, job: HookJob) => Promise<void>;
    budgetMs?: number;
    retryAfter?: (attempt: number) => number;
    findWork?: () => Promise<JobWork | undefined>;
    log?: Log;
  } = {},
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
    findWork: findWork ?? (async () => ({ timeLimit: 3600, retries: 1, expiry: 3600, ...limits, run })),
    runHooks: async (point: string, params: object, job: HookJob) => {
      hooks.push(point);
      await hook(point, params, job);
    },
    retryAfter,
    leaseMs: LEASE_MS,
    now: () => now,
    log,
  } as JobWorker;
  return {
    work: (id: string, turn: number) =>
      runJob(worker, { id, turn }, { budgetMs, maxAttempts: 5, closing: closing.signal }),
    close: () => closing.abort(),
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

describe("a job's result", () => {
  const resultOf = async (run: Run) => {
    const id = await newJob();
    await startWorker(run, { limits: { retries: 0 } }).work(id, 0);
    const job = await jobs.get(id);
    return { status: job?.status, result: job?.result, error: job?.error };
  };

  it.each<[unknown, Json | undefined]>([
    [undefined, undefined],
    [null, null],
    [{ a: [1, "x"] }, { a: [1, "x"] }],
    ["x".repeat(99_998), "x".repeat(99_998)],
  ])("is kept: %#", async (result, expected) => {
    expect(await resultOf(async () => result as Json)).toEqual({
      status: "succeeded",
      result: expected,
      error: undefined,
    });
  });

  it("must be JSON of at most 100,000 bytes", async () => {
    const cyclic: { self?: object } = {};
    cyclic.self = cyclic;

    expect(await resultOf(async () => cyclic as Json)).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/^Its result is not JSON: TypeError: /),
    });
    expect(await resultOf(async () => "x".repeat(99_999))).toMatchObject({
      status: "failed",
      error: "Its result has 100001 bytes of JSON; the maximum is 100000. Store it as an object, and return its URI.",
    });
  });

  it.each([
    [new TypeError("wrong"), "TypeError: wrong"],
    ["text", "text"],
    [new Failure("CONFLICT", { message: "Taken." }), "Taken."],
    [new Failure("BACKEND", { message: "Sorry.", cause: new RangeError("inner") }), "RangeError: inner"],
    [new Failure("UNDEFINED", { message: "Sorry.", cause: new RangeError("inner") }), "RangeError: inner"],
    [new Failure("BACKEND", { message: "Sorry.", cause: "no error" }), "Sorry."],
    [new Failure("CONFLICT", { message: "Taken.", cause: new RangeError("inner") }), "Taken."],
  ])("is an error's text after a failure: %s", async (error, text) => {
    const failed = await resultOf(async () => {
      throw error;
    });

    expect(failed).toEqual({ status: "failed", result: undefined, error: text });
  });

  it("has at most 1000 characters of an error", async () => {
    const { error = "" } = await resultOf(async () => {
      throw new Error("x".repeat(5000));
    });

    expect(error.length).toBeGreaterThan(900);
    expect(error.length).toBeLessThanOrEqual(1001);
  });
});

describe("the attempts of a job", () => {
  it.each([
    [7, 7],
    [7.4, 7],
    [5000, 900],
  ])("wait %j s for the next one: %j s", async (seconds, delay) => {
    const id = await newJob();
    const attempts: number[] = [];
    const requeued: object[] = [];
    const { requeue } = jobs;
    jobs.requeue = (job, lease, next) => {
      requeued.push(next);
      return requeue.call(jobs, job, lease, next);
    };
    const worker = startWorker(
      async () => {
        throw new Error("fails");
      },
      {
        retryAfter: (attempt) => {
          attempts.push(attempt);
          return seconds;
        },
      },
    );
    try {
      await worker.work(id, 0);
    } finally {
      jobs.requeue = requeue;
    }

    expect(attempts).toEqual([1]);
    expect(requeued).toMatchObject([{ attempt: 2, delay, begun: true }]);
  });

  it("end with the last error, which is logged each time", async () => {
    const id = await newJob();
    const lines: [string, string, LogFields][] = [];
    const log = createLog((level, message, fields) => lines.push([level, message, fields]));
    const error = new Error("fails");
    const worker = startWorker(
      async () => {
        throw error;
      },
      { log },
    );
    await worker.work(id, 0);
    await worker.work(id, 1);

    expect(await jobs.get(id)).toMatchObject({ status: "failed", attempt: 2, error: "Error: fails" });
    expect(lines).toEqual([
      ["ERROR", "A job failed", { job_id: id, plugin: "p", action: "a", attempt: 1, error }],
      ["ERROR", "A job failed", { job_id: id, plugin: "p", action: "a", attempt: 2, error }],
      ["INFO", "A job has ended", { job_id: id, plugin: "p", action: "a", status: "failed" }],
    ]);
  });

  it("fail at once when the plugin no longer has the action, or cannot run it", async () => {
    const [gone, broken] = [await newJob(), await newJob()];
    await startWorker(hang, { findWork: async () => undefined }).work(gone, 0);
    const findWork = async () => {
      throw new TypeError("bad parameters");
    };
    await startWorker(hang, { findWork }).work(broken, 0);

    expect(await jobs.get(gone)).toMatchObject({
      status: "failed",
      error: "The plugin 'p' no longer has the action 'a'.",
    });
    expect(await jobs.get(broken)).toMatchObject({ status: "failed", error: "TypeError: bad parameters" });
  });
});

describe("the hooks of a job", () => {
  it("see the job, and write to its log", async () => {
    const id = await newJob();
    const seen: [string, object, string][] = [];
    const hook = async (point: string, params: object, job: HookJob) => {
      seen.push([point, params, job.id]);
      expect(job.signal.aborted).toBe(false);
      await job.note({ point });
    };
    await startWorker(
      async (job) => {
        await job.note({ point: "run" });
        return 5;
      },
      { hook },
    ).work(id, 0);

    const params = { job_id: id, plugin: "p", action: "a", uri: null, user: "u" };
    expect(seen).toEqual([
      ["job.start", params, id],
      ["job.end", { ...params, status: "succeeded" }, id],
    ]);
    const job = await jobs.get(id);
    expect(job && (await jobs.entries(job))).toEqual([
      { point: "job.start", time: now },
      { point: "run", time: now },
      { point: "job.end", time: now },
    ]);
  });

  it("do not change how a job ended", async () => {
    const id = await newJob();
    const lines: [string, string, LogFields][] = [];
    const error = new Error("fails");
    const hook = async (point: string) => {
      if (point === "job.end") throw error;
    };
    const log = createLog((level, message, fields) => lines.push([level, message, fields]));
    await startWorker(async () => 5, { hook, log }).work(id, 0);

    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: 5 });
    expect(lines.at(-1)).toEqual(["ERROR", "The hooks after a job's end failed", { job_id: id, plugin: "p", error }]);
  });

  it("run for a job that was cancelled before it started", async () => {
    const [id, hooks] = [await newJob(), [] as string[]];
    await jobs.cancel(id);
    const worker = startWorker(hang, { hooks });

    expect(await worker.work(id, 0)).toBeUndefined();
    expect(hooks).toEqual(["job.end"]);
    await worker.work(id, 3);
    expect(hooks).toEqual(["job.end"]);
  });
});

describe("a job that is stopped", () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<Json>((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));

  it("ends as cancelled when its work ends", async () => {
    const id = await newJob();
    const started = Promise.withResolvers<void>();
    const work = startWorker(async (job) => {
      started.resolve();
      await job.checkpoint(1);
      for (;;) {
        await job.checkpoint(2);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }).work(id, 0);
    await started.promise;
    await jobs.cancel(id);
    await work;

    expect(await jobs.get(id)).toMatchObject({ status: "cancelled" });
  });

  it("continues on another worker when this one shuts down", async () => {
    const id = await newJob();
    const started = Promise.withResolvers<void>();
    const worker = startWorker(async (job) => {
      started.resolve();
      return untilAborted(job.signal);
    });
    const work = worker.work(id, 0);
    await started.promise;
    worker.close();

    expect(await work).toBeUndefined();
    expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 1 });
    await startWorker(async () => "done").work(id, 1);
    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: "done" });
  });

  it("fails when it takes more than a worker's time without a checkpoint", async () => {
    const id = await newJob();
    await startWorker((job) => untilAborted(job.signal), { budgetMs: 600 }).work(id, 0);

    expect(await jobs.get(id)).toMatchObject({
      status: "failed",
      error:
        "It did not end within the 1 s of a worker, and saved no checkpoint to resume from. Call job.checkpoint regularly.",
    });
  });

  it("continues from its checkpoint after a worker's time", async () => {
    const id = await newJob();
    const run: Run = async (job) => {
      if (job.state !== undefined) return ["resumed from", job.state, job.attempt];
      await job.checkpoint("half");
      return untilAborted(job.signal);
    };
    await startWorker(run, { budgetMs: 300 }).work(id, 0);

    expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 1, state: "half" });
    await startWorker(run).work(id, 1);
    expect(await jobs.get(id)).toMatchObject({ status: "succeeded", result: ["resumed from", "half", 1] });
  });

  it("fails when its time limit is over", async () => {
    const id = await newJob();
    await startWorker((job) => untilAborted(job.signal), { limits: { timeLimit: 0.2 } }).work(id, 0);

    expect(await jobs.get(id)).toMatchObject({
      status: "failed",
      error: "It took longer than its time limit of 0.2 s.",
    });
  });

  it("refuses a checkpoint of more than 100,000 bytes, and more than 4000 bytes in the log", async () => {
    const id = await newJob();
    await startWorker(async (job) => {
      const errors: string[] = [];
      for (const attempt of [job.checkpoint("x".repeat(100_000)), job.note({ a: "x".repeat(4000) })])
        await attempt.catch((error: unknown) => errors.push(String(error)));
      await job.checkpoint("x".repeat(99_998));
      return errors;
    }).work(id, 0);

    expect((await jobs.get(id))?.result).toEqual([
      "RangeError: The state of a checkpoint has 100002 bytes of JSON; the maximum is 100000.",
      expect.stringMatching(/^RangeError: An entry has \d{4} bytes of JSON; the maximum is 4000\.$/),
    ]);
  });
});
