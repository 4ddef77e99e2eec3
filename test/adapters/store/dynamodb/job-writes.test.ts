import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { jobKey } from "../../../../adapters/store/dynamodb/job-items.ts";
import { DynamoDbError, readAll } from "../../../../adapters/store/dynamodb/operations.ts";
import type { Job, JobDraft } from "../../../../core/jobs/job.ts";
import { beforeCall, type Intercept, openTable, rejectCalls, repeatCalls } from "./open-table.ts";

let now = 1_800_000_000_000;
let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable(() => now);
});
afterAll(() => table[Symbol.asyncDispose]());

const draft = (changes: Partial<JobDraft> = {}): JobDraft => ({
  ...{ id: randomUUID(), plugin: "p", kind: "action", name: "a", uri: null, user: "u", params: {} },
  ...{ created: now, expires: now + 1e9, expiry: 60 },
  ...changes,
});
const lease = (owner = "me") => ({ owner, until: now + 1000 });
/** A job that a worker has taken. */
const takenJob = async (owner = "me") => {
  const { job } = await table.jobs.create(draft());
  await table.jobs.take(job.id, 0, lease(owner));
  return job;
};
const itemOf = async (id: string) => (await readAll(table.send, "kintoun", [jobKey(id)]))[0] ?? {};
const canceled = (...codes: readonly string[]) =>
  new DynamoDbError(
    "TransactionCanceledException",
    "cancelled",
    codes.map((Code) => ({ Code })),
  );

describe("a call whose response is lost", () => {
  it("takes a job once", async () => {
    const { job } = await table.jobs.create(draft());
    const { result } = await table.record(() => table.jobs.take(job.id, 0, lease()), repeatCalls("UpdateItem"));
    now += 1001;
    const { result: again } = await table.record(
      () => table.jobs.take(job.id, 0, lease("you")),
      repeatCalls("UpdateItem"),
    );

    expect(result).toMatchObject({ kind: "taken", workerDied: false, job: { run: 1, started: now - 1001 } });
    expect(again).toMatchObject({ kind: "taken", workerDied: false, job: { run: 2 } });
  });

  it("queues a job again once", async () => {
    const { id } = await takenJob();
    const requeue = () => table.jobs.requeue(id, lease(), { worked: 5, attempt: 2, delay: 3 });

    expect((await table.record(requeue, repeatCalls("UpdateItem"))).result).toBe("kept");
    expect(await table.jobs.get(id)).toMatchObject({ status: "queued", turn: 1, attempt: 2 });
    expect(await table.jobs.requeue(id, lease("you"), { worked: 5, attempt: 2, delay: 3 })).toBe("lost");
    expect(await table.jobs.requeue("none", lease(), { worked: 5, attempt: 2, delay: 3 })).toBe("lost");
  });

  it.each(["succeeded", "failed"] as const)("ends a job that has %s once", async (status) => {
    const job = await takenJob();
    const end = () => table.jobs.end(job, lease(), { status, worked: 1 });

    expect((await table.record(end, repeatCalls("UpdateItem"))).result).toBe(status);
    expect(await table.jobs.end(job, lease("you"), { status: "failed", worked: 1 })).toBe("lost");
  });

  it("retries a job once", async () => {
    const job = await takenJob();
    await table.jobs.end(job, lease(), { status: "failed", worked: 1 });
    const { result } = await table.record(() => table.jobs.retry(job.id, now + 1e9), repeatCalls("TransactWriteItems"));

    expect(result).toMatchObject({ retried: true, job: { status: "queued", turn: 1 } });
  });
});

