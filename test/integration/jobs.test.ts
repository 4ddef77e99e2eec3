import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin, type Job, type Json, refuse, storeHookPoints } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";

/** The code of the next jobs, by name. */
let work: Record<string, (job: Job, n: number) => Promise<Json | undefined>> = {};
const ended: string[] = [];
const worker = definePlugin({
  name: "worker",
  about: "Runs the code of a test.",
  actions: {
    work: {
      about: "Works.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      params: z.object({ what: z.string(), n: z.int().default(0) }),
      expiry: 3600,
      run: async ({ params, job }) => work[params.what]?.(job, params.n),
    },
    hurry: {
      about: "Has a second.",
      on: ["server"],
      principals: () => ["system.Everyone"],
      timeLimit: 1,
      run: async ({ job }) => work.hurry?.(job, 0),
    },
  },
  hooks: {
    at: {
      end: { point: storeHookPoints["job.end"], run: ({ job_id, status }) => void ended.push(`${job_id} ${status}`) },
    },
  },
});
const plugins = [basicauth(), worker()];
const retryAfter = () => 0;
/** Never resolves. */
const hang = () => new Promise<never>(() => undefined);
/** Work that waits until it is released. */
const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { entered: 0, opened: promise, open: resolve };
};

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins, retryAfter });
});
afterAll(() => store.close());
beforeEach(() => {
  work = {};
});

const begin = async (what: string, n = 0, as: string | null = "alice"): Promise<string> =>
  (await store.post("/actions/work", { what, n }, { as })).body.job_id as string;
const look = async (id: string, of: Pick<TestStore, "get"> = store) => (await of.get(`/jobs/${id}`)).body;
const finished = async (what: string) => {
  const id = await begin(what);
  await store.drain();
  return look(id);
};

