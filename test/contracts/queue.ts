import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openQueue } from "../../adapters/queue/sqs.ts";
import { deadOf, type QueueOfWorker } from "../../config/topology.ts";
import { LARGEST_MESSAGE } from "../../core/events/packed.ts";
import { FAILURE_FACTS, parkMessage } from "../../core/events/park.ts";
import { jsonLog } from "../../core/ports/log.ts";
import type { Queue, QueueMessage } from "../../core/ports/queue.ts";
import { prepareQueues, type SqsEngine } from "../../local/sqs.ts";

const QUIET = jsonLog(() => undefined);
const queue = (name: string, more: Partial<QueueOfWorker> = {}): QueueOfWorker => ({
  name,
  ordered: false,
  delay: 0,
  visibility: 30,
  batchSize: 10,
  window: 0,
  concurrency: undefined,
  tries: 2,
  receives: 2,
  budget: 5,
  lasts: 5,
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

/** What every SQS that Kintoun stands on does for it. @param open an SQS without queues */
export const queueContract = (name: string, open: () => Promise<SqsEngine>) =>
  describe(`queues on ${name}`, () => {
    let engine: SqsEngine;
    let client: SQSClient;
    let urls: Readonly<Record<string, string>>;
    let queues: Queue;
    beforeAll(async () => {
      engine = await open();
      client = new SQSClient(engine.client);
      urls = (await prepareQueues(client, engine, QUEUES)).all;
      queues = openQueue({ client, urls, log: QUIET });
    }, 120_000);
    afterAll(async () => {
      client.destroy();
      await engine.stop();
    });

    /** A queue by its name that refuses some messages, as SQS does under load. */
    const refusing = (refused: readonly string[]): { readonly queues: Queue; readonly client: SQSClient } => {
      const moody = new SQSClient(engine.client);
      moody.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const { Entries = [], ...input } = args.input as { Entries?: { Id: string; MessageBody: string }[] };
            const left = Entries.filter(({ MessageBody }) => !refused.includes(MessageBody));
            const Failed = Entries.filter(({ MessageBody }) => refused.includes(MessageBody)).map(({ Id }) => ({
              Id,
              Code: "Throttled",
              SenderFault: false,
            }));
            if (commandName !== "SendMessageBatchCommand" || Failed.length === 0) return next(args);
            const result =
              left.length === 0
                ? { output: {}, response: {} }
                : await next({ ...args, input: { ...input, Entries: left } as never });
            return { ...result, output: { ...result.output, Failed } as never };
          },
        { step: "initialize" },
      );
      return { queues: openQueue({ client: moody, urls, log: QUIET }), client: moody };
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
    /** Takes so many messages off a queue, each as it comes; fewer when no more do. */
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
      if (message === undefined) throw new Error(`Nothing came on ${queue}`);
      return message;
    };

    it("take many messages, each on its queue", async () => {
      const all = Array.from(
        { length: 37 },
        (_, n): QueueMessage => ({ to: n % 3 === 0 ? "other" : "plain", body: `m${n}` }),
      );

      expect(await queues.send(all)).toEqual([]);

      for (const to of ["plain", "other"]) {
        const expected = all.filter((message) => message.to === to).map(({ body }) => body);
        expect((await bodies(to, expected.length)).toSorted()).toEqual(expected.toSorted());
      }
    });

    it("take messages as large as they may be, and refuse a larger one alone", async () => {
      const attributes = { error: "x".repeat(1000) };
      const room = LARGEST_MESSAGE - 1000 - "errorString".length;
      const all = [
        { to: "plain", body: "a".repeat(room), attributes },
        { to: "plain", body: "b".repeat(LARGEST_MESSAGE + 1) },
        { to: "plain", body: "é".repeat(LARGEST_MESSAGE / 2) },
        { to: "plain", body: "small" },
        { to: "plain", body: "c".repeat(600_000) },
        { to: "plain", body: "d".repeat(600_000) },
      ];

      expect(await queues.send(all)).toEqual([1]);

      const taken = (await bodies("plain", 5)).map((body) => [body?.[0], body?.length]);
      expect(taken.toSorted()).toEqual(
        [
          ["a", room],
          ["c", 600_000],
          ["d", 600_000],
          ["s", 5],
          ["é", LARGEST_MESSAGE / 2],
        ].toSorted(),
      );
    });

    it("say which messages go to a queue that is not there, and take the others", async () => {
      expect(
        await queues.send([
          { to: "nowhere", body: "x" },
          { to: "plain", body: "y" },
        ]),
      ).toEqual([0]);
      expect(await bodies("plain", 1)).toEqual(["y"]);
    });

    it("keep what stands beside a message", async () => {
      const trace = "Root=1-67891233-abcdef012345678912345678";
      await queues.send([
        { to: "plain", body: "{}", attributes: { error: "TypeError: é 🌥\n at line", attempts: "5" }, trace },
      ]);

      const [message] = await take("plain", 1);
      expect(message?.MessageAttributes).toMatchObject({
        error: { DataType: "String", StringValue: "TypeError: é 🌥\n at line" },
        attempts: { StringValue: "5" },
      });
    });

    it("hand over each group's messages in their order", async () => {
      const all = Array.from(
        { length: 24 },
        (_, n): QueueMessage => ({ to: "series", body: `${n % 3}-${n}`, group: `g${n % 3}`, id: `order-${n}` }),
      );

      expect(await queues.send(all)).toEqual([]);

      const taken = await bodies("series", all.length);
      for (const group of ["0", "1", "2"]) {
        const of = (some: readonly (string | undefined)[]) => some.filter((body) => body?.startsWith(`${group}-`));
        expect(of(taken)).toEqual(of(all.map(({ body }) => body)));
      }
    });

    it("are sent nothing of a group behind a message that was refused, in whatever call", async () => {
      const all = Array.from(
        { length: 30 },
        (_, n): QueueMessage => ({ to: "series", body: `${n % 2}-${n}`, group: `r${n % 2}`, id: `refused-${n}` }),
      );
      const moody = refusing(["0-12"]);

      const refused = await moody.queues.send(all);

      expect(refused.toSorted((a, b) => a - b)).toEqual([12, 14, 16, 18, 20, 22, 24, 26, 28]);
      expect(await moody.queues.send([{ to: "plain", body: "0-12" }])).toEqual([0]);
      expect(await queues.send(refused.map((place) => all[place] as QueueMessage))).toEqual([]);
      const taken = await bodies("series", all.length);
      for (const group of ["0", "1"]) {
        expect(taken.filter((body) => body?.startsWith(`${group}-`))).toEqual(
          all.map(({ body }) => body).filter((body) => body.startsWith(`${group}-`)),
        );
      }
      moody.client.destroy();
    });

    it("take the same message of a series once", async () => {
      const message = { to: "series", body: "once", group: "twice", id: "the same" };
      expect(await queues.send([message])).toEqual([]);
      expect(await queues.send([message, { ...message, body: "another", id: "another" }])).toEqual([]);
      expect(await bodies("series", 3)).toEqual(["once", "another"]);
    });

    it("hold a group back while one of its messages is in hand, and no other group", async () => {
      await queues.send([
        { to: "series", body: "a1", group: "ha", id: "h1" },
        { to: "series", body: "b1", group: "hb", id: "h2" },
      ]);
      const inHand: Message[] = [];
      while (inHand.length < 2) inHand.push(...(await receive("series")));
      await queues.send([
        { to: "series", body: "a2", group: "ha", id: "h3" },
        { to: "series", body: "c1", group: "hc", id: "h4" },
      ]);

      expect((await receive("series")).map(({ Body }) => Body)).toEqual(["c1"]);
      for (const message of inHand) await done(message, "series");
      expect(await bodies("series", 1)).toEqual(["a2"]);
    });

    it("hold back what is delayed, by itself or by its queue", async () => {
      await queues.send([
        { to: "plain", body: "later", delay: 2 },
        { to: "slow", body: "as all", attributes: { a: "b" } },
        { to: "slow", body: "at once", delay: 0 },
      ]);

      expect(await receive("plain", 0)).toEqual([]);
      expect(await bodies("slow", 1)).toEqual(["at once"]);
      expect([await bodies("plain", 1), await bodies("slow", 1)]).toEqual([["later"], ["as all"]]);
    });

    it("show a message again whose worker was silent, and tell how often it was received", async () => {
      await queues.send([{ to: "brief", body: "silent" }]);
      expect((await one("brief")).Attributes?.ApproximateReceiveCount).toBe("1");

      const again = await one("brief");
      expect([again.Body, again.Attributes?.ApproximateReceiveCount]).toEqual(["silent", "2"]);
      await done(again, "brief");
    });

    it("show a postponed message again before its time-out, and only then", async () => {
      await queues.send([{ to: "plain", body: "postponed" }]);
      const first = await one("plain");
      await queues.postpone("plain", first.ReceiptHandle ?? "", 2);

      expect(await receive("plain", 0)).toEqual([]);
      const again = await one("plain");
      expect([again.MessageId, again.Attributes?.ApproximateReceiveCount]).toEqual([first.MessageId, "2"]);
      await done(again, "plain");
    });

    it("put what was received too often beside the queue by themselves", async () => {
      await queues.send([{ to: "plain", body: "poison" }]);
      for (let received = 0; received < 2; received++)
        await queues.postpone("plain", (await one("plain")).ReceiptHandle ?? "", 1);
      const parked: Message[] = [];
      for (let looks = 0; looks < 10 && parked.length === 0; looks++) {
        // Looking for it is what moves it.
        expect(await receive("plain", 1)).toEqual([]);
        parked.push(...(await receive(deadOf("plain"), 0)));
      }

      expect(parked.map(({ Body }) => Body)).toEqual(["poison"]);
      for (const message of parked) await done(message, deadOf("plain"));
    });

    it("keep what a worker parks, with what went wrong, in its group", async () => {
      for (const [name, group] of [
        ["plain", undefined],
        ["series", "g"],
      ] as const) {
        const message = { id: `parked-${name}`, body: '{"n":1}', sent: 1, attempt: 5, group };
        expect(await parkMessage(queues, name, message, { error: new Error("no good"), tries: 5 })).toBe(true);

        const [parked] = await take(deadOf(name), 1);
        expect(parked?.Body).toBe('{"n":1}');
        expect(Object.keys(parked?.MessageAttributes ?? {}).toSorted()).toEqual(FAILURE_FACTS.toSorted());
        expect(parked?.MessageAttributes?.error?.StringValue).toBe("Error: no good");
      }
    });

    it("keep what is parked in the group that it came in, so that it is in line with the others of its object when it is put back", async () => {
      await queues.send([{ to: "series", body: "fails", group: "/buckets/b", id: "fails" }]);
      const [{ Attributes = {} } = {}] = await take("series", 1);
      const message = { id: "in-line", body: "fails", sent: 1, attempt: 5, group: Attributes.MessageGroupId };
      expect(await parkMessage(queues, "series", message, { error: new Error("no good"), tries: 5 })).toBe(true);

      const [parked] = await take(deadOf("series"), 1);
      expect(parked?.Attributes?.MessageGroupId).toBe(Attributes.MessageGroupId);
    });

    it("are all there when they are asked, or that is told", async () => {
      await queues.ping(QUEUES.map(({ name }) => name));
      const gone = openQueue({ client, urls: { ...urls, gone: `${urls.plain}-gone` }, log: QUIET });
      await expect(gone.ping(["plain", "gone"])).rejects.toThrow();
      expect(await gone.send([{ to: "gone", body: "x" }])).toEqual([0]);
    });
  });
