import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createSqsQueue } from "../../adapters/queue/sqs.ts";
import { createSqsTransport, type SqsSend } from "../../adapters/queue/sqs-transport.ts";
import type { QueueConfig } from "../../config/queues.ts";
import { DEAD_LETTER_ATTRIBUTES, sendDeadLetter } from "../../core/events/dead-letters.ts";
import { MAX_MESSAGE_BYTES } from "../../core/events/message-body.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type Queue, type QueueMessage, toDeadLetterQueue } from "../../core/ports/queue.ts";
import { createQueues, type SqsEngine } from "../../local/sqs.ts";
import { waitUntil } from "../wait-until.ts";

const QUIET = createJsonLog(() => undefined);
const queue = (name: string, more: Partial<QueueConfig> = {}): QueueConfig => ({
  name,
  ordered: false,
  delay: 0,
  visibility: 30,
  batchSize: 10,
  batchWindow: 0,
  concurrency: undefined,
  tries: 2,
  maxReceiveCount: 2,
  budget: 5,
  batchBudget: 5,
  timeout: 5,
  ...more,
});
const QUEUES = [
  queue("plain"),
  queue("other"),
  queue("brief", { visibility: 1 }),
  queue("slow", { delay: 2 }),
  queue("series", { ordered: true }),
];

/**
 * What every SQS implementation must do.
 * @param open starts one without queues
 */
