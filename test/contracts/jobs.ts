import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JobDraft } from "../../core/jobs/job.ts";
import type { JobEnd, JobQuery, JobStore } from "../../core/ports/job-store.ts";

export interface OpenedJobs {
  readonly jobs: JobStore;
  [Symbol.asyncDispose](): Promise<void>;
}

const LEASE_MS = 60_000;
const EXPIRY_SECONDS = 3600;

/**
 * What every implementation of the port must do.
 * @param open opens a job store on an empty table
 */
export const jobContract = (name: string, open: (now: () => number) => Promise<OpenedJobs>) =>
  describe(`job store on ${name}`, () => {
    let now = 1_800_000_000_000;
    let opened: OpenedJobs;
    let jobs: JobStore;
    beforeAll(async () => {
      opened = await open(() => now);
      jobs = opened.jobs;
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    const draft = (more: Partial<JobDraft> = {}): JobDraft => ({
      id: randomUUID(),
      plugin: "robot",
      kind: "action",
      name: "paint",
      uri: "/buckets/b",
      user: `basicauth:${randomUUID()}`,
      params: { color: "red", ["__proto__"]: { deep: [null, 1.5] } },
      created: now,
      expires: now + 30 * 24 * 3600 * 1000,
      expiry: EXPIRY_SECONDS,
      ...more,
    });
    const lease = (owner: string) => ({ owner, until: now + LEASE_MS });
    const made = async (more: Partial<JobDraft> = {}) => (await jobs.create(draft(more))).job;
    /** A job that `me` has taken. */
    const takenJob = async (more: Partial<JobDraft> = {}) => {
      const { id, turn } = await made(more);
      const taken = await jobs.take(id, turn, lease("me"));
      if (taken.kind !== "taken") throw new Error("The job could not be taken");
      return taken.job;
    };
    const statusOf = async (id: string) => (await jobs.get(id))?.status;

    describe("create", () => {
      it("stores the draft as a queued job", async () => {
        const requested = draft();

        const { job, created } = await jobs.create(requested);

        expect(created).toBe(true);
        expect(job).toMatchObject({
          ...requested,
          status: "queued",
          attempt: 1,
          turn: 0,
          run: 0,
          worked: 0,
          cancelling: false,
        });
        expect(await jobs.get(requested.id)).toEqual(job);
        expect(JSON.stringify((await jobs.get(requested.id))?.params)).toBe(JSON.stringify(requested.params));
      });

      it("accepts a job of an anonymous user at the server", async () => {
        const { id } = await made({ user: null, uri: null });

        expect(await jobs.get(id)).toMatchObject({ user: null, uri: null });
      });

      it("creates one job per id under concurrent calls", async () => {
        const requested = draft();

        const all = await Promise.all(
          Array.from({ length: 8 }, (_, n) => jobs.create({ ...requested, params: { n } })),
        );

        expect(all.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(all.map(({ job }) => job.params.n)).size).toBe(1);
      });

      it("returns nothing for unknown ids", async () => {
        expect(await jobs.get(randomUUID())).toBeUndefined();
        expect(await jobs.cancel(randomUUID())).toBeUndefined();
        expect(await jobs.take(randomUUID(), 0, lease("me"))).toEqual({ kind: "over", job: undefined });
      });
    });

    describe("take", () => {
      it("gives a job to one of many concurrent workers", async () => {
        const { id } = await made();

        const taken = await Promise.all(Array.from({ length: 8 }, (_, n) => jobs.take(id, 0, lease(`worker ${n}`))));

        expect(taken.filter(({ kind }) => kind === "taken")).toHaveLength(1);
        expect(taken.filter(({ kind }) => kind === "busy")).toHaveLength(7);
        expect(await jobs.get(id)).toMatchObject({ status: "running", started: now, run: 1 });
      });

      it("gives a job to another worker after the lease expired", async () => {
        const { id } = await takenJob();

        expect(await jobs.take(id, 0, lease("another"))).toEqual({ kind: "busy", until: now + LEASE_MS });
        now += LEASE_MS + 1;
        const both = await Promise.all([jobs.take(id, 0, lease("another")), jobs.take(id, 0, lease("a third"))]);

        expect(both.map(({ kind }) => kind).toSorted()).toEqual(["busy", "taken"]);
        expect(both.find(({ kind }) => kind === "taken")).toMatchObject({ workerDied: true, job: { run: 2 } });
        expect(await jobs.renewLease(id, lease("me"), { worked: 1 })).toBe("lost");
        expect(await jobs.requeue(id, lease("me"), { worked: 1, attempt: 2, delay: 0 })).toBe("lost");
        expect(await jobs.end({ id, expiry: EXPIRY_SECONDS }, lease("me"), { status: "succeeded", worked: 1 })).toBe(
          "lost",
        );
      });

      it("refuses other workers while the lease is renewed", async () => {
        const { id } = await takenJob();
        for (let round = 0; round < 3; round++) {
          now += LEASE_MS - 1;
          expect(await jobs.renewLease(id, lease("me"), { worked: round })).toBe("kept");
        }

        expect((await jobs.take(id, 0, lease("another"))).kind).toBe("busy");
      });

      it("refuses a turn that is not the current one", async () => {
        const { id } = await takenJob();
        await jobs.renewLease(id, lease("me"), { worked: 5, state: { at: [1, "two"] } });
        expect(await jobs.requeue(id, lease("me"), { worked: 7, attempt: 2, delay: 30 })).toBe("kept");

        expect(await jobs.take(id, 0, lease("another"))).toMatchObject({ kind: "over", job: { status: "queued" } });
        const again = await jobs.take(id, 1, lease("another"));

        expect(again).toMatchObject({
          kind: "taken",
          workerDied: false,
          job: { state: { at: [1, "two"] }, attempt: 2, worked: 7, turn: 1, run: 2 },
        });
      });
    });

    describe("end", () => {
      it.each<[string, JobEnd]>([
        ["stores a result", { status: "succeeded", result: { done: [true, null] }, worked: 9 }],
        ["stores no result", { status: "succeeded", worked: 9 }],
        ["stores an error", { status: "failed", error: "Error: no paint", worked: 9 }],
      ])("%s", async (_, end) => {
        const job = await takenJob();

        expect(await jobs.end(job, lease("me"), end)).toBe(end.status);

        expect(await jobs.get(job.id)).toMatchObject({ ...end, ended: now });
        expect(await jobs.end(job, lease("another"), { status: "failed", worked: 1 })).toBe("lost");
        expect(await jobs.take(job.id, 0, lease("another"))).toMatchObject({
          kind: "over",
          job: { status: end.status },
        });
      });

      it("cancels a queued job", async () => {
        const { id } = await made();

        expect(await jobs.cancel(id)).toMatchObject({ status: "cancelled", ended: now });

        expect((await jobs.take(id, 0, lease("me"))).kind).toBe("over");
        expect(await jobs.cancel(id)).toMatchObject({ status: "cancelled" });
      });

      it("cancels a running job at the next renewal of its lease", async () => {
        const job = await takenJob();

        expect(await jobs.cancel(job.id)).toMatchObject({ status: "running", cancelling: true });

        expect(await jobs.renewLease(job.id, lease("me"), { worked: 1 })).toBe("cancelling");
        expect(await jobs.requeue(job.id, lease("me"), { worked: 1, attempt: 2, delay: 0 })).toBe("cancelling");
        expect(await jobs.end(job, lease("me"), { status: "succeeded", result: 1, worked: 1 })).toBe("cancelled");
        expect(await jobs.get(job.id)).toMatchObject({ status: "cancelled", result: undefined });
      });

      it("keeps the first end when a job is cancelled and finished at the same time", async () => {
        for (let round = 0; round < 10; round++) {
          const job = await takenJob();

          const [cancelled, ended] = await Promise.all([
            jobs.cancel(job.id),
            jobs.end(job, lease("me"), { status: "succeeded", worked: 1 }),
          ]);

          expect(await statusOf(job.id)).toBe(ended);
          expect(ended).toBe(cancelled?.cancelling ? "cancelled" : "succeeded");
        }
      });

      it("leaves an ended job unchanged", async () => {
        const job = await takenJob();
        await jobs.end(job, lease("me"), { status: "failed", error: "no", worked: 1 });

        expect(await jobs.cancel(job.id)).toMatchObject({ status: "failed", error: "no" });
      });
    });

    it("keeps entries in order over all runs", async () => {
      const job = await takenJob();
      for (let n = 0; n < 12; n++) await jobs.addEntry(job, n, { n, time: now });
      await jobs.requeue(job.id, lease("me"), { worked: 1, attempt: 1, delay: 0 });
      const again = await jobs.take(job.id, 1, lease("me"));
      if (again.kind === "taken") await jobs.addEntry(again.job, 12, { n: 12, time: now });

      expect((await jobs.entries(job)).map(({ n }) => n)).toEqual(Array.from({ length: 13 }, (_, n) => n));
    });

    describe("expiry", () => {
      it("hides a job some time after its end, even if it is still in the table", async () => {
        const job = await takenJob();
        await jobs.end(job, lease("me"), { status: "succeeded", worked: 1 });

        now += EXPIRY_SECONDS * 1000 - 1;
        expect(await statusOf(job.id)).toBe("succeeded");
        now += 2000;
        expect(await statusOf(job.id)).toBeUndefined();
        expect(await jobs.list({ of: { user: job.user ?? "" }, limit: 10 })).toEqual({ jobs: [] });
      });

      it("lets the id be used again for a new job without the old entries", async () => {
        const job = await takenJob();
        await jobs.addEntry(job, 0, { old: true, time: now });
        await jobs.end(job, lease("me"), { status: "failed", error: "old", worked: 1 });
        now += EXPIRY_SECONDS * 1000 + 2000;

        const again = await jobs.create(draft({ id: job.id, user: job.user }));

        expect(again.created).toBe(true);
        expect(await jobs.get(job.id)).toMatchObject({ status: "queued", error: undefined, run: 0 });
        expect(await jobs.entries(again.job)).toEqual([]);
        expect((await jobs.list({ of: { user: job.user ?? "" }, limit: 10 })).jobs).toHaveLength(1);
      });
    });

    describe("retry", () => {
      const failedJob = async (more: Partial<JobDraft> = {}) => {
        const job = await takenJob(more);
        await jobs.renewLease(job.id, lease("me"), { worked: 5, begun: true, state: "half" });
        await jobs.requeue(job.id, lease("me"), { worked: 7, attempt: 2, delay: 30 });
        const again = await jobs.take(job.id, 1, lease("me"));
        expect(again).toMatchObject({ kind: "taken", job: { begun: true } });
        await jobs.end(job, lease("me"), { status: "failed", error: "no paint", worked: 9 });
        return job;
      };

      it("queues a failed job for a new turn, with its state and fresh limits", async () => {
        const { id } = await failedJob();
        now += 1000;

        const expires = Math.ceil(now / 1000) * 1000 + 1e9;
        const retried = await jobs.retry(id, expires);

        expect(retried).toMatchObject({
          retried: true,
          job: { status: "queued", turn: 2, attempt: 1, worked: 0, begun: false, state: "half", expires },
        });
        expect(retried?.job.error ?? retried?.job.ended ?? retried?.job.started).toBeUndefined();
        expect((await jobs.take(id, 1, lease("late"))).kind).toBe("over");
        const taken = await jobs.take(id, 2, lease("me"));
        expect(taken).toMatchObject({ kind: "taken", job: { started: now, run: 3 } });
      });

      it("queues a cancelled job", async () => {
        const { id } = await made();
        await jobs.cancel(id);

        expect(await jobs.retry(id, now + 1e9)).toMatchObject({ retried: true, job: { status: "queued", turn: 1 } });
      });

      it.each(["queued", "running", "succeeded"])("does not change a job that is %s", async (status) => {
        const job = status === "queued" ? await made() : await takenJob();
        if (status === "succeeded") await jobs.end(job, lease("me"), { status, worked: 1 });
        const before = await jobs.get(job.id);

        expect(await jobs.retry(job.id, now + 1e9)).toEqual({ retried: false, job: before });
        expect(await jobs.get(job.id)).toEqual(before);
        expect(await jobs.retry(randomUUID(), now)).toBeUndefined();
      });

      it("retries a job once under concurrent calls", async () => {
        const { id } = await failedJob();

        await Promise.all(Array.from({ length: 4 }, () => jobs.retry(id, now + 1e9)));

        expect(await jobs.get(id)).toMatchObject({ status: "queued", turn: 2 });
      });

      it("keeps the job in lists until its new expiry", async () => {
        const job = await failedJob({ plugin: randomUUID() });

        await jobs.retry(job.id, job.expires + 1e9);
        now = job.expires + 1000;

        expect((await jobs.list({ of: { user: job.user ?? "" }, limit: 10 })).jobs).toHaveLength(1);
        expect((await jobs.list({ of: { plugins: [job.plugin] }, limit: 10 })).jobs[0]?.id).toBe(job.id);
      });
    });

    describe("list", () => {
      const idsIn = async (query: JobQuery) => (await jobs.list(query)).jobs.map(({ id }) => id);

      it("lists the jobs of one user in pages, newest first", async () => {
        const user = `basicauth:${randomUUID()}`;
        const ids: string[] = [];
        for (let n = 0; n < 5; n++) {
          now += 1;
          ids.unshift((await made({ user })).id);
        }
        await made();

        const first = await jobs.list({ of: { user }, limit: 2 });
        const second = await jobs.list({ of: { user }, limit: 2, after: first.next });
        const last = await jobs.list({ of: { user }, limit: 2, after: second.next });

        expect([first, second, last].flatMap((page) => page.jobs.map(({ id }) => id))).toEqual(ids);
        expect(last.next).toBeUndefined();
      });

      it("merges the jobs of several plugins in pages, newest first", async () => {
        const plugins = [randomUUID(), randomUUID(), randomUUID()];
        const ids: string[] = [];
        // The first plugin has most jobs, and the last one only old ones.
        for (const at of [2, 2, 0, 1, 0, 0, 0, 1, 0, 0]) {
          now += 1;
          ids.unshift((await made({ plugin: plugins[at] ?? "", user: at === 1 ? null : "plugin:p" })).id);
        }

        for (const limit of [1, 3, 4, 100]) {
          const found: string[] = [];
          let after: JobQuery["after"];
          do {
            const page = await jobs.list({ of: { plugins }, limit, ...(after && { after }) });
            expect(page.jobs.length).toBeLessThanOrEqual(limit);
            found.push(...page.jobs.map(({ id }) => id));
            after = page.next;
          } while (after !== undefined);
          expect(found).toEqual(ids);
        }
        expect(await idsIn({ of: { plugins: [plugins[1] ?? ""] }, limit: 10 })).toEqual([ids[2], ids[6]]);
        expect(await jobs.list({ of: { plugins: [] }, limit: 10 })).toEqual({ jobs: [] });
      });

      it("filters by status, plugin, kind and name", async () => {
        const user = `basicauth:${randomUUID()}`;
        const { id } = await takenJob({ user });
        for (let n = 0; n < 3; n++) await made({ user, plugin: "other", name: "draw" });
        const { id: scheduled } = await made({ user, kind: "schedule", name: "paint" });

        expect(await idsIn({ of: { user }, limit: 10, filter: { status: "running" } })).toEqual([id]);
        expect(await idsIn({ of: { user }, limit: 2, filter: { status: "queued" } })).toHaveLength(2);
        expect(await idsIn({ of: { user }, limit: 10, filter: { plugin: "other" } })).toHaveLength(3);
        expect(await idsIn({ of: { user }, limit: 10, filter: { kind: "schedule" } })).toEqual([scheduled]);
        expect(await idsIn({ of: { user }, limit: 10, filter: { name: "paint", kind: "action" } })).toEqual([id]);
      });

      it("returns no parameters, states and results", async () => {
        const job = await takenJob();
        await jobs.end(job, lease("me"), { status: "succeeded", result: 1, worked: 1 });

        const [listed] = (await jobs.list({ of: { user: job.user ?? "" }, limit: 1 })).jobs;

        const { params: _, provenance: __, state: ___, result: ____, ...summary } = (await jobs.get(job.id)) ?? job;
        expect(listed).toEqual(summary);
      });

      it("reads a limited number of jobs per page, and says where the next page starts", async () => {
        const plugin = randomUUID();
        const { id } = await made({ plugin, name: "rare" });
        now += 1;
        // In parts, since an engine on a busy machine does not answer a thousand calls at once in time.
        for (let part = 0; part < 105; part++)
          await Promise.all(Array.from({ length: 10 }, () => made({ plugin, user: null })));

        const page = await jobs.list({ of: { plugins: [plugin] }, limit: 10, filter: { name: "rare" } });

        expect(page).toMatchObject({ jobs: [], next: { created: now } });
        const { next: after } = page;
        expect(await idsIn({ of: { plugins: [plugin] }, limit: 10, filter: { name: "rare" }, after })).toEqual([id]);
      });
    });
  });
