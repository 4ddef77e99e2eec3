import { hasEnded, isRetryable, type Job } from "../../../core/jobs/job.ts";
import type { JobStore, LeaseOutcome } from "../../../core/ports/job-store.ts";
import { CONTENTION_LIMITS, contentionFailure } from "../../../core/store/contention.ts";
import { type Retries, startRetries } from "../../../lib/util/backoff.ts";
import type { Item } from "./items.ts";
import {
  entryPrefix,
  expiresAt,
  fromEntryItem,
  fromJobItem,
  jobKey,
  number,
  toEntryItem,
  toIndexItems,
  toJobItem,
} from "./job-items.ts";
import { listJobs } from "./list-jobs.ts";
import { isConditionFailed, isTransactionCanceled, queryAll, type Send } from "./operations.ts";
import { TABLE } from "./table.ts";
import { type ConditionalUpdate, toUpdateInput } from "./update-item.ts";

/**
 * Creates the store of jobs in the table. A call that retried after a lost response recognizes its own write by the
 * lease's owner.
 */
export const createDynamoDbJobStore = ({
  send,
  table,
  now = Date.now,
}: {
  send: Send;
  table: string;
  now?: () => number;
}): JobStore => {
  const get = async (id: string): Promise<{ job: Job; owner: string | undefined; until: number } | undefined> => {
    const { Item } = await send("GetItem", { TableName: table, Key: jobKey(id), ConsistentRead: true });
    if (Item === undefined) return undefined;
    const job = fromJobItem(Item);
    return job.expires > now() ? { job, owner: Item.owner?.S, until: Number(Item.until?.N ?? 0) } : undefined;
  };
  /** Updates a job. Returns its new item, or `undefined` when the condition is not met. */
  const update = async (id: string, change: ConditionalUpdate): Promise<Item | undefined> => {
    try {
      const input = { TableName: table, Key: jobKey(id), ...toUpdateInput(change), ReturnValues: "ALL_NEW" as const };
      return (await send("UpdateItem", input)).Attributes;
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  };

  /** Puts the index items of a job. */
  const putIndexItems = (job: Parameters<typeof toIndexItems>[0], expires: number) =>
    toIndexItems(job, expires).map((Item) => ({ Put: { TableName: table, Item } }));

  return {
    async create(draft) {
      const job = toJobItem(draft);
      const put = {
        TableName: table,
        Item: job,
        ConditionExpression: `attribute_not_exists(pk) OR ${TABLE.expiry} <= :now`,
        ExpressionAttributeValues: { ":now": number(Math.floor(now() / 1000)) },
      };
      const retries = startRetries(CONTENTION_LIMITS);
      for (;;) {
        try {
          await send("TransactWriteItems", {
            TransactItems: [{ Put: put }, ...putIndexItems(draft, draft.expires)],
          });
          return { job: fromJobItem(job), created: true };
        } catch (error) {
          if (!isTransactionCanceled(error)) throw error;
          const existing = error.reasons[0]?.Code === "ConditionalCheckFailed" ? await get(draft.id) : undefined;
          if (existing !== undefined) return { job: existing.job, created: false };
          if (!(await retries.pause())) throw jobContention(draft.id, retries);
        }
      }
    },

    get: async (id) => (await get(id))?.job,

    entries: async ({ id, created }) =>
      (await queryAll(send, table, `job#${id}`, entryPrefix(created))).map(fromEntryItem),

    list: (query) => listJobs(send, table, now(), query),

    async cancel(id) {
      const retries = startRetries(CONTENTION_LIMITS);
      do {
        const current = await get(id);
        if (current === undefined || hasEnded(current.job.status) || current.job.cancelling) return current?.job;
        const { status, turn, expiry } = current.job;
        const updated = await update(id, {
          when: { status: { S: status }, turn: number(turn) },
          set:
            status === "queued"
              ? { status: { S: "cancelled" }, ended: number(now()), [TABLE.expiry]: expiresAt(now() + expiry * 1000) }
              : { cancelling: { BOOL: true } },
        });
        if (updated !== undefined) return fromJobItem(updated);
      } while (await retries.pause());
      throw jobContention(id, retries);
    },

    async retry(id, expires) {
      const retries = startRetries(CONTENTION_LIMITS);
      let retriedTurn: number | undefined;
      do {
        const current = await get(id);
        if (current === undefined) return undefined;
        const { job } = current;
        // An earlier attempt whose response was lost.
        if (retriedTurn !== undefined && job.turn > retriedTurn) return { job, retried: true };
        if (!isRetryable(job.status)) return { job, retried: false };
        retriedTurn = job.turn;
        const change: ConditionalUpdate = {
          when: { status: { S: job.status }, turn: number(job.turn) },
          set: {
            status: { S: "queued" },
            attempt: number(1),
            worked: number(0),
            delay: number(0),
            [TABLE.expiry]: expiresAt(expires),
          },
          increment: "turn",
          remove: ["started", "ended", "error", "begun"],
        };
        try {
          await send("TransactWriteItems", {
            TransactItems: [
              { Update: { TableName: table, Key: jobKey(id), ...toUpdateInput(change) } },
              ...putIndexItems(job, expires),
            ],
          });
          const retried = await get(id);
          return retried && { job: retried.job, retried: true };
        } catch (error) {
          if (!isTransactionCanceled(error)) throw error;
        }
      } while (await retries.pause());
      throw jobContention(id, retries);
    },

    async take(id, turn, { owner, until }) {
      const set = { status: { S: "running" }, owner: { S: owner }, until: number(until) };
      const retries = startRetries(CONTENTION_LIMITS);
      for (;;) {
        const taken = await update(id, {
          when: { status: { S: "queued" }, turn: number(turn) },
          set,
          setOnce: { started: number(now()) },
          increment: "run",
        });
        if (taken !== undefined) return { kind: "taken", job: fromJobItem(taken), workerDied: false };
        const current = await get(id);
        if (current === undefined || current.job.turn !== turn || hasEnded(current.job.status))
          return { kind: "over", job: current?.job };
        // This call retried after a lost response, and the lease is its own.
        if (current.owner === owner) return { kind: "taken", job: current.job, workerDied: false };
        if (current.until > now()) return { kind: "busy", until: current.until };
        const takenOver = await update(id, {
          when: { status: { S: "running" }, owner: { S: current.owner ?? "" }, until: number(current.until) },
          set,
          increment: "run",
        });
        if (takenOver !== undefined) return { kind: "taken", job: fromJobItem(takenOver), workerDied: true };
        if (!(await retries.pause())) return { kind: "busy", until: current.until };
      }
    },

    async renewLease(id, { owner, until }, { worked, state, begun }) {
      const updated = await update(id, {
        when: leasedBy(owner),
        set: {
          until: number(until),
          worked: number(worked),
          ...(begun && { begun: { BOOL: true } }),
          ...(state !== undefined && { state: { S: JSON.stringify(state) } }),
        },
      });
      return updated === undefined ? "lost" : updated.cancelling?.BOOL === true ? "cancelling" : "kept";
    },

    addEntry: async (job, index, entry) =>
      void (await send("PutItem", { TableName: table, Item: toEntryItem(job, index, entry) })),

    async requeue(id, { owner }, { worked, attempt, delay, begun }): Promise<LeaseOutcome> {
      const set = {
        status: { S: "queued" },
        worked: number(worked),
        attempt: number(attempt),
        delay: number(delay),
        ...(begun && { begun: { BOOL: true } }),
      };
      const requeued = await update(id, { when: leasedBy(owner), unless: "cancelling", set, increment: "turn" });
      if (requeued !== undefined) return "kept";
      const current = await get(id);
      if (current?.owner !== owner) return "lost";
      return current.job.status === "queued" ? "kept" : "cancelling";
    },

    async end({ id, expiry }, { owner }, { status, result, error, worked }) {
      const ended = { ended: number(now()), worked: number(worked), [TABLE.expiry]: expiresAt(now() + expiry * 1000) };
      const outcome = {
        ...(result !== undefined && { result: { S: JSON.stringify(result) } }),
        ...(error !== undefined && { error: { S: error } }),
      };
      // A retry of the job resumes from its state.
      const remove = ["until", "cancelling"];
      const when = leasedBy(owner);
      const set = { ...ended, ...outcome, status: { S: status } };
      const removed = status === "succeeded" ? ["state", ...remove] : remove;
      if ((await update(id, { when, unless: "cancelling", set, remove: removed })) !== undefined) return status;
      if ((await update(id, { when, set: { ...ended, status: { S: "cancelled" } }, remove })) !== undefined)
        return "cancelled";
      const current = await get(id);
      return current?.owner === owner && hasEnded(current.job.status) ? current.job.status : "lost";
    },
  };
};

const jobContention = (id: string, retries: Retries) => contentionFailure(`the job '${id}'`, retries.describe());

const leasedBy = (owner: string): Item => ({ owner: { S: owner }, status: { S: "running" } });