export const queueContract = (name: string, open: () => Promise<SqsEngine>) =>
  describe(`queues of ${name}`, () => {
    let engine: SqsEngine;
    let client: SQSClient;
    let transport: ReturnType<typeof createSqsTransport>;
    let urls: Readonly<Record<string, string>>;
    let queues: Queue;
    beforeAll(async () => {
      engine = await open();
      client = new SQSClient(engine.client);
      urls = (await createQueues(client, engine, QUEUES)).all;
      transport = createSqsTransport(engine.client);
      queues = createSqsQueue({ send: transport.send, urls, log: QUIET });
    }, 120_000);
    afterAll(async () => {
      transport.close();
      client.destroy();
      await engine.stop();
    });

    /** Queues that refuse some messages, as SQS does under load. */
    const refusing = (refused: readonly string[]): Queue => {
      const send: SqsSend = async (operation, input) => {
        const { Entries = [], ...others } = input as unknown as {
          Entries?: { Id: string; MessageBody: string }[];
        };
        const left = Entries.filter(({ MessageBody }) => !refused.includes(MessageBody));
        const Failed = Entries.filter(({ MessageBody }) => refused.includes(MessageBody)).map(({ Id }) => ({
          Id,
          Code: "Throttled",
          SenderFault: false,
        }));
        if (Failed.length === 0) return transport.send(operation, input);
        const output: object =
          left.length === 0 ? {} : await transport.send(operation, { ...others, Entries: left } as never);
        return { ...output, Failed } as never;
      };
      return createSqsQueue({ send, urls, log: QUIET });
    };

    const receive = async (queue: string, WaitTimeSeconds = 5): Promise<Message[]> => {
      const command = new ReceiveMessageCommand({
        QueueUrl: urls[queue],
        MaxNumberOfMessages: 10,
        WaitTimeSeconds,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      });
      return (await client.send(command)).Messages ?? [];
    };
    const done = ({ ReceiptHandle }: Message, queue: string) =>
      client.send(new DeleteMessageCommand({ QueueUrl: urls[queue], ReceiptHandle }));
    /** Receives and deletes a number of messages; fewer when no more arrive. */
    const take = async (queue: string, count: number): Promise<Message[]> => {
      const taken: Message[] = [];
      while (taken.length < count) {
        const some = await receive(queue);
        if (some.length === 0) break;
        for (const one of some) await done(one, queue);
        taken.push(...some);
      }
      return taken;
    };
    const bodies = async (queue: string, count: number) => (await take(queue, count)).map(({ Body }) => Body);
    const one = async (queue: string): Promise<Message> => {
      const [message] = await receive(queue);
      if (message === undefined) throw new Error(`No message arrived on ${queue}`);
      return message;
    };

    it("accept many messages, each on its queue", async () => {
      const all = Array.from(
        { length: 37 },
        (_, n): QueueMessage => ({ queue: n % 3 === 0 ? "other" : "plain", body: `m${n}` }),
      );

      expect(await queues.send(all)).toEqual([]);

      for (const to of ["plain", "other"]) {
        const expected = all.filter((message) => message.queue === to).map(({ body }) => body);
        expect((await bodies(to, expected.length)).toSorted()).toEqual(expected.toSorted());
      }
    });

    it("accept messages of the maximum size and refuse only a larger one", async () => {
      const attributes = { error: "x".repeat(1000) };
      const room = MAX_MESSAGE_BYTES - 1000 - "errorString".length;
      const all = [
        { queue: "plain", body: "a".repeat(room), attributes },
        { queue: "plain", body: "b".repeat(MAX_MESSAGE_BYTES + 1) },
        { queue: "plain", body: "é".repeat(MAX_MESSAGE_BYTES / 2) },
        { queue: "plain", body: "small" },
        { queue: "plain", body: "c".repeat(600_000) },
        { queue: "plain", body: "d".repeat(600_000) },
      ];

      expect((await queues.send(all)).map(({ index }) => index)).toEqual([1]);

      const taken = (await bodies("plain", 5)).map((body) => [body?.[0], body?.length]);
      expect(taken.toSorted()).toEqual(
        [
          ["a", room],
          ["c", 600_000],
          ["d", 600_000],
          ["s", 5],
          ["é", MAX_MESSAGE_BYTES / 2],
        ].toSorted(),
      );
    });

    it("keep message attributes", async () => {
      const trace = "Root=1-67891233-abcdef012345678912345678";
      await queues.send([
        { queue: "plain", body: "{}", attributes: { error: "TypeError: é 🌥\n at line", attempts: "5" }, trace },
      ]);

      const [message] = await take("plain", 1);
      expect(message?.MessageAttributes).toMatchObject({
        error: { DataType: "String", StringValue: "TypeError: é 🌥\n at line" },
        attempts: { StringValue: "5" },
      });
    });

    it("deliver each group's messages in order", async () => {
      const all = Array.from(
        { length: 24 },
        (_, n): QueueMessage => ({ queue: "series", body: `${n % 3}-${n}`, group: `g${n % 3}`, id: `order-${n}` }),
      );

      expect(await queues.send(all)).toEqual([]);

      const taken = await bodies("series", all.length);
      for (const group of ["0", "1", "2"]) {
        const of = (some: readonly (string | undefined)[]) => some.filter((body) => body?.startsWith(`${group}-`));
        expect(of(taken)).toEqual(of(all.map(({ body }) => body)));
      }
    });

    it("receive no message of a group after a refused one, even in another call", async () => {
      const all = Array.from(
        { length: 30 },
        (_, n): QueueMessage => ({ queue: "series", body: `${n % 2}-${n}`, group: `r${n % 2}`, id: `refused-${n}` }),
      );
      const throttled = refusing(["0-12"]);

      const rejections = await throttled.send(all);
      const refused = rejections.map(({ index }) => index);

      expect(refused.toSorted((a, b) => a - b)).toEqual([12, 14, 16, 18, 20, 22, 24, 26, 28]);
      expect(new Set(rejections.map(({ permanent }) => permanent))).toEqual(new Set([false]));
      expect(await throttled.send([{ queue: "plain", body: "0-12" }])).toEqual([
        { index: 0, permanent: false, reason: expect.any(String) },
      ]);
      expect(await queues.send(refused.map((place) => all[place] as QueueMessage))).toEqual([]);
      const taken = await bodies("series", all.length);
      for (const group of ["0", "1"]) {
        expect(taken.filter((body) => body?.startsWith(`${group}-`))).toEqual(
          all.map(({ body }) => body).filter((body) => body.startsWith(`${group}-`)),
        );
      }
    });

    it("accept a message with the same id once", async () => {
      const message = { queue: "series", body: "once", group: "twice", id: "the same" };
      expect(await queues.send([message])).toEqual([]);
      expect(await queues.send([message, { ...message, body: "another", id: "another" }])).toEqual([]);
      expect(await bodies("series", 3)).toEqual(["once", "another"]);
    });

    it("hold back a group while one of its messages is in flight, and no other group", async () => {
      await queues.send([
        { queue: "series", body: "a1", group: "ha", id: "h1" },
        { queue: "series", body: "b1", group: "hb", id: "h2" },
      ]);
      const inFlight: Message[] = [];
      await waitUntil("a message of each group is received", async () => {
        inFlight.push(...(await receive("series")));
        return inFlight.length === 2;
      });
      await queues.send([
        { queue: "series", body: "a2", group: "ha", id: "h3" },
        { queue: "series", body: "c1", group: "hc", id: "h4" },
      ]);

      expect((await receive("series")).map(({ Body }) => Body)).toEqual(["c1"]);
      for (const message of inFlight) await done(message, "series");
      expect(await bodies("series", 1)).toEqual(["a2"]);
    });

    it("delay messages by their own delay or that of the queue", async () => {
      await queues.send([
        { queue: "plain", body: "later", delaySeconds: 2 },
        { queue: "slow", body: "as all", attributes: { a: "b" } },
        { queue: "slow", body: "at once", delaySeconds: 0 },
      ]);

      expect(await receive("plain", 0)).toEqual([]);
      expect(await bodies("slow", 1)).toEqual(["at once"]);
      expect([await bodies("plain", 1), await bodies("slow", 1)]).toEqual([["later"], ["as all"]]);
    });

    it("deliver a message again after its visibility timeout, with its receive count", async () => {
      await queues.send([{ queue: "brief", body: "silent" }]);
      expect((await one("brief")).Attributes?.ApproximateReceiveCount).toBe("1");

      const again = await one("brief");
      expect([again.Body, again.Attributes?.ApproximateReceiveCount]).toEqual(["silent", "2"]);
      await done(again, "brief");
    });

    it("deliver a postponed message again after its delay", async () => {
      await queues.send([{ queue: "plain", body: "postponed" }]);
      const first = await one("plain");
      await queues.postpone("plain", first.ReceiptHandle ?? "", 2);

      expect(await receive("plain", 0)).toEqual([]);
      const again = await one("plain");
      expect([again.MessageId, again.Attributes?.ApproximateReceiveCount]).toEqual([first.MessageId, "2"]);
      await done(again, "plain");
    });

    it("move a message that was received too often to the dead-letter queue", async () => {
      await queues.send([{ queue: "plain", body: "poison" }]);
      for (let received = 0; received < 2; received++)
        await queues.postpone("plain", (await one("plain")).ReceiptHandle ?? "", 1);
      const deadLetters: Message[] = [];
      for (let looks = 0; looks < 10 && deadLetters.length === 0; looks++) {
        // Receiving moves the message.
        expect(await receive("plain", 1)).toEqual([]);
        deadLetters.push(...(await receive(toDeadLetterQueue("plain"), 0)));
      }

      expect(deadLetters.map(({ Body }) => Body)).toEqual(["poison"]);
      for (const message of deadLetters) await done(message, toDeadLetterQueue("plain"));
    });

    it("accept dead letters with the error, in their group", async () => {
      for (const [name, group] of [
        ["plain", undefined],
        ["series", "g"],
      ] as const) {
        const message = { id: `dead-${name}`, body: '{"n":1}', sentAt: 1, receiveCount: 5, group };
        expect(await sendDeadLetter(queues, name, message, { error: new Error("no good"), attempts: 5 })).toBe(true);

        const [deadLetters] = await take(toDeadLetterQueue(name), 1);
        expect(deadLetters?.Body).toBe('{"n":1}');
        expect(Object.keys(deadLetters?.MessageAttributes ?? {}).toSorted()).toEqual(DEAD_LETTER_ATTRIBUTES.toSorted());
        expect(deadLetters?.MessageAttributes?.error?.StringValue).toBe("Error: no good");
      }
    });

    it("keep a dead letter in its group, so that a redriven message is in order with the others of its object", async () => {
      await queues.send([{ queue: "series", body: "fails", group: "/buckets/b", id: "fails" }]);
      const [{ Attributes = {} } = {}] = await take("series", 1);
      const message = { id: "in-line", body: "fails", sentAt: 1, receiveCount: 5, group: Attributes.MessageGroupId };
      expect(await sendDeadLetter(queues, "series", message, { error: new Error("no good"), attempts: 5 })).toBe(true);

      const [deadLetters] = await take(toDeadLetterQueue("series"), 1);
      expect(deadLetters?.Attributes?.MessageGroupId).toBe(Attributes.MessageGroupId);
    });

    it("answer a ping if they exist, and reject it otherwise", async () => {
      await queues.ping(QUEUES.map(({ name }) => name));
      const gone = createSqsQueue({
        send: transport.send,
        urls: { ...urls, gone: `${urls.plain}-gone` },
        log: QUIET,
      });
      await expect(gone.ping(["plain", "gone"])).rejects.toMatchObject({
        name: expect.stringMatching(/QueueDoesNotExist|NonExistentQueue/),
      });
    });

    it("refuse messages permanently if they do not exist, and only theirs", async () => {
      const gone = createSqsQueue({
        send: transport.send,
        urls: { ...urls, gone: `${urls.plain}-gone`, "gone.fifo": `${urls.plain}-gone.fifo` },
        log: QUIET,
      });
      const to = (queue: string) => ({ queue, body: "x", group: "g", id: "x" });
      const rejections = await gone.send([to("gone"), to("plain"), to("gone.fifo"), to("gone.fifo"), to("unnamed")]);

      expect(rejections.toSorted((a, b) => a.index - b.index)).toEqual(
        [0, 2, 3, 4].map((index) => ({ index, permanent: true, reason: expect.any(String) })),
      );
      expect(await bodies("plain", 1)).toEqual(["x"]);
    });
  });
