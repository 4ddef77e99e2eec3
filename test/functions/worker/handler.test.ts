import { describe, expect, it } from "@jest/globals";
import type { SQSRecord } from "aws-lambda";
import { QUEUE } from "../../../config/queues.ts";
import { FailedTry, type Handled, type QueueHandler, type Received } from "../../../core/events/handler.ts";
import { Later, LONGEST_PUT_OFF } from "../../../core/events/later.ts";
import { jsonLog } from "../../../core/ports/log.ts";
import { type Measures, measures } from "../../../core/ports/meter.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";
import type { Worker } from "../../../functions/worker/app.ts";
import { workerHandler } from "../../../functions/worker/handler.ts";

const DAY = 24 * 3600 * 1000;

type Become = Handled | "fail" | "hang" | Later;

/** A worker of a queue whose messages become what they are told to: `become` by body. */
const start = (
  become: Readonly<Record<string, Become>>,
  more: Partial<Worker> & Pick<Partial<QueueHandler>, "handleBatch"> = {},
) => {
  const handled: string[] = [];
  const postponed: Record<string, number> = {};
  const sent: QueueMessage[] = [];
  const { handleBatch, ...others } = more;
  const meter = measures();
  const lines: string[] = [];
  const handle = async ({ body }: Received): Promise<Handled> => {
    handled.push(body);
    const one = become[body];
    if (one instanceof Later) throw one;
    if (one === "fail") throw new Error(`${body} fails`);
    if (one === "hang") await new Promise((resolve) => setTimeout(resolve, 60));
    return one === "hang" ? undefined : one;
  };
  const worker: Worker = {
    handler: { name: "notes-note", handle, handleBatch },
    budget: 1000,
    lasts: 2000,
    tries: 3,
    visibility: 60_000,
    keeps: QUEUE.retentionDays * DAY,
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
    retryAfter: (attempt, asked = 10 * attempt) => asked,
    log: jsonLog((line) => lines.push(line)),
    meter,
    about: (_, run) => run(),
    close: async () => {},
    ...others,
  };
  const run = async (...records: SQSRecord[]) =>
    (await workerHandler(worker)({ Records: records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { run, handled, postponed, sent, lines, counted: countsOf(meter) };
};

const countsOf = (meter: Measures) => () =>
  (["EventsPostponed", "EventsFailed", "EventsParked"] as const).map(
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

describe("a worker handed several messages", () => {
  it("does the others where some fail, later and later, and parks what failed too often", async () => {
    const { run, handled, postponed, sent } = start({ b: "fail", d: "fail" });

    expect(await run(message("a"), message("b", 2), message("c"), message("d", 3))).toEqual(["b"]);
    expect(handled).toEqual(["a", "b", "c", "d"]);
    expect(postponed).toEqual({ b: 20 });
    expect(sent).toMatchObject([
      { to: "notes-note-dead", body: "d", attributes: { attempts: "3", error: "Error: d fails" } },
    ]);
  });

  it("counts tries, not receipts, where they are known", async () => {
    const handle = async ({ body }: Received) =>
      Promise.reject(new FailedTry(new Error(body), body === "third" ? 3 : 2));
    const { run, postponed, sent } = start({}, { handler: { name: "notes-note", handle } });

    expect(await run(message("second", 9), message("third", 9))).toEqual(["second"]);
    expect(postponed).toEqual({ second: 20 });
    expect(sent).toMatchObject([{ body: "third", attributes: { attempts: "3", error: "Error: third" } }]);
  });

  it("never parks what another has in hand, and puts what is to go on behind the others", async () => {
    const { run, postponed, sent } = start({ busy: { after: 40 }, more: "again" });

    expect(await run(message("busy", 99), message("more", 99))).toEqual(["busy"]);
    expect(postponed).toEqual({ busy: 40 });
    expect(sent).toMatchObject([{ to: "notes-note", body: "more", delay: 0 }]);
  });

  it("parks what the queue would no longer keep until its next try", async () => {
    const { run, postponed, sent } = start({ old: "fail", older: new Later(7200, "Closed") });
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
    expect(sent.map(({ to, body, attributes }) => [to, body, attributes?.error])).toEqual([
      ["notes-note-dead", "old", "Error: old fails"],
      ["notes-note-dead", "older", "Later: Closed"],
    ]);
  });

  it("keeps what can be neither parked nor postponed", async () => {
    const broken = {
      send: async () => [0],
      postpone: async () => Promise.reject(new Error("gone")),
      ping: async () => {},
    };
    const { run } = start({ a: "fail", b: "again" }, { queue: broken });

    expect(await run(message("a", 5), message("b"), message("c"))).toEqual(["a", "b"]);
  });
});

describe("a worker whose listener wants an event later", () => {
  it("puts it off for exactly so long, as no failure", async () => {
    const { run, postponed, lines, counted } = start({ a: new Later(4711.5, "closed"), b: new Later(0, "closed") });

    expect(await run(message("a"), message("b", 2), message("c"))).toEqual(["a", "b"]);
    expect([postponed, counted()]).toEqual([{ a: 4712, b: 0 }, [2, 0, 0]]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: "INFO",
        message: "The listener wants to be called again later",
        attempt: 1,
        seconds: 4712,
        reason: "closed",
      },
      { level: "INFO", attempt: 2, seconds: 0 },
    ]);
  });

  it("parks it after its last try, with the reason", async () => {
    const { run, sent, counted } = start({ a: new Later(30, "The bank is closed.") });

    expect(await run(message("a", 3))).toEqual([]);
    expect(sent).toMatchObject([
      { to: "notes-note-dead", body: "a", attributes: { attempts: "3", error: "Later: The bank is closed." } },
    ]);
    expect(counted()).toEqual([0, 1, 1]);
  });

  it("counts its tries where they are known, and not its receipts", async () => {
    const handle = async () => Promise.reject(new FailedTry(new Later(30, "closed"), 2));
    const { run, postponed, sent } = start({}, { handler: { name: "notes-note", handle } });

    expect(await run(message("a", 9))).toEqual(["a"]);
    expect([postponed, sent]).toEqual([{ a: 30 }, []]);
  });

  it("holds back what is behind it in its group", async () => {
    const { run, handled, postponed } = start({ a1: new Later(600, "closed") }, { ordered: true });

    expect(await run(message("a1", 1, "a"), message("b1", 1, "b"), message("a2", 1, "a"))).toEqual(["a1", "a2"]);
    expect([handled.toSorted(), postponed]).toEqual([["a1", "b1"], { a1: 600, a2: 1 }]);
  });

  it("puts off all where it takes several at once, and then hands over each alone", async () => {
    const handleBatch = async () => Promise.reject(new Later(90, "closed"));
    const { run, handled, postponed, counted } = start({}, { handleBatch });

    expect(await run(message("a"), message("b"))).toEqual(["a", "b"]);
    expect([handled, postponed, counted()]).toEqual([[], { a: 90, b: 90 }, [2, 0, 0]]);
    expect(await run(message("a", 2), message("b", 2))).toEqual([]);
    expect(handled.toSorted()).toEqual(["a", "b"]);
  });

  it("can put off what its batch was waited for and worked on as long as that may take", () => {
    expect(LONGEST_PUT_OFF + 300 + QUEUE.longestTimeout).toBeLessThanOrEqual(12 * 3600);
  });

  it.each([-1, Number.NaN, LONGEST_PUT_OFF + 1, Number.POSITIVE_INFINITY])(
    "refuses what SQS could not do: %d seconds",
    (seconds) => {
      expect(() => new Later(seconds, "closed")).toThrow(
        new RangeError(`An event can be put off by 0 to 42000 seconds, not by ${seconds}`),
      );
    },
  );
});

describe("a worker of an ordered queue", () => {
  const ordered = true;

  it("stops a group at what fails, and gives back what is behind it, while other groups go on", async () => {
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

  it("goes on with the group when what fails is parked, in the dead-letter queue's same group", async () => {
    const { run, sent } = start({ a1: "fail" }, { ordered });

    expect(await run(message("a1", 3, "a"), message("a2", 3, "a"))).toEqual([]);
    expect(sent).toMatchObject([{ to: "notes-note-dead", body: "a1", group: "a", id: "a1" }]);
  });

  it("has what is not finished come again before what is behind it", async () => {
    const { run, handled, postponed, sent } = start({ a1: "again" }, { ordered });

    expect(await run(message("a1", 1, "a"), message("a2", 1, "a"))).toEqual(["a1", "a2"]);
    expect([handled, postponed, sent]).toEqual([["a1"], { a1: 1, a2: 1 }, []]);
  });

  it("begins a message only while there is all of its time left", async () => {
    const { run, handled, postponed } = start({ a1: "hang" }, { ordered, budget: 1000, lasts: 1030 });

    expect(await run(message("a1", 1, "a"), message("a2", 1, "a"), message("a3", 1, "a"))).toEqual(["a2", "a3"]);
    expect([handled, postponed]).toEqual([["a1"], { a2: 1, a3: 1 }]);
  });
});

describe("a worker whose listener takes several at once", () => {
  const batches: string[][] = [];
  const handleBatch = async (messages: readonly Received[]): Promise<readonly Handled[]> => {
    batches.push(messages.map(({ body }) => body));
    return messages.map(({ body }) => (body === "poison" ? { after: 1 } : undefined));
  };

  it("hands it what is new, and each that came before alone", async () => {
    batches.length = 0;
    const { run, handled, postponed } = start({ old: "fail" }, { handleBatch });

    expect(await run(message("a"), message("old", 2), message("b"), message("poison"))).toEqual(["poison", "old"]);
    expect([batches, handled, postponed]).toEqual([[["a", "b", "poison"]], ["old"], { poison: 1, old: 20 }]);
  });

  it("makes no batch of one, nor, in an ordered queue, of what may have waited behind a failure", async () => {
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
