import { describe, expect, it } from "@jest/globals";
import type { SQSRecord } from "aws-lambda";
import { QUEUE } from "../../../config/queues.ts";
import { FailedAttemptError, MAX_RETRY_DELAY_SECONDS, RetryAfterError } from "../../../core/events/delivery-errors.ts";
import type { HandlerResult, QueueHandler, ReceivedMessage } from "../../../core/events/queue-handler.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import { createMetricsBuffer, type MetricsBuffer } from "../../../core/ports/meter.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";
import type { Worker } from "../../../functions/worker/app.ts";
import { workerHandler } from "../../../functions/worker/handler.ts";

const DAY = 24 * 3600 * 1000;

type Behavior = HandlerResult | "fail" | "hang" | RetryAfterError;

/** A worker whose handler behaves as stated for each message body. */
const start = (
  behaviors: Readonly<Record<string, Behavior>>,
  more: Partial<Worker> & Pick<Partial<QueueHandler>, "handleBatch"> = {},
) => {
  const handled: string[] = [];
  const postponed: Record<string, number> = {};
  const sent: QueueMessage[] = [];
  const { handleBatch, ...others } = more;
  const meter = createMetricsBuffer();
  const lines: string[] = [];
  const handle = async ({ body }: ReceivedMessage): Promise<HandlerResult> => {
    handled.push(body);
    const behavior = behaviors[body];
    if (behavior instanceof RetryAfterError) throw behavior;
    if (behavior === "fail") throw new Error(`${body} fails`);
    if (behavior === "hang") await new Promise((resolve) => setTimeout(resolve, 60));
    return behavior === "hang" ? undefined : behavior;
  };
  const worker: Worker = {
    handler: { name: "notes-note", handle, handleBatch },
    budgetMs: 1000,
    callBudgetMs: 2000,
    maxAttempts: 3,
    visibilityMs: 60_000,
    retentionMs: QUEUE.retentionDays * DAY,
    ordered: false,
    queue: {
      send: async (messages) => {
        sent.push(...messages);
        return [];
      },
      postpone: async (_, receipt, seconds) => {
        postponed[receipt] = seconds;
      },
      ping: async () => {},
    },
    retryAfter: (attempt, requested = 10 * attempt) => requested,
    log: createJsonLog((line) => lines.push(line)),
    meter,
    activity: undefined,
    withLogContext: (_, run) => run(),
    close: async () => {},
    ...others,
  };
  const run = async (...records: SQSRecord[]) =>
    (await workerHandler(worker)({ Records: records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { run, handled, postponed, sent, lines, counted: countsOf(meter) };
};

const countsOf = (meter: MetricsBuffer) => () =>
  (["EventsPostponed", "EventsFailed", "EventsDeadLettered"] as const).map(
    (metric) => meter.of(metric, "notes-note")[0] ?? 0,
  );

const message = (body: string, attempt = 1, group?: string, sent = Date.now()) =>
  ({
    messageId: body,
    receiptHandle: body,
    body,
    attributes: {
      ApproximateReceiveCount: String(attempt),
      SentTimestamp: String(sent),
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
  }) as SQSRecord;

describe("worker", () => {
  it("retries failed messages with backoff and dead-letters one after its last attempt", async () => {
    const { run, handled, postponed, sent } = start({ b: "fail", d: "fail" });

    expect(await run(message("a"), message("b", 2), message("c"), message("d", 3))).toEqual(["b"]);
    expect(handled).toEqual(["a", "b", "c", "d"]);
    expect(postponed).toEqual({ b: 20 });
    expect(sent).toMatchObject([
      { queue: "notes-note-dead", body: "d", attributes: { attempts: "3", error: "Error: d fails" } },
    ]);
  });

  it("counts attempts instead of receives where they are known", async () => {
    const handle = async ({ body }: ReceivedMessage) =>
      Promise.reject(new FailedAttemptError(new Error(body), body === "third" ? 3 : 2));
    const { run, postponed, sent } = start({}, { handler: { name: "notes-note", handle } });

    expect(await run(message("second", 9), message("third", 9))).toEqual(["second"]);
    expect(postponed).toEqual({ second: 20 });
    expect(sent).toMatchObject([{ body: "third", attributes: { attempts: "3", error: "Error: third" } }]);
  });

  it("never dead-letters a message that another worker has, and sends a requeued one again", async () => {
    const twoDays = 2 * 24 * 3600;
    const { run, postponed, sent } = start({ busy: { after: 40 }, far: { after: twoDays }, more: "requeue" });

    const failed = await run(message("busy", 99), message("far", 99), message("more", 99));
    expect(failed).toEqual(["busy", "far"]);
    // SQS refuses more than 12 hours.
    expect(postponed).toEqual({ busy: 40, far: 42_000 });
    expect(sent).toMatchObject([{ queue: "notes-note", body: "more", delaySeconds: 0 }]);
  });

  it("dead-letters a message whose retention ends before its next attempt", async () => {
    const { run, postponed, sent } = start({ old: "fail", older: new RetryAfterError(7200, "Closed") });
    const age = (days: number) => Date.now() - days * DAY;

    expect(await run(message("old", 1, undefined, age(13.9)), message("older", 1, undefined, age(13.9)))).toEqual([
      "old",
      "older",
    ]);
    expect(postponed).toEqual({ old: 10, older: 7200 });
    expect(sent).toEqual([]);

    expect(await run(message("old", 1, undefined, age(13.9999)), message("older", 1, undefined, age(13.95)))).toEqual(
      [],
    );
    expect(sent.map(({ queue, body, attributes }) => [queue, body, attributes?.error])).toEqual([
      ["notes-note-dead", "old", "Error: old fails"],
      ["notes-note-dead", "older", "RetryAfterError: Closed"],
    ]);
  });

  it("keeps messages that can be neither dead-lettered nor postponed", async () => {
    const broken = {
      send: async () => [{ index: 0, permanent: false, reason: "gone" }],
      postpone: async () => Promise.reject(new Error("gone")),
      ping: async () => {},
    };
    const { run } = start({ a: "fail", b: "requeue" }, { queue: broken });

    expect(await run(message("a", 5), message("b"), message("c"))).toEqual(["a", "b"]);
  });
});

describe("worker when the listener throws RetryAfterError", () => {
  it("postpones the event for exactly that time and logs no failure", async () => {
    const { run, postponed, lines, counted } = start({
      a: new RetryAfterError(4711.5, "closed"),
      b: new RetryAfterError(0, "closed"),
    });

    expect(await run(message("a"), message("b", 2), message("c"))).toEqual(["a", "b"]);
    expect([postponed, counted()]).toEqual([{ a: 4712, b: 0 }, [2, 0, 0]]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: "INFO",
        message: "The listener postponed its events",
        attempt: 1,
        seconds: 4712,
        reason: "closed",
      },
      { level: "INFO", attempt: 2, seconds: 0 },
    ]);
  });

  it("dead-letters the event after its last attempt, with the reason", async () => {
    const { run, sent, counted } = start({ a: new RetryAfterError(30, "The bank is closed.") });

    expect(await run(message("a", 3))).toEqual([]);
    expect(sent).toMatchObject([
      {
        queue: "notes-note-dead",
        body: "a",
        attributes: { attempts: "3", error: "RetryAfterError: The bank is closed." },
      },
    ]);
    expect(counted()).toEqual([0, 1, 1]);
  });

  it("counts attempts instead of receives where they are known", async () => {
    const handle = async () => Promise.reject(new FailedAttemptError(new RetryAfterError(30, "closed"), 2));
    const { run, postponed, sent } = start({}, { handler: { name: "notes-note", handle } });

    expect(await run(message("a", 9))).toEqual(["a"]);
    expect([postponed, sent]).toEqual([{ a: 30 }, []]);
  });

  it("holds back the later messages of its group", async () => {
    const { run, handled, postponed } = start({ a1: new RetryAfterError(600, "closed") }, { ordered: true });

    expect(await run(message("a1", 1, "a"), message("b1", 1, "b"), message("a2", 1, "a"))).toEqual(["a1", "a2"]);
    expect([handled.toSorted(), postponed]).toEqual([["a1", "b1"], { a1: 600, a2: 1 }]);
  });

  it("postpones all messages of a batch and delivers each alone the next time", async () => {
    const handleBatch = async () => Promise.reject(new RetryAfterError(90, "closed"));
    const { run, handled, postponed, counted } = start({}, { handleBatch });

    expect(await run(message("a"), message("b"))).toEqual(["a", "b"]);
    expect([handled, postponed, counted()]).toEqual([[], { a: 90, b: 90 }, [2, 0, 0]]);
    expect(await run(message("a", 2), message("b", 2))).toEqual([]);
    expect(handled.toSorted()).toEqual(["a", "b"]);
  });

  it("leaves time for the batch window and the timeout within the 12 hours of SQS", () => {
    expect(MAX_RETRY_DELAY_SECONDS + 300 + QUEUE.maxTimeoutSeconds).toBeLessThanOrEqual(12 * 3600);
  });

  it.each([-1, Number.NaN, MAX_RETRY_DELAY_SECONDS + 1, Number.POSITIVE_INFINITY])(
    "rejects a delay of %d seconds, which SQS does not support",
    (seconds) => {
      expect(() => new RetryAfterError(seconds, "closed")).toThrow(
        new RangeError(`The delay of a retry must be 0 to 42000 seconds, not ${seconds}`),
      );
    },
  );
});

describe("worker of an ordered queue", () => {
  const ordered = true;

  it("stops a group at a failed message while other groups continue", async () => {
    const { run, handled, postponed } = start({ a2: "fail" }, { ordered });

    expect(
      await run(
        message("a1", 1, "a"),
        message("a2", 1, "a"),
        message("b1", 1, "b"),
        message("a3", 1, "a"),
        message("b2", 1, "b"),
      ),
    ).toEqual(["a2", "a3"]);
    expect(handled.toSorted()).toEqual(["a1", "a2", "b1", "b2"]);
    expect(postponed).toEqual({ a2: 10, a3: 1 });
  });

  it("continues with the group after dead-lettering a message in the same group", async () => {
    const { run, sent } = start({ a1: "fail" }, { ordered });

    expect(await run(message("a1", 3, "a"), message("a2", 3, "a"))).toEqual([]);
    expect(sent).toMatchObject([{ queue: "notes-note-dead", body: "a1", group: "a", id: "a1" }]);
  });

  it("delivers a requeued message again before the later ones of its group", async () => {
    const { run, handled, postponed, sent } = start({ a1: "requeue" }, { ordered });

    expect(await run(message("a1", 1, "a"), message("a2", 1, "a"))).toEqual(["a1", "a2"]);
    expect([handled, postponed, sent]).toEqual([["a1"], { a1: 1, a2: 1 }, []]);
  });

  it("starts a message only if its whole time budget is left", async () => {
    const { run, handled, postponed } = start({ a1: "hang" }, { ordered, budgetMs: 1000, callBudgetMs: 1030 });

    expect(await run(message("a1", 1, "a"), message("a2", 1, "a"), message("a3", 1, "a"))).toEqual(["a2", "a3"]);
    expect([handled, postponed]).toEqual([["a1"], { a2: 1, a3: 1 }]);
  });
});

describe("worker of a listener with a batch handler", () => {
  const batches: string[][] = [];
  const handleBatch = async (messages: readonly ReceivedMessage[]): Promise<readonly HandlerResult[]> => {
    batches.push(messages.map(({ body }) => body));
    return messages.map(({ body }) => (body === "poison" ? { after: 1 } : undefined));
  };

  it("delivers new messages in a batch and retried ones alone", async () => {
    batches.length = 0;
    const { run, handled, postponed } = start({ old: "fail" }, { handleBatch });

    expect(await run(message("a"), message("old", 2), message("b"), message("poison"))).toEqual(["poison", "old"]);
    expect([batches, handled, postponed]).toEqual([[["a", "b", "poison"]], ["old"], { poison: 1, old: 20 }]);
  });

  it("makes no batch of one message, nor of retried messages of an ordered queue", async () => {
    batches.length = 0;
    const unordered = start({}, { handleBatch });
    expect(await unordered.run(message("a"), message("old", 2))).toEqual([]);
    expect(unordered.handled.toSorted()).toEqual(["a", "old"]);
    const inOrder = start({}, { handleBatch, ordered: true });
    expect(await inOrder.run(message("a", 2, "g"), message("b", 1, "g"), message("c", 1, "h"))).toEqual([]);
    expect(inOrder.handled.toSorted()).toEqual(["a", "b", "c"]);
    expect(batches).toEqual([]);
    expect(await inOrder.run(message("a", 1, "g"), message("b", 1, "g"))).toEqual([]);
    expect(batches).toEqual([["a", "b"]]);
  });
});
