import { randomUUID } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { DynamoDbError, type Send } from "../../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../../core/errors.ts";
import type { Lease } from "../../../core/ports/store.ts";
import { startDynamoDb } from "../../../local/dynamodb.ts";
import { createLostResponses } from "../../faults/lost-responses.ts";
import { withThrottling } from "../../faults/throttling.ts";
import { openTestStore } from "../../open-test-store.ts";

/** Retries while the store returns a 503 failure. */
const stubborn = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "BACKEND" || tries > 200) throw error;
    }
  }
};

/** Runs all steps of a job, each until it succeeds. */
const go = async (wrap: (send: Send) => Send) => {
  const engine = await startDynamoDb(undefined);
  const now = Date.now();
  await using opened = await openTestStore({ client: engine.client, now: () => now, wrap, stop: engine.stop });
  const { jobs } = opened;
  const draft = {
    plugin: "p",
    kind: "action",
    name: "a",
    uri: null,
    user: "u",
    params: {},
    created: now,
    expires: now + 1e9,
    expiry: 3600,
  } as const;
  const ends: unknown[] = [];
  for (let round = 0; round < 20; round++) {
    const id = randomUUID();
    const [first, second] = [randomUUID(), randomUUID()].map((owner) => ({ owner, until: now + 60_000 })) as [
      Lease,
      Lease,
    ];
    await stubborn(() => jobs.create({ ...draft, id }));
    const taken = await stubborn(() => jobs.take(id, 0, first));
    await stubborn(() => jobs.renewLease(id, first, { worked: 1, state: round }));
    const requeued = await stubborn(() => jobs.requeue(id, first, { worked: 2, attempt: 2, delay: 0 }));
    const again = await stubborn(() => jobs.take(id, 1, second));
    const ended = await stubborn(() =>
      jobs.end({ id, expiry: 3600 }, second, { status: "succeeded", result: round, worked: 3 }),
    );
    const { status, result, turn, attempt } = (await stubborn(() => jobs.get(id))) ?? {};
    ends.push([
      taken.kind,
      requeued,
      again.kind === "taken" && [again.workerDied, again.job.state],
      ended,
      status,
      result,
      turn,
      attempt,
    ]);
  }
  return ends;
};

const EXPECTED = Array.from({ length: 20 }, (_, round) => [
  "taken",
  "kept",
  [false, round],
  "succeeded",
  "succeeded",
  round,
  1,
  2,
]);

/** Retries failed jobs, each until it succeeds. */
const retryAll = async (wrap: (send: Send) => Send) => {
  const engine = await startDynamoDb(undefined);
  const now = Date.now();
  await using opened = await openTestStore({ client: engine.client, now: () => now, wrap, stop: engine.stop });
  const { jobs } = opened;
  const outcomes: unknown[] = [];
  for (let round = 0; round < 20; round++) {
    const id = randomUUID();
    const draft = { plugin: "p", kind: "action", name: "a", uri: null, user: "u", params: {}, expiry: 3600 } as const;
    await stubborn(() => jobs.create({ ...draft, id, created: now, expires: now + 1e9 }));
    await stubborn(() => jobs.cancel(id));
    await stubborn(() => jobs.retry(id, now + 1e9));
    const { status, turn } = (await stubborn(() => jobs.get(id))) ?? {};
    outcomes.push([status, turn]);
  }
  return outcomes;
};

describe("DynamoDB job store", () => {
  it("retries each job once when responses are lost", async () => {
    const { wrap, settled } = createLostResponses(0.3);

    expect(await retryAll(wrap)).toEqual(Array.from({ length: 20 }, () => ["queued", 1]));
    await settled();
  });

  it("runs each job once when responses are lost", async () => {
    const { wrap, settled } = createLostResponses(0.3);

    expect(await go(wrap)).toEqual(EXPECTED);
    await settled();
  });

  it("runs jobs on a throttled table", async () => {
    expect(await go(withThrottling({ rejected: 0.3, unprocessed: 0.3 }))).toEqual(EXPECTED);
  });

  it.each(["AccessDenied", "ValidationError"])("does not try again when a transaction fails with %s", async (Code) => {
    let transactions = 0;
    const refused = new DynamoDbError("TransactionCanceledException", "Transaction cancelled", [{ Code }]);
    const engine = await startDynamoDb(undefined);
    await using opened = await openTestStore({
      client: engine.client,
      wrap: (send) => async (operation, input) => {
        if (operation !== "TransactWriteItems") return send(operation, input);
        transactions++;
        throw refused;
      },
      stop: engine.stop,
    });
    const draft = { plugin: "p", kind: "action", name: "a", uri: null, user: "u", params: {}, expiry: 3600 } as const;

    const created = opened.jobs.create({ ...draft, id: randomUUID(), created: Date.now(), expires: Date.now() + 1e9 });
    await expect(created).rejects.toBe(refused);
    expect(transactions).toBe(1);
  });
});