describe("job", () => {
  it("shows its status, entries and result", async () => {
    const { open, opened } = gate();
    work.paint = async (job) => {
      await job.note({ status: "starting", progress: 0, time: "its own" });
      await job.note({ status: "half", deep: { list: [1, null] } });
      await opened;
      return { painted: ["all", job.id] };
    };
    const id = await begin("paint");
    await waitUntil("the job has two entries", async () => (await look(id)).entries.length === 2);

    expect(await look(id)).toMatchObject({
      status: "running",
      plugin: "worker",
      action: "work",
      uri: null,
      attempt: 1,
      params: { what: "paint", n: 0 },
    });
    open();
    await store.drain();

    const job = await look(id);
    expect(job).toMatchObject({
      status: "succeeded",
      result: { painted: ["all", id] },
      user_id: await store.userId("alice"),
    });
    expect(job.entries).toEqual([
      { status: "starting", progress: 0, time: expect.any(Number) },
      { status: "half", deep: { list: [1, null] }, time: expect.any(Number) },
    ]);
    expect([job.created <= job.started, job.started <= job.entries[0].time, job.entries[1].time <= job.ended]).toEqual([
      true,
      true,
      true,
    ]);
    expect(ended).toContain(`${id} succeeded`);
  });

  it("returns selected fields", async () => {
    work.quick = async () => ({ much: "data" });
    const { id } = await finished("quick");

    const short = (await store.get(`/jobs/${id}?results=false`)).body;

    expect(short).toMatchObject({ id, status: "succeeded", action: "work" });
    expect(Object.keys(short)).toEqual(expect.not.arrayContaining(["entries", "result", "params"]));
    expect((await store.get(`/jobs/${id}?results=true`)).body.result).toEqual({ much: "data" });
    expect((await store.get(`/jobs/${id}?results=perhaps`)).status).toBe(400);
  });

  it("can only be read and cancelled by its owner", async () => {
    const id = await begin("nothing");

    expect((await store.get(`/jobs/${id}`, { as: "bob" })).status).toBe(403);
    expect((await store.get(`/jobs/${id}`, { as: null })).status).toBe(401);
    expect((await store.delete(`/jobs/${id}`, { as: "bob" })).status).toBe(403);
    expect((await store.get("/jobs/8b5a0b0e-0000-4000-8000-000000000000")).status).toBe(404);
    expect((await store.get(`/jobs/${"x".repeat(3000)}`)).status).toBe(404);
    expect((await store.delete("/jobs/none")).status).toBe(404);
  });

  it("of an anonymous user can be read by any user who knows its id", async () => {
    const id = await begin("nothing", 0, null);
    await store.drain();

    expect((await store.get(`/jobs/${id}`, { as: null })).body).toMatchObject({ status: "succeeded", user_id: null });
    expect((await store.get("/jobs", { as: null })).status).toBe(401);
  });

  it("fails after its retries with the error, whose stack is only logged", async () => {
    const attempts: number[] = [];
    work.fail = async (job) => {
      attempts.push(job.attempt);
      await job.note({ attempt: job.attempt });
      throw new TypeError("no paint");
    };

    const job = await finished("fail");

    expect(attempts).toEqual([1, 2, 3]);
    expect(job).toMatchObject({ status: "failed", error: "TypeError: no paint", attempt: 3 });
    expect(job.entries.map((entry: { attempt: number }) => entry.attempt)).toEqual([1, 2, 3]);
    expect(
      store.logLines.filter(
        (line) => line.includes("no paint") && line.includes(job.id) && line.includes("jobs.test.ts"),
      ),
    ).toHaveLength(3);
  });

  it("fails with the message of a refusal", async () => {
    work.refuse = async () => {
      throw refuse(403, "Not on Sundays.");
    };

    expect(await finished("refuse")).toMatchObject({ status: "failed", error: "Not on Sundays." });
  });

  it("resumes from its last checkpoint after a failure", async () => {
    const states: unknown[] = [];
    work.go = async (job) => {
      states.push(job.state);
      if (job.state !== undefined) return job.state;
      await job.checkpoint({ done: [1, "two", null] });
      throw new Error("interrupted");
    };

    expect(await finished("go")).toMatchObject({ status: "succeeded", result: { done: [1, "two", null] }, attempt: 2 });
    expect(states).toEqual([undefined, { done: [1, "two", null] }]);
  });

  it.each([
    [
      "not JSON",
      async () => {
        const circular: Json[] = [];
        circular.push(circular);
        return circular;
      },
      /^Its result is not JSON: TypeError/,
    ],
    ["too large", async () => "x".repeat(100_001), /^Its result has 100003 bytes of JSON; the maximum is 100000\./],
  ])("fails when its result is %s", async (_, run, error) => {
    work.odd = run;

    expect(await finished("odd")).toMatchObject({ status: "failed", error: expect.stringMatching(error) });
  });

  it("succeeds without a result", async () => {
    work.nothing = async () => undefined;

    expect(await finished("nothing")).not.toHaveProperty("result");
  });

  it("limits the size of entries and checkpoints", async () => {
    const issues: string[] = [];
    const recordError = async (ask: Promise<void>) =>
      issues.push(await ask.then(() => "none").catch((error: Error) => error.message));
    work.much = async (job) => {
      await recordError(job.note({ text: "x".repeat(4001) }));
      await recordError(job.checkpoint("x".repeat(100_000)));
      await Promise.all(Array.from({ length: 1000 }, (_, n) => job.note({ n })));
      await recordError(job.note({ n: 1000 }));
      return undefined;
    };

    const { entries } = await finished("much");

    expect(issues).toEqual([
      expect.stringContaining("bytes of JSON; the maximum is 4000."),
      expect.stringContaining("bytes of JSON; the maximum is 100000."),
      expect.stringContaining("A job can have 1000 entries"),
    ]);
    expect(entries.map(({ n }: { n: number }) => n)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  it("fails at its time limit when it hangs, and aborts its signal", async () => {
    let aborted = false;
    work.hurry = async (job) => {
      job.signal.addEventListener("abort", () => {
        aborted = true;
      });
      return hang();
    };
    const { job_id } = (await store.post("/actions/hurry")).body;
    await store.drain();

    expect(await look(job_id)).toMatchObject({
      status: "failed",
      error: "It took longer than its time limit of 1 s.",
      attempt: 1,
    });
    expect(aborted).toBe(true);
  });

  it("is removed some time after its end", async () => {
    await using other = await startStore({ plugins });
    const { job_id } = (await other.post("/actions/work", { what: "none" })).body;
    await other.drain();

    other.clock.advance(3590_000);
    expect((await other.get(`/jobs/${job_id}`)).status).toBe(200);
    other.clock.advance(20_000);

    expect((await other.get(`/jobs/${job_id}`)).status).toBe(404);
    expect((await other.get("/jobs")).body.data).toEqual([]);
  });
});

describe("list of jobs", () => {
  it("has the user's own jobs in pages, newest first, filtered by status", async () => {
    work.odd = async (_, n) => {
      if (n === 2) throw refuse(403, "No.");
      return n;
    };
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await begin("odd", n, "carol"));
    await store.drain();
    const idsOn = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);

    const first = await store.get("/jobs?_limit=3", { as: "carol" });
    const last = await store.get(String(first.headers.get("next-page")), { as: "carol" });

    expect([idsOn(first), idsOn(last), last.headers.get("next-page")]).toEqual([ids.slice(0, 3), ids.slice(3), null]);
    expect(idsOn(await store.get("/jobs?status=failed", { as: "carol" }))).toEqual([ids[2]]);
    expect(idsOn(await store.get("/jobs", { as: "dave" }))).toEqual([]);
    expect(
      (
        await store.get(
          `/jobs?_token=${new URL(String(first.headers.get("next-page"))).searchParams.get("_token")}&status=failed`,
        )
      ).status,
    ).toBe(400);
  });

  it.each(["status=lost", "color=red", "not_status=failed", "_limit=x"])("rejects the query ?%s", async (query) => {
    expect((await store.get(`/jobs?${query}`)).status).toBe(400);
  });
});

describe("cancelled job", () => {
  it("never starts if it was queued", async () => {
    await using other = await startStore({ plugins });
    const { open, opened } = gate();
    const begun: number[] = [];
    work.wait = async (_, n) => {
      begun.push(n);
      await opened;
      return undefined;
    };
    const ids: string[] = [];
    // More than run concurrently.
    for (let n = 0; n < 6; n++) ids.push((await other.post("/actions/work", { what: "wait", n })).body.job_id);
    await waitUntil("four jobs run", () => begun.length === 4);
    const statuses = await Promise.all(ids.map(async (id) => (await look(id, other)).status));
    const queued = ids.filter((_, n) => statuses[n] === "queued");

    const cancelled = await other.delete(`/jobs/${queued[0]}`);
    open();
    await other.drain();

    expect([queued.length, cancelled.status, cancelled.body.status]).toEqual([2, 200, "cancelled"]);
    expect(begun).toHaveLength(5);
    expect(await look(queued[0] ?? "", other)).toMatchObject({ status: "cancelled", ended: expect.any(Number) });
    expect((await other.delete(`/jobs/${queued[0]}`)).status).toBe(200);
    expect(ended).toContain(`${queued[0]} cancelled`);
  });

  it("stops at its next checkpoint", async () => {
    let cleaned = false;
    work.long = async (job) => {
      try {
        for (let n = 0; ; n++) await job.checkpoint(n);
      } finally {
        cleaned = job.signal.aborted;
      }
    };
    const id = await begin("long");
    await waitUntil("the job runs", async () => (await look(id)).status === "running");

    const cancelled = await store.delete(`/jobs/${id}`);
    await store.drain();

    expect([cancelled.status, cancelled.body]).toMatchObject([202, { status: "running", cancelling: true }]);
    expect([await look(id), cleaned]).toMatchObject([{ status: "cancelled", attempt: 1 }, true]);
    expect(ended).toContain(`${id} cancelled`);
  });

  it("stops without a checkpoint when its lease is renewed", async () => {
    await using other = await startStore({ plugins, jobs: { lease: 60 } });
    work.deaf = async ({ signal }) =>
      new Promise<undefined>((resolve) => {
        signal.addEventListener("abort", () => resolve(undefined));
      });
    const { job_id } = (await other.post("/actions/work", { what: "deaf" })).body;
    await waitUntil("the job runs", async () => (await look(job_id, other)).status === "running");

    expect((await other.delete(`/jobs/${job_id}`)).status).toBe(202);
    await other.drain();

    expect(await look(job_id, other)).toMatchObject({ status: "cancelled" });
  });

  it("does not change if it had ended", async () => {
    const { id } = await finished("quick");

    const { status, body } = await store.delete(`/jobs/${id}`);

    expect([status, body.message]).toEqual([409, "The job has already succeeded."]);
  });

  it("cannot be cancelled in a batch", async () => {
    const { body } = await store.post("/batch", {
      requests: [{ method: "DELETE", path: `/jobs/${await begin("quick")}` }],
    });

    expect(body.responses[0].status).toBe(400);
  });
});

describe("job that outlives its worker", () => {
  it("resumes in another worker from its last checkpoint", async () => {
    await using other = await startStore({ plugins, jobs: { budget: 1000 } });
    const runs: unknown[] = [];
    const steps: number[] = [];
    work.steps = async (job) => {
      runs.push(job.state);
      for (let n = Number(job.state ?? 0); n < 20; n++) {
        if (n === 5 && runs.length === 1) await hang();
        steps.push(n);
        await job.note({ n });
        await job.checkpoint(n + 1);
      }
      return "all";
    };
    const { job_id } = (await other.post("/actions/work", { what: "steps" })).body;
    await other.drain();

    const job = await look(job_id, other);
    expect(job).toMatchObject({ status: "succeeded", result: "all", attempt: 1 });
    expect(runs.length).toBeGreaterThan(1);
    expect(runs[0]).toBeUndefined();
    // An unfinished step is repeated.
    expect([...new Set(steps)]).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect([...new Set(job.entries.map(({ n }: { n: number }) => n))]).toHaveLength(20);
  });

  it("fails with a hint when it saved no checkpoint", async () => {
    await using other = await startStore({ plugins, jobs: { budget: 100 } });
    work.endless = hang;
    const { job_id } = (await other.post("/actions/work", { what: "endless" })).body;
    await other.drain();

    expect(await look(job_id, other)).toMatchObject({
      status: "failed",
      attempt: 1,
      error: expect.stringContaining("Call job.checkpoint regularly."),
    });
  });

  it("resumes after the store was stopped and started again", async () => {
    const data = mkdtempSync(join(tmpdir(), "kintoun-jobs-"));
    const start = async () =>
      startCloud({ config: readConfig({ plugins }), port: 0, data, log: createJsonLog(() => undefined) });
    const runs: unknown[] = [];
    work.interrupted = async (job) => {
      runs.push([job.state, job.attempt]);
      if (job.state !== undefined) return "done";
      await job.checkpoint("half");
      return hang();
    };
    const first = await start();
    const { job_id } = (await createClient(createRequester(first.url)).post("/actions/work", { what: "interrupted" }))
      .body;
    await waitUntil("the job runs", () => runs.length === 1);
    await waitUntil(
      "the checkpoint is saved",
      async () => (await first.opened[0]?.app.jobs.get(job_id))?.state === "half",
    );
    await first.close();

    const second = await start();
    await second.drain();

    expect(await look(job_id, createClient(createRequester(second.url)))).toMatchObject({
      status: "succeeded",
      result: "done",
      attempt: 1,
    });
    expect(runs).toEqual([
      [undefined, 1],
      ["half", 1],
    ]);
    await second.close();
    rmSync(data, { recursive: true });
  });
});
