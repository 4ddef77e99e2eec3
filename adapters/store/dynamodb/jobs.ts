import type { UpdateItemInput } from "@aws-sdk/client-dynamodb";
import { Failure } from "../../../core/errors.ts";
import { hasEnded, type Job } from "../../../core/jobs/job.ts";
import type { JobPage, JobQuery, JobStore, LeaseOutcome } from "../../../core/ports/job-store.ts";
import type { Item } from "./items.ts";
import {
  entryPrefix,
  expiresAt,
  fromEntryItem,
  fromJobItem,
  jobKey,
  number,
  rowKey,
  toEntryItem,
  toJobItems,
} from "./job-items.ts";
import { DynamoDbError, isConditionFailed, type Operations, readAll, type Send } from "./operations.ts";
import { queryAll } from "./store.ts";
import { TABLE } from "./table.ts";

/** How often something is tried again that others came between. */
const TRIES = 10;
const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));

/** Jobs in the one table. Whatever is asked twice because an answer was lost finds what it did itself by its lease's owner. */
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
  /** Changes a job that is as the condition says; `undefined` when it is not. */
  const change = async (id: string, update: Update): Promise<Item | undefined> => {
    try {
      return (
        await send("UpdateItem", { TableName: table, Key: jobKey(id), ...toInput(update), ReturnValues: "ALL_NEW" })
      ).Attributes;
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  };

  return {
    async create(draft) {
      const { job, row } = toJobItems(draft);
      const put = {
        TableName: table,
        Item: job,
        ConditionExpression: `attribute_not_exists(pk) OR ${TABLE.expiry} <= :now`,
        ExpressionAttributeValues: { ":now": number(Math.floor(now() / 1000)) },
      };
      for (let attempt = 0; ; attempt++) {
        try {
          await send("TransactWriteItems", {
            TransactItems: [{ Put: put }, ...(row === undefined ? [] : [{ Put: { TableName: table, Item: row } }])],
          });
          return { job: fromJobItem(job), created: true };
        } catch (error) {
          if (!(error instanceof DynamoDbError) || error.name !== "TransactionCanceledException") throw error;
          const known = error.reasons[0]?.Code === "ConditionalCheckFailed" ? await get(draft.id) : undefined;
          if (known !== undefined) return { job: known.job, created: false };
          if (attempt === TRIES) throw new Failure("BACKEND", { cause: error });
          await pause(attempt);
        }
      }
    },

    get: async (id) => (await get(id))?.job,

    entries: async ({ id, created }) =>
      (await queryAll(send, table, `job#${id}`, entryPrefix(created))).map(fromEntryItem),

    listByUser: (user, query) => mine(send, table, now(), user, query),

    async cancel(id) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const known = await get(id);
        if (known === undefined || hasEnded(known.job.status) || known.job.cancelling) return known?.job;
        const { status, turn, expiry } = known.job;
        const changed = await change(id, {
          when: { status: { S: status }, turn: number(turn) },
          set:
            status === "queued"
              ? { status: { S: "cancelled" }, ended: number(now()), [TABLE.expiry]: expiresAt(now() + expiry * 1000) }
              : { cancelling: { BOOL: true } },
        });
        if (changed !== undefined) return fromJobItem(changed);
      }
      throw new Failure("BACKEND", { message: "The job changes too fast, please retry." });
    },

    async take(id, turn, { owner, until }) {
      const set = { status: { S: "running" }, owner: { S: owner }, until: number(until) };
      for (let attempt = 0; ; attempt++) {
        const fresh = await change(id, {
          when: { status: { S: "queued" }, turn: number(turn) },
          set,
          first: { started: number(now()) },
          add: "run",
        });
        if (fresh !== undefined) return { kind: "taken", job: fromJobItem(fresh), workerDied: false };
        const known = await get(id);
        if (known === undefined || known.job.turn !== turn || hasEnded(known.job.status))
          return { kind: "over", job: known?.job };
        // Our own, whose first answer was lost.
        if (known.owner === owner) return { kind: "taken", job: known.job, workerDied: false };
        if (known.until > now() || attempt === TRIES) return { kind: "busy", until: known.until };
        const left = await change(id, {
          when: { status: { S: "running" }, owner: { S: known.owner ?? "" }, until: number(known.until) },
          set,
          add: "run",
        });
        if (left !== undefined) return { kind: "taken", job: fromJobItem(left), workerDied: true };
      }
    },

    async renewLease(id, { owner, until }, { worked, state }) {
      const changed = await change(id, {
        when: inHandOf(owner),
        set: {
          until: number(until),
          worked: number(worked),
          ...(state !== undefined && { state: { S: JSON.stringify(state) } }),
        },
      });
      return changed === undefined ? "lost" : changed.cancelling?.BOOL === true ? "cancelling" : "kept";
    },

    addEntry: async (job, place, entry) =>
      void (await send("PutItem", { TableName: table, Item: toEntryItem(job, place, entry) })),

    async requeue(id, { owner }, { worked, attempt, delay }): Promise<LeaseOutcome> {
      const set = { status: { S: "queued" }, worked: number(worked), attempt: number(attempt), delay: number(delay) };
      if ((await change(id, { when: inHandOf(owner), unless: "cancelling", set, add: "turn" })) !== undefined)
        return "kept";
      const known = await get(id);
      if (known?.owner !== owner) return "lost";
      return known.job.status === "queued" ? "kept" : "cancelling";
    },

    async end({ id, expiry }, { owner }, { status, result, error, worked }) {
      const ended = { ended: number(now()), worked: number(worked), [TABLE.expiry]: expiresAt(now() + expiry * 1000) };
      const told = {
        ...(result !== undefined && { result: { S: JSON.stringify(result) } }),
        ...(error !== undefined && { error: { S: error } }),
      };
      const remove = ["state", "until", "cancelling"];
      const when = inHandOf(owner);
      if (
        (await change(id, {
          when,
          unless: "cancelling",
          set: { ...ended, ...told, status: { S: status } },
          remove,
        })) !== undefined
      )
        return status;
      if ((await change(id, { when, set: { ...ended, status: { S: "cancelled" } }, remove })) !== undefined)
        return "cancelled";
      const known = await get(id);
      return known?.owner === owner && hasEnded(known.job.status) ? known.job.status : "lost";
    },
  };
};

