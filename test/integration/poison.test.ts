import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { FAILURES } from "../../core/ports/queue.ts";
import { type FailedRecord, fromFailedMessage } from "../../core/events/failed-record.ts";
import { openReplay } from "../../operations/replay.ts";
import { startStore, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";

describe("a change that can't be understood", () => {
  const heard: string[] = [];
  let store: TestStore;
  beforeEach(async () => {
    heard.length = 0;
    const plugin = definePlugin({
      name: "notes",
      about: "Notes what it hears.",
      listeners: { note: { on: ["record.create"], run: ({ uri }) => void heard.push(uri) } },
    });
    store = await startStore({ plugins: [plugin()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
  });
  afterEach(() => store.close());

  /** An item as the store writes it, with something in it that it does not. */
  const write = async (id: string, more: Record<string, { S: string } | { N: string }>) => {
    const client = new DynamoDBClient(store.opening.cloud?.dynamodb ?? {});
    const Item = {
      pk: { S: RECORDS },
      sk: { S: id },
      ts: { N: "5" },
      json: { S: `{"id":"${id}"}` },
      by: { S: "x" },
      of: { S: "1" },
      ...more,
    };
    await client.send(new PutItemCommand({ TableName: store.opening.place.table, Item }));
    client.destroy();
  };
  const parked = async () => {
    const client = new SQSClient(store.opening.cloud?.sqs ?? {});
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: store.opening.place.queues[FAILURES], MaxNumberOfMessages: 10 }),
    );
    client.destroy();
    return Messages.map(({ Body = "" }) => Body);
  };

  it("is parked with its whole record, while those around it go on", async () => {
    await store.put(`${RECORDS}/before`);
    await write("no-time", { ts: { S: "not a number" } });
    await write("no-json", { json: { S: "{" } });
    await write("no-cause", { via: { S: "[" } });
    await store.put(`${RECORDS}/after`);
    await store.drain();

    expect(heard.toSorted()).toEqual([`${RECORDS}/after`, `${RECORDS}/before`]);
    const messages = (await parked()).map(fromFailedMessage);
    const images = messages.map(
      (message) =>
        message?.record as { dynamodb: { Keys: { sk: { S: string } }; NewImage: object; SequenceNumber: string } },
    );
    expect(images.map(({ dynamodb }) => dynamodb.Keys.sk.S).toSorted()).toEqual(["no-cause", "no-json", "no-time"]);
    for (const { dynamodb } of images)
      expect(dynamodb).toMatchObject({
        SequenceNumber: expect.any(String),
        NewImage: { pk: { S: RECORDS }, by: { S: "x" } },
      });
    for (const message of messages)
      expect(message).toMatchObject({
        error: expect.stringContaining("Error: "),
        stack: expect.stringContaining(".ts:"),
      });
    expect(store.logged.filter((line) => line.includes("could not be understood"))).toHaveLength(3);
  });

  it("is handed on later, once it can be understood", async () => {
    await write("late", { ts: { S: "not a number" } });
    await store.drain();
    const [body = ""] = await parked();
    const { record } = fromFailedMessage(body) as FailedRecord & { record: { dynamodb: { NewImage: object } } };
    const replay = await openReplay(store.opening);

    await expect(replay.replay(record)).rejects.toThrow("has no number in 'ts'");
    const mended = {
      ...record,
      dynamodb: { ...record.dynamodb, NewImage: { ...record.dynamodb.NewImage, ts: { N: "5" } } },
    };
    expect(await replay.replay(mended)).toEqual(["notes-note"]);
    await replay.close();
    await store.drain();
    expect(heard).toEqual([`${RECORDS}/late`]);
  });
});