describe("a job that others change at the same time", () => {
  it("is retried, unless it was retried and has ended well meanwhile", async () => {
    const job = await takenJob();
    await table.jobs.end(job, lease(), { status: "failed", worked: 1 });
    const succeed = async () => {
      const other = table.jobs;
      await other.retry(job.id, now + 1e9);
      await other.take(job.id, 1, lease("you"));
      await other.end(job, lease("you"), { status: "succeeded", worked: 1 });
    };
    const { result } = await table.record(
      () => table.jobs.retry(job.id, now),
      beforeCall("TransactWriteItems", succeed),
    );

    expect(result).toMatchObject({ retried: true, job: { status: "succeeded", turn: 1 } });
  });

  it("is cancelled in the state that it then has", async () => {
    const { job } = await table.jobs.create(draft());
    const take = () => table.jobs.take(job.id, 0, lease());
    const { result } = await table.record(() => table.jobs.cancel(job.id), beforeCall("UpdateItem", take));

    expect(result).toMatchObject({ status: "running", cancelling: true });
  });

  it("is created after conflicts", async () => {
    let conflicts = 2;
    const conflict: Intercept = ({ operation }) =>
      operation === "TransactWriteItems" && conflicts-- > 0
        ? Promise.reject(canceled("TransactionConflict"))
        : undefined;

    expect((await table.record(() => table.jobs.create(draft()), conflict)).result).toMatchObject({ created: true });
    expect(conflicts).toBe(-1);
  });

  it("is taken over by one of those that wait for its lease, the others are busy", async () => {
    const { id } = await takenJob();
    now += 1001;
    const takeOver = () => table.jobs.take(id, 0, lease("you"));
    let updates = 0;
    const { result } = await table.record(
      () => table.jobs.take(id, 0, lease("third")),
      ({ operation, input }, send) =>
        operation === "UpdateItem" && ++updates === 2
          ? takeOver().then(() => send(operation, input as never))
          : undefined,
    );

    expect(result).toEqual({ kind: "busy", until: now + 1000 });
  });
});

describe("the item of a job", () => {
  it("has no lease, cancellation and state after it succeeded, and keeps its state otherwise", async () => {
    for (const status of ["succeeded", "failed"] as const) {
      const job = await takenJob();
      await table.jobs.renewLease(job.id, lease(), { worked: 1, state: 5 });
      await table.jobs.end(job, lease(), { status, worked: 1 });
      const item = await itemOf(job.id);

      expect([item.until, item.cancelling, item.state?.S]).toEqual([
        undefined,
        undefined,
        status === "failed" ? "5" : undefined,
      ]);
    }
    const job = await takenJob();
    await table.jobs.cancel(job.id);
    await table.jobs.end(job, lease(), { status: "succeeded", worked: 1 });
    const { until, cancelling, expires } = await itemOf(job.id);
    expect([until, cancelling, expires?.N]).toEqual([undefined, undefined, String(Math.ceil(now / 1000) + 60)]);
  });

  it("keeps whether the hooks before the first run are done when the job is queued again", async () => {
    for (const begun of [true, undefined] as const) {
      const { id } = await takenJob();
      await table.jobs.requeue(id, lease(), { worked: 1, attempt: 2, delay: 0, begun });
      expect(await table.jobs.get(id)).toMatchObject({ begun: begun === true });
    }
  });

  it("expires some time after a queued job was cancelled", async () => {
    const { job } = await table.jobs.create(draft());
    await table.jobs.cancel(job.id);

    expect((await itemOf(job.id)).expires?.N).toBe(String(Math.ceil(now / 1000) + 60));
  });

  it.each<[string, (job: Job) => Promise<unknown>, Parameters<typeof rejectCalls>[0]]>([
    ["create", () => table.jobs.create(draft()), "TransactWriteItems"],
    ["cancel", ({ id }) => table.jobs.cancel(id), "UpdateItem"],
    ["take", ({ id }) => table.jobs.take(id, 0, lease()), "UpdateItem"],
    [
      "retry",
      ({ id, expiry }) =>
        table.jobs.end({ id, expiry }, lease(), { status: "failed", worked: 1 }).then(() => table.jobs.retry(id, now)),
      "TransactWriteItems",
    ],
  ])("is not changed by %s when the table refuses it", async (_, act, operation) => {
    const error = new DynamoDbError("AccessDeniedException", "no");
    const job = await takenJob();

    await expect(table.record(() => act(job), rejectCalls(operation, error))).rejects.toBe(error);
  });
});
