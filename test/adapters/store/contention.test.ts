import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { createDynamoDbJobStore } from "../../../adapters/store/dynamodb/jobs.ts";
import {
  DynamoDbError,
  type Operations,
  readAll,
  type Send,
  writeAll,
} from "../../../adapters/store/dynamodb/operations.ts";
import { createDynamoDbState } from "../../../adapters/store/dynamodb/state.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const STEP_MS = 10;
/** The time limit, and the last step. */
const MAX_MS = 4000 + STEP_MS;

/** Lets time pass until a promise is settled. Returns its result, and how many ms passed. */
const settle = async <T>(promise: Promise<T>): Promise<{ result: PromiseSettledResult<T> | undefined; ms: number }> => {
  let result: PromiseSettledResult<T> | undefined;
  void Promise.allSettled([promise]).then(([settled]) => {
    result = settled;
  });
  const start = performance.now();
  for (let i = 0; i < 1000 && result === undefined; i++) await jest.advanceTimersByTimeAsync(STEP_MS);
  return { result, ms: performance.now() - start };
};

/** A table in which each write of an operation fails. */
const tableThat = (fails: { readonly [Name in keyof Operations]?: () => unknown }, item?: Record<string, unknown>) => {
  const counts = new Map<keyof Operations, number>();
  const send: Send = async <Name extends keyof Operations>(operation: Name) => {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const result = fails[operation]?.() ?? (item === undefined ? {} : { Item: item });
    if (result instanceof Error) throw result;
    return result as Operations[Name][1];
  };
  return { send, counts };
};

const conditionFailed = () => new DynamoDbError("ConditionalCheckFailedException", "The conditional request failed");
const canceled = () =>
  new DynamoDbError("TransactionCanceledException", "Transaction cancelled", [{ Code: "TransactionConflict" }]);

const text = (S: string) => ({ S });
const number = (value: number) => ({ N: String(value) });
const jobItem = (status: string) => ({
  pk: text("job#j"),
  sk: text("#"),
  plugin: text("p"),
  kind: text("action"),
  name: text("a"),
  status: text(status),
  created: number(1),
  expires: number(1e12),
  expiry: number(3600),
  turn: number(0),
  run: number(0),
  attempt: number(1),
  worked: number(0),
  delay: number(0),
  owner: text("other"),
  until: number(0),
  params: text("{}"),
});
const draft = {
  id: "j",
  plugin: "p",
  kind: "action",
  name: "a",
  uri: null,
  user: null,
  params: {},
  created: 1,
  expires: 1e15,
  expiry: 3600,
} as const;

describe("a write that always conflicts with others", () => {
  const jobs = (send: Send) => createDynamoDbJobStore({ send, table: "t", now: () => 1 });
  const state = (send: Send) => createDynamoDbState({ send, table: "t", plugin: "p" });

  it.each<[string, keyof Operations, { status: string }, (send: Send) => Promise<unknown>]>([
    ["of a plugin's state", "PutItem", { status: "" }, (send) => state(send).change("l", "k", () => 1)],
    ["that creates a job", "TransactWriteItems", { status: "queued" }, (send) => jobs(send).create(draft)],
    ["that cancels a job", "UpdateItem", { status: "queued" }, (send) => jobs(send).cancel("j")],
    ["that retries a job", "TransactWriteItems", { status: "failed" }, (send) => jobs(send).retry("j", 1e15)],
  ])("%s gives up within 4 s and 15 attempts", async (_, operation, { status }, write) => {
    const { send, counts } = tableThat(
      { PutItem: conditionFailed, UpdateItem: conditionFailed, TransactWriteItems: canceled },
      status === "" ? undefined : jobItem(status),
    );
    const { result, ms } = await settle(write(send));

    expect(result).toMatchObject({
      status: "rejected",
      reason: { kind: "BACKEND", message: expect.stringMatching(/^Too many concurrent writes to the (job|state) '/) },
    });
    expect(counts.get(operation)).toBeGreaterThan(5);
    expect(counts.get(operation)).toBeLessThanOrEqual(15);
    expect(ms).toBeLessThanOrEqual(MAX_MS);
  });

  it("that takes over a job leaves the job to others within 4 s and 15 attempts", async () => {
    const { send, counts } = tableThat({ UpdateItem: conditionFailed }, jobItem("running"));
    const { result, ms } = await settle(jobs(send).take("j", 0, { owner: "me", until: 1e12 }));

    expect(result).toEqual({ status: "fulfilled", value: { kind: "busy", until: 0 } });
    // Each attempt takes a queued job, and then one whose lease is over.
    expect(counts.get("UpdateItem")).toBeLessThanOrEqual(30);
    expect(ms).toBeLessThanOrEqual(MAX_MS);
  });
});

describe("a batch that a throttled table never processes", () => {
  const key = { pk: text("p"), sk: text("s") };
  const { send, counts } = tableThat({
    BatchGetItem: () => ({ UnprocessedKeys: { t: { Keys: [key] } } }),
    BatchWriteItem: () => ({ UnprocessedItems: { t: [{ PutRequest: { Item: key } }] } }),
  });

  it.each<[keyof Operations, () => Promise<unknown>]>([
    ["BatchGetItem", () => readAll(send, "t", [key])],
    ["BatchWriteItem", () => writeAll(send, "t", [{ PutRequest: { Item: key } }])],
  ])("fails after 8 calls of %s within 4 s", async (operation, run) => {
    const { result, ms } = await settle(run());

    expect(result).toMatchObject({
      status: "rejected",
      reason: { kind: "BACKEND", cause: { message: expect.stringContaining("Gave up after 8 attempts") } },
    });
    expect(counts.get(operation)).toBe(8);
    expect(ms).toBeLessThanOrEqual(MAX_MS);
  });
});
