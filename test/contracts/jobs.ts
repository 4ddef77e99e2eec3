import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JobDraft } from "../../core/jobs/job.ts";
import type { End, JobStore } from "../../core/ports/job-store.ts";

export interface OpenedJobs {
  readonly jobs: JobStore;
  [Symbol.asyncDispose](): Promise<void>;
}

const LEASE = 60_000;
const EXPIRY = 3600;

/** What every implementation of the port promises. @param open jobs on an empty table */
export const jobContract = (name: string, open: (now: () => number) => Promise<OpenedJobs>) =>
  describe(`jobs on ${name}`, () => {
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
      params: { colour: "red", ["__proto__"]: { deep: [null, 1.5] } },
      created: now,
      expires: now + 30 * 24 * 3600 * 1000,
      expiry: EXPIRY,
      ...more,
    });
    const lease = (owner: string) => ({ owner, until: now + LEASE });
    const made = async (more: Partial<JobDraft> = {}) => (await jobs.create(draft(more))).job;
    /** A job in the hands of `me`. */
    const inHand = async (more: Partial<JobDraft> = {}) => {
      const { id, turn } = await made(more);
      const taken = await jobs.take(id, turn, lease("me"));
      if (taken.kind !== "taken") throw new Error("It was not to be had");
      return taken.job;
    };
    const statusOf = async (id: string) => (await jobs.get(id))?.status;

    describe("makes jobs", () => {
      it("as they were asked for, queued", async () => {
        const asked = draft();

        const { job, created } = await jobs.create(asked);

        expect(created).toBe(true);
        expect(job).toMatchObject({
          ...asked,
          status: "queued",
          attempt: 1,
          turn: 0,
          run: 0,
          worked: 0,
          cancelling: false,
        });
        expect(await jobs.get(asked.id)).toEqual(job);
        expect(JSON.stringify((await jobs.get(asked.id))?.params)).toBe(JSON.stringify(asked.params));
      });

      it("of nobody in particular, at the server", async () => {
        const { id } = await made({ user: null, uri: null });

        expect(await jobs.get(id)).toMatchObject({ user: null, uri: null });
      });

      it("once for each id, however many ask at once", async () => {
        const asked = draft();

        const all = await Promise.all(Array.from({ length: 8 }, (_, n) => jobs.create({ ...asked, params: { n } })));

        expect(all.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(all.map(({ job }) => job.params.n)).size).toBe(1);
      });

      it("and knows nothing of others", async () => {
        expect(await jobs.get(randomUUID())).toBeUndefined();
        expect(await jobs.cancel(randomUUID())).toBeUndefined();
        expect(await jobs.take(randomUUID(), 0, lease("me"))).toEqual({ kind: "over", job: undefined });
      });
    });

    describe("gives a job into one worker's hands", () => {
      it("of many that want it at once", async () => {
        const { id } = await made();

        const taken = await Promise.all(Array.from({ length: 8 }, (_, n) => jobs.take(id, 0, lease(`worker ${n}`))));

        expect(taken.filter(({ kind }) => kind === "taken")).toHaveLength(1);
        expect(taken.filter(({ kind }) => kind === "busy")).toHaveLength(7);
        expect(await jobs.get(id)).toMatchObject({ status: "running", started: now, run: 1 });
      });

      it("and into another's when nothing is heard of it for the time of its lease", async () => {
        const { id } = await inHand();

        expect(await jobs.take(id, 0, lease("another"))).toEqual({ kind: "busy", until: now + LEASE });
        now += LEASE + 1;
        const both = await Promise.all([jobs.take(id, 0, lease("another")), jobs.take(id, 0, lease("a third"))]);

        expect(both.map(({ kind }) => kind).toSorted()).toEqual(["busy", "taken"]);
        expect(both.find(({ kind }) => kind === "taken")).toMatchObject({ died: true, job: { run: 2 } });
        expect(await jobs.keep(id, lease("me"), { worked: 1 })).toBe("lost");
        expect(await jobs.requeue(id, lease("me"), { worked: 1, attempt: 2, delay: 0 })).toBe("lost");
        expect(await jobs.end({ id, expiry: EXPIRY }, lease("me"), { status: "succeeded", worked: 1 })).toBe("lost");
      });

      it("for as long as it prolongs its lease", async () => {
        const { id } = await inHand();
        for (let round = 0; round < 3; round++) {
          now += LEASE - 1;
          expect(await jobs.keep(id, lease("me"), { worked: round })).toBe("kept");
        }

        expect((await jobs.take(id, 0, lease("another"))).kind).toBe("busy");
      });

      it("only in the turn that it is", async () => {
        const { id } = await inHand();
        await jobs.keep(id, lease("me"), { worked: 5, state: { at: [1, "two"] } });
        expect(await jobs.requeue(id, lease("me"), { worked: 7, attempt: 2, delay: 30 })).toBe("kept");

        expect(await jobs.take(id, 0, lease("another"))).toMatchObject({ kind: "over", job: { status: "queued" } });
        const again = await jobs.take(id, 1, lease("another"));

        expect(again).toMatchObject({
          kind: "taken",
          died: false,
          job: { state: { at: [1, "two"] }, attempt: 2, worked: 7, turn: 1, run: 2 },
        });
      });
    });

    describe("ends jobs", () => {
      it.each<[string, End]>([
        ["with a result", { status: "succeeded", result: { done: [true, null] }, worked: 9 }],
        ["with none", { status: "succeeded", worked: 9 }],
        ["with an error", { status: "failed", error: "Error: no paint", worked: 9 }],
      ])("%s", async (_, end) => {
        const job = await inHand();

        expect(await jobs.end(job, lease("me"), end)).toBe(end.status);

        expect(await jobs.get(job.id)).toMatchObject({ ...end, ended: now, state: undefined });
        expect(await jobs.end(job, lease("another"), { status: "failed", worked: 1 })).toBe("lost");
        expect(await jobs.take(job.id, 0, lease("another"))).toMatchObject({
          kind: "over",
          job: { status: end.status },
        });
      });

      it("that were cancelled before anybody took them", async () => {
        const { id } = await made();

        expect(await jobs.cancel(id)).toMatchObject({ status: "cancelled", ended: now });

        expect((await jobs.take(id, 0, lease("me"))).kind).toBe("over");
        expect(await jobs.cancel(id)).toMatchObject({ status: "cancelled" });
      });

      it("that were cancelled while they were worked on, when their worker hears of it", async () => {
        const job = await inHand();

        expect(await jobs.cancel(job.id)).toMatchObject({ status: "running", cancelling: true });

        expect(await jobs.keep(job.id, lease("me"), { worked: 1 })).toBe("cancelling");
        expect(await jobs.requeue(job.id, lease("me"), { worked: 1, attempt: 2, delay: 0 })).toBe("cancelling");
        expect(await jobs.end(job, lease("me"), { status: "succeeded", result: 1, worked: 1 })).toBe("cancelled");
        expect(await jobs.get(job.id)).toMatchObject({ status: "cancelled", result: undefined });
      });

      it("as it was told first, where one cancels while another finishes", async () => {
        for (let round = 0; round < 10; round++) {
          const job = await inHand();

          const [cancelled, ended] = await Promise.all([
            jobs.cancel(job.id),
            jobs.end(job, lease("me"), { status: "succeeded", worked: 1 }),
          ]);

          expect(await statusOf(job.id)).toBe(ended);
          expect(ended).toBe(cancelled?.cancelling ? "cancelled" : "succeeded");
        }
      });

      it("and leaves one that has ended as it is", async () => {
        const job = await inHand();
        await jobs.end(job, lease("me"), { status: "failed", error: "no", worked: 1 });

        expect(await jobs.cancel(job.id)).toMatchObject({ status: "failed", error: "no" });
      });
    });

    it("keeps what is noted, in order, over all runs", async () => {
      const job = await inHand();
      for (let n = 0; n < 12; n++) await jobs.note(job, n, { n, time: now });
      await jobs.requeue(job.id, lease("me"), { worked: 1, attempt: 1, delay: 0 });
      const again = await jobs.take(job.id, 1, lease("me"));
      if (again.kind === "taken") await jobs.note(again.job, 12, { n: 12, time: now });

      expect((await jobs.entries(job)).map(({ n }) => n)).toEqual(Array.from({ length: 13 }, (_, n) => n));
    });

    describe("forgets jobs", () => {
      it("some time after their end, be they still in the table or not", async () => {
        const job = await inHand();
        await jobs.end(job, lease("me"), { status: "succeeded", worked: 1 });

        now += EXPIRY * 1000 - 1;
        expect(await statusOf(job.id)).toBe("succeeded");
        now += 2000;
        expect(await statusOf(job.id)).toBeUndefined();
        expect(await jobs.mine(job.user ?? "", { limit: 10 })).toEqual({ jobs: [] });
      });

      it("so that their id can be used again, for a job that knows nothing of them", async () => {
        const job = await inHand();
        await jobs.note(job, 0, { old: true, time: now });
        await jobs.end(job, lease("me"), { status: "failed", error: "old", worked: 1 });
        now += EXPIRY * 1000 + 2000;

        const again = await jobs.create(draft({ id: job.id, user: job.user }));

        expect(again.created).toBe(true);
        expect(await jobs.get(job.id)).toMatchObject({ status: "queued", error: undefined, run: 0 });
        expect(await jobs.entries(again.job)).toEqual([]);
        expect((await jobs.mine(job.user ?? "", { limit: 10 })).jobs).toHaveLength(1);
      });
    });

    describe("lists somebody's jobs", () => {
      it("newest first, page by page, and nobody else's", async () => {
        const user = `basicauth:${randomUUID()}`;
        const ids: string[] = [];
        for (let n = 0; n < 5; n++) {
          now += 1;
          ids.unshift((await made({ user })).id);
        }
        await made();

        const first = await jobs.mine(user, { limit: 2 });
        const second = await jobs.mine(user, { limit: 2, after: first.next });
        const last = await jobs.mine(user, { limit: 2, after: second.next });

        expect([first, second, last].flatMap((page) => page.jobs.map(({ id }) => id))).toEqual(ids);
        expect(last.next).toBeUndefined();
      });

      it("of one status alone", async () => {
        const user = `basicauth:${randomUUID()}`;
        const { id } = await inHand({ user });
        for (let n = 0; n < 3; n++) await made({ user });

        expect((await jobs.mine(user, { limit: 10, status: "running" })).jobs.map((job) => job.id)).toEqual([id]);
        expect((await jobs.mine(user, { limit: 2, status: "queued" })).jobs).toHaveLength(2);
      });
    });
  });
