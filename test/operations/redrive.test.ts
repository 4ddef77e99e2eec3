import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { redrive } from "../../operations/redrive.ts";

const LONG_AGO = "1000";

/** A queue for what failed, that hands over the newest first, as SQS may, and nothing that is in hand. */
const parking = (ids: readonly string[]) => {
  const parked = new Map<string, Message & { inHand?: boolean }>();
  const park = (id: string, sent: string) =>
    parked.set(id, { MessageId: id, ReceiptHandle: id, Attributes: { SentTimestamp: sent } });
  for (const id of ids) park(id, LONG_AGO);
  const calls = {
    ReceiveMessageCommand: ({ MaxNumberOfMessages = 0 }) => {
      const some = [...parked.values()].filter(({ inHand }) => inHand !== true).reverse();
      const Messages = some.slice(0, MaxNumberOfMessages);
      for (const message of Messages) message.inHand = true;
      return { Messages };
    },
    DeleteMessageCommand: ({ ReceiptHandle = "" }) => parked.delete(ReceiptHandle),
    ChangeMessageVisibilityCommand: ({ ReceiptHandle = "" }) => {
      const message = parked.get(ReceiptHandle);
      if (message !== undefined) message.inHand = false;
    },
  };
  type Command = { readonly constructor: { readonly name: keyof typeof calls }; readonly input: object };
  const client = { send: async (command: Command) => calls[command.constructor.name](command.input) };
  return { client: client as unknown as SQSClient, parked, park };
};
const signal = new AbortController().signal;

describe("what is tried again, of what failed for good", () => {
  it("is each message that was there, once, though all fail again at once and stand before the others", async () => {
    const ids = Array.from({ length: 25 }, (_, at) => `m${at}`);
    const { client, parked, park } = parking(ids);
    const taken: string[] = [];
    const take = async ({ MessageId = "" }: Message) => {
      taken.push(MessageId);
      for (const copy of ["a", "b"]) park(`${MessageId}-${copy}`, String(Date.now() + 60_000));
      return "done" as const;
    };
    const count = await redrive({ client, from: "parked", take, rate: 100_000, signal });

    expect([count, taken.toSorted()]).toEqual([25, ids.toSorted()]);
    expect([...parked.values()].map(({ inHand }) => inHand)).toEqual(Array(50).fill(false));
  });

  it("is tried once each where it stays, and given back in the end", async () => {
    const { client, parked } = parking(["a", "b", "c"]);
    const seen: string[] = [];
    const take = async ({ MessageId = "" }: Message) => {
      seen.push(MessageId);
      return MessageId === "b" ? ("done" as const) : ("stays" as const);
    };

    expect(await redrive({ client, from: "parked", take, rate: 100_000, signal })).toBe(1);
    expect([seen.toSorted(), [...parked.values()].map(({ inHand }) => inHand)]).toEqual([
      ["a", "b", "c"],
      [false, false],
    ]);
  });

  it("leaves the rest where it was when it is cut off, and the one that could not be sent", async () => {
    const { client, parked } = parking(["a", "b", "c"]);
    const stopping = new AbortController();
    const once = async () => {
      stopping.abort();
      return "done" as const;
    };
    expect(await redrive({ client, from: "parked", take: once, rate: 100_000, signal: stopping.signal })).toBe(1);
    const fails = () => Promise.reject(new Error("no such queue"));
    await expect(redrive({ client, from: "parked", take: fails, rate: 100_000, signal })).rejects.toThrow(
      "no such queue",
    );

    expect([...parked.values()].map(({ inHand }) => inHand)).toEqual([false, false]);
  });
});
