/** @slow */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoDbError } from "../../adapters/store/dynamodb/operations.ts";
import { CONTENTION_LIMITS } from "../../core/store/contention.ts";
import { KintoClient } from "../clients/kinto-js/client.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { startBusyList, type WriteAnswer } from "./busy-list.ts";
import { readStream } from "./changes.ts";

const WRITERS = 100;
const RETRY_AFTER_SECONDS = 1;
/** Retries of a client that waits as the store asks. */
const CLIENT_RETRIES = 30;

describe("100 functions that write to one list", () => {
  let store: TestStore;
  let list: Awaited<ReturnType<typeof startBusyList>>;
  /** Whether all transactions of the first writer meet another one. */
  let isBlocked = true;
  beforeAll(async () => {
    store = await startStore();
    list = await startBusyList(store.options, {
      callMs: 20,
      writers: WRITERS,
      readers: 4,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      wrapWriter: (index, send) => async (operation, input) => {
        if (index > 0 || !isBlocked || operation !== "TransactWriteItems") return send(operation, input);
        throw new DynamoDbError("TransactionCanceledException", "Transaction cancelled", [
          { Code: "TransactionConflict" },
        ]);
      },
    });
  }, 60_000);
  afterAll(async () => {
    await list[Symbol.asyncDispose]();
    await store.close();
  });

  /** Expects that the list has just what was acknowledged, and that the table's stream has each change once. */
  const expectStoredOnce = async (answers: readonly WriteAnswer[]) => {
    const written = answers.filter(({ status }) => status === 201);
    expect(await list.listRecords()).toEqual(new Map(written.map(({ id, lastModified }) => [id, lastModified])));
    expect(new Set(written.map(({ lastModified }) => lastModified)).size).toBe(written.length);
    const [stream] = await readStream(store.options, [list.list]);
    const ids = stream?.changes.map(({ id }) => id).filter((id) => id !== "first");
    expect(ids?.toSorted()).toEqual(written.map(({ id }) => id ?? "").toSorted());
    // A receiver that knows the list up to a timestamp can tell that nothing lies between.
    const { timestamps = [] } = stream ?? {};
    expect(timestamps.map(([before]) => before)).toEqual([0, ...timestamps.map(([, after]) => after)].slice(0, -1));
  };

  it("get 201 for what is stored once, and 503 with a Retry-After otherwise, while others read", async () => {
    const reads = await list.readDuring(() => Promise.all(list.writers.map(({ write }) => write())));
    const { answers } = list;
    const refused = answers.filter(({ status }) => status !== 201);

    expect(answers).toHaveLength(WRITERS);
    expect(list.maxBusy()).toBe(WRITERS);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, retryAfter = "" } of refused) {
      expect(status).toBe(503);
      expect(retryAfter).toMatch(/^\d+$/);
      expect(Number(retryAfter)).toBeGreaterThanOrEqual(RETRY_AFTER_SECONDS);
      expect(Number(retryAfter)).toBeLessThanOrEqual(2 * RETRY_AFTER_SECONDS);
    }
    for (const { tries } of answers) expect(tries).toBeLessThanOrEqual(CONTENTION_LIMITS.maxAttempts);
    for (const results of reads) {
      expect(results.length).toBeGreaterThan(2);
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200]));
      const timestamps = results.filter(({ isList }) => isList).map(({ timestamp }) => timestamp);
      expect(timestamps).toEqual(timestamps.toSorted((a, b) => a - b));
    }
    await expectStoredOnce(answers);
  }, 120_000);

  it("store all records of clients that wait for Retry-After", async () => {
    isBlocked = false;
    const before = list.answers.length;
    const records = list.writers.map(({ fetch: fetchFunc }) =>
      new KintoClient("http://localhost/v1", { fetchFunc, retry: CLIENT_RETRIES, headers: {} })
        .bucket("busy")
        .collection("list")
        .createRecord({ title: "patient" }),
    );
    await list.readDuring(() => Promise.all(records));

    const later = list.answers.slice(before);
    expect(later.filter(({ status }) => status === 201)).toHaveLength(WRITERS);
    expect(later.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    await expectStoredOnce(list.answers);
  }, 120_000);
});
