import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { dispatchEntries, type StreamEntry } from "../../../core/events/dispatch.ts";
import { decodeEvent } from "../../../core/events/event.ts";
import type { QueueMessage } from "../../../core/ports/queue.ts";
import { type ObjectRef, RESOURCES } from "../../../core/resources.ts";

const record = (id: string, provenance = {}): StreamEntry => ({
  ref: RESOURCES.parseUri(`/buckets/a/collections/c/records/${id}`) as ObjectRef,
  before: undefined,
  after: {
    ...{ json: `{"id":"${id}"}`, last_modified: 5, revision: 5, deleted: false, acl: {}, changedBy: "u" },
    ...{ parentGeneration: "g", provenance },
  },
});
const JOB: StreamEntry = { id: "j", turn: 2, plugin: "p", delay: 30 };
const MESSAGE: StreamEntry = { message: { queue: "own", body: "hi" } };
const SUBSCRIPTIONS = [
  { name: "p-first", on: ["record.create"] },
  { name: "p-second", on: ["record.create"], buckets: ["a"] },
  { name: "p-other", on: ["record.delete"] },
];

/** @param refuse the indexes of refused messages by attempt; those to give up are negative: `-1` is the first */
const dispatch = async (
  entries: readonly (() => StreamEntry | undefined)[],
  refuse: readonly (readonly number[])[] = [],
) => {
  const sent: (readonly QueueMessage[])[] = [];
  const dead: [number, string][] = [];
  const queue = {
    send: async (messages: readonly QueueMessage[]) => {
      sent.push(messages);
      return (refuse[sent.length - 1] ?? []).map((at) => ({
        index: at < 0 ? -at - 1 : at,
        permanent: at < 0,
        reason: "refused",
      }));
    },
    postpone: async () => {},
    ping: async () => {},
  };
  const sendToDeadLetters = async (index: number, error: unknown) => {
    dead.push([index, String(error)]);
  };
  const running = dispatchEntries({ queue, subscriptions: SUBSCRIPTIONS, sendToDeadLetters }, entries);
  await jest.advanceTimersByTimeAsync(RETRIES_MS);
  const result = await running;
  return { result, sent, dead };
};

/** Longer than all retries of refused messages take. */
const RETRIES_MS = 60_000;

describe("dispatchEntries", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it("sends each change to the listeners that match it, jobs and messages to their queues", async () => {
    const entries = [() => record("r", { request_id: "q", trace: "t" }), () => JOB, () => MESSAGE, () => undefined];
    const { result, sent, dead } = await dispatch(entries);

    const change = {
      ...{ group: "/buckets/a/collections/c/records/r", id: "/buckets/a/collections/c/records/r@5" },
      ...{ request: "q", trace: "t" },
    };
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject([
      { queue: "p-first", ...change },
      { queue: "p-second", ...change },
      { queue: "p-jobs", delaySeconds: 30 },
      { queue: "own", body: "hi" },
    ]);
    expect(decodeEvent(sent[0]?.[0]?.body ?? "")).toMatchObject({ action: "create", new: { id: "r" } });
    expect(result).toEqual({ firstFailed: undefined, sent: sent[0], refused: [], kept: [] });
    expect(dead).toEqual([]);
  });

  it("keeps an entry that cannot be read, and sends the others", async () => {
    const broken = () => {
      throw new TypeError("broken");
    };
    const { sent, dead } = await dispatch([() => MESSAGE, broken, () => JOB]);

    expect(dead).toEqual([[1, "TypeError: broken"]]);
    expect(sent[0]?.map(({ queue }) => queue)).toEqual(["own", "p-jobs"]);
  });

  it("rejects when such an entry cannot be kept", async () => {
    const sendToDeadLetters = async () => {
      throw new Error("not kept");
    };
    const queue = { send: async () => [], postpone: async () => {}, ping: async () => {} };
    const broken = () => {
      throw new TypeError("broken");
    };

    await expect(dispatchEntries({ queue, subscriptions: [], sendToDeadLetters }, [broken])).rejects.toThrow(
      "not kept",
    );
  });

  it("sends refused messages again", async () => {
    const { result, sent } = await dispatch([() => record("r"), () => MESSAGE], [[0, 2]]);

    expect(sent.map((messages) => messages.map(({ queue }) => queue))).toEqual([
      ["p-first", "p-second", "own"],
      ["p-first", "own"],
    ]);
    expect(result).toMatchObject({ firstFailed: undefined, refused: [] });
    expect(result.sent).toHaveLength(3);
  });

  it("reports the first entry whose messages are refused repeatedly", async () => {
    const { result, sent } = await dispatch([() => MESSAGE, () => record("r"), () => JOB], [[2, 3], [0, 1], [0], [0]]);

    expect(sent).toHaveLength(4);
    expect(result).toMatchObject({
      firstFailed: 1,
      sent: [{ queue: "own" }, { queue: "p-first" }, { queue: "p-jobs" }],
      refused: [{ queue: "p-second" }],
    });
  });

  it("keeps messages that a queue will never accept, and goes on", async () => {
    const { result, sent } = await dispatch([() => MESSAGE, () => record("r"), () => JOB], [[-1, -3]]);

    expect(sent.map((messages) => messages.map(({ queue }) => queue))).toEqual([
      ["own", "p-first", "p-second", "p-jobs"],
      ["dispatch-failures", "dispatch-failures"],
    ]);
    expect(result).toMatchObject({
      firstFailed: undefined,
      sent: [{ queue: "p-first" }, { queue: "p-jobs" }],
      refused: [],
      kept: [
        { message: { queue: "own" }, reason: "refused" },
        { message: { queue: "p-second" }, reason: "refused" },
      ],
    });
  });

  it("keeps only those before the first entry to retry, because the others are sent again", async () => {
    const entries = [() => MESSAGE, () => JOB, () => record("r")];
    const { result } = await dispatch(entries, [[-1, 1, -3], [0], [0], [0]]);

    expect(result).toMatchObject({
      firstFailed: 1,
      refused: [{ queue: "p-first" }, { queue: "p-jobs" }],
      kept: [{ message: { queue: "own" } }],
    });
  });

  it("retries an entry whose messages cannot be kept", async () => {
    const { result } = await dispatch([() => MESSAGE, () => JOB], [[-1], [0], [0], [0], [0]]);

    expect(result).toMatchObject({
      firstFailed: 0,
      sent: [{ queue: "p-jobs" }],
      refused: [{ queue: "own" }],
      kept: [],
    });
  });
});
