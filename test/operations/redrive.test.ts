import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { redrive } from "../../operations/redrive.ts";

const LONG_AGO = "1000";

/** A dead-letter queue that delivers the newest messages first, as SQS may, and no messages in flight. */
const createQueue = (ids: readonly string[]) => {
  const messages = new Map<string, Message & { inFlight?: boolean }>();
  const add = (id: string, sent: string) =>
    messages.set(id, { MessageId: id, ReceiptHandle: id, Attributes: { SentTimestamp: sent } });
  for (const id of ids) add(id, LONG_AGO);
  const calls = {
    ReceiveMessageCommand: ({ MaxNumberOfMessages = 0 }) => {
      const available = [...messages.values()].filter(({ inFlight }) => inFlight !== true).reverse();
      const Messages = available.slice(0, MaxNumberOfMessages);
      for (const message of Messages) message.inFlight = true;
      return { Messages };
    },
    DeleteMessageCommand: ({ ReceiptHandle = "" }) => messages.delete(ReceiptHandle),
    ChangeMessageVisibilityCommand: ({ ReceiptHandle = "" }) => {
      const message = messages.get(ReceiptHandle);
      if (message !== undefined) message.inFlight = false;
    },
  };
  type Command = { readonly constructor: { readonly name: keyof typeof calls }; readonly input: object };
  const client = { send: async (command: Command) => calls[command.constructor.name](command.input) };
  return { client: client as unknown as SQSClient, messages, add };
};
const signal = new AbortController().signal;

describe("redrive", () => {
  it("handles each earlier message once, even if messages that fail again are delivered first", async () => {
    const ids = Array.from({ length: 25 }, (_, at) => `m${at}`);
    const { client, messages, add } = createQueue(ids);
    const handled: string[] = [];
    const handle = async ({ MessageId = "" }: Message) => {
      handled.push(MessageId);
      for (const copy of ["a", "b"]) add(`${MessageId}-${copy}`, String(Date.now() + 60_000));
      return "done" as const;
    };
    const count = await redrive({ client, from: "dead", handle, rate: 100_000, signal });

    expect([count, handled.toSorted()]).toEqual([25, ids.toSorted()]);
    expect([...messages.values()].map(({ inFlight }) => inFlight)).toEqual(Array(50).fill(false));
  });

  it("handles kept messages once and releases them at the end", async () => {
    const { client, messages } = createQueue(["a", "b", "c"]);
    const seen: string[] = [];
    const handle = async ({ MessageId = "" }: Message) => {
      seen.push(MessageId);
      return MessageId === "b" ? ("done" as const) : ("keep" as const);
    };

    expect(await redrive({ client, from: "dead", handle, rate: 100_000, signal })).toBe(1);
    expect([seen.toSorted(), [...messages.values()].map(({ inFlight }) => inFlight)]).toEqual([
      ["a", "b", "c"],
      [false, false],
    ]);
  });

  it("keeps the remaining messages when it is stopped or a message cannot be sent", async () => {
    const { client, messages } = createQueue(["a", "b", "c"]);
    const stopping = new AbortController();
    const once = async () => {
      stopping.abort();
      return "done" as const;
    };
    expect(await redrive({ client, from: "dead", handle: once, rate: 100_000, signal: stopping.signal })).toBe(1);
    const fails = () => Promise.reject(new Error("no such queue"));
    await expect(redrive({ client, from: "dead", handle: fails, rate: 100_000, signal })).rejects.toThrow(
      "no such queue",
    );

    expect([...messages.values()].map(({ inFlight }) => inFlight)).toEqual([false, false]);
  });
});