const inHandOf = (owner: string): Item => ({ owner: { S: owner }, status: { S: "running" } });

interface Update {
  /** Values that attributes must have. */
  readonly when: Item;
  /** An attribute that must not be there. */
  readonly unless?: string;
  readonly set: Item;
  /** What is set unless it is there. */
  readonly first?: Item;
  /** An attribute to be made one greater. */
  readonly add?: string;
  readonly remove?: readonly string[];
}

/** Names go by placeholders all: some are words of DynamoDB's own. */
const toInput = ({ when, unless, set, first = {}, add, remove = [] }: Update) => {
  const names = new Set([
    ...Object.keys({ ...when, ...set, ...first }),
    ...[unless, add].filter((name) => name !== undefined),
    ...remove,
  ]);
  const values = (prefix: string, item: Item) =>
    Object.entries(item).map(([name, value]) => [`:${prefix}_${name}`, value] as const);
  const sets = [
    ...Object.keys(set).map((name) => `#${name} = :set_${name}`),
    ...Object.keys(first).map((name) => `#${name} = if_not_exists(#${name}, :first_${name})`),
  ];
  const parts = [
    `SET ${sets.join(", ")}`,
    ...(add === undefined ? [] : [`ADD #${add} :one`]),
    ...(remove.length === 0 ? [] : [`REMOVE ${remove.map((name) => `#${name}`).join(", ")}`]),
  ];
  const conditions = [
    ...Object.keys(when).map((name) => `#${name} = :when_${name}`),
    ...(unless === undefined ? [] : [`attribute_not_exists(#${unless})`]),
  ];
  return {
    UpdateExpression: parts.join(" "),
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries([
      ...values("when", when),
      ...values("set", set),
      ...values("first", first),
      ...(add === undefined ? [] : [[":one", number(1)] as const]),
    ]),
  } satisfies Partial<UpdateItemInput>;
};

/** Goes along somebody's rows until a page is full, and one more is seen. Rows outlive their jobs. */
const mine = async (
  send: Send,
  table: string,
  now: number,
  user: string,
  { status, limit, after }: JobQuery,
): Promise<JobPage> => {
  const jobs: Job[] = [];
  let from = after && rowKey(user, after);
  do {
    const { Items = [], LastEvaluatedKey }: Operations["Query"][1] = await send("Query", {
      TableName: table,
      ConsistentRead: true,
      ScanIndexForward: false,
      KeyConditionExpression: "pk = :user",
      ExpressionAttributeValues: { ":user": { S: `jobs#${user}` } },
      Limit: Math.min(limit + 1, 100),
      ...(from && { ExclusiveStartKey: from }),
    });
    const rows = new Set(Items.map(({ sk }) => sk?.S));
    const ids = new Set([...rows].map((row = "") => row.slice(row.indexOf("#") + 1)));
    const found = (await readAll(send, table, [...ids].map(jobKey))).map(fromJobItem);
    // A row may be of another job, long expired, that had the same id.
    const present = found.filter((job) => job.expires > now && rows.has(rowKey(user, job).sk?.S));
    const shown = present.filter((job) => status === undefined || job.status === status);
    jobs.push(...shown.sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1)));
    from = LastEvaluatedKey;
  } while (from !== undefined && jobs.length <= limit);
  const last = jobs[limit - 1];
  return {
    jobs: jobs.slice(0, limit),
    ...(jobs.length > limit && last !== undefined && { next: { created: last.created, id: last.id } }),
  };
};
