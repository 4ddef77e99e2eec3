import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { decodeFailedRecord, type FailedRecord } from "../../core/events/dead-letters.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../core/ports/queue.ts";
import { createRedispatcher } from "../../operations/redrive.ts";
import { startStore, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";

describe("stream record that cannot be read", () => {
  const received: string[] = [];
  let store: TestStore;
  beforeEach(async () => {
    received.length = 0;
    const plugin = definePlugin({
      name: "notes",
      about: "Records its events.",
      listeners: { note: { on: ["record.create"], run: ({ uri }) => void received.push(uri) } },
    });
    store = await startStore({ plugins: [plugin()] });
    await store.put("/buckets/b");
    await store.put("/buckets/b/collections/c");
  });
  afterEach(() => store.close());

  /** A stored item with an invalid attribute. */
  const write = async (id: string, more: Record<string, { S: string } | { N: string }>) => {
    const client = new DynamoDBClient(store.options.cloud?.dynamodb ?? {});
    const Item = {
      pk: { S: RECORDS },
      sk: { S: id },
      kind: { S: "record" },
      ts: { N: "5" },
      json: { S: `{"id":"${id}"}` },
      by: { S: "x" },
      of: { S: "1" },
      ...more,
    };
    await client.send(new PutItemCommand({ TableName: store.options.location.table, Item }));
    client.destroy();
  };
  const deadLetters = async () => {
    const client = new SQSClient(store.options.cloud?.sqs ?? {});
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: store.options.location.queues[DISPATCH_FAILURES_QUEUE],
        MaxNumberOfMessages: 10,
      }),
    );
    client.destroy();
    return Messages.map(({ Body = "" }) => Body);
  };

  it("is dead-lettered as a whole while other changes are dispatched", async () => {
    await store.put(`${RECORDS}/before`);
    await write("no-time", { ts: { S: "not a number" } });
    await write("no-json", { json: { S: "{" } });
    await write("no-cause", { via: { S: "[" } });
    await store.put(`${RECORDS}/after`);
    await store.drain();

    expect(received.toSorted()).toEqual([`${RECORDS}/after`, `${RECORDS}/before`]);
    const messages = (await deadLetters()).map(decodeFailedRecord);
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
    expect(store.logLines.filter((line) => line.includes("could not be read"))).toHaveLength(3);
  });

  it("is dispatched when it is redriven and can be read", async () => {
    await write("late", { ts: { S: "not a number" } });
    await store.drain();
    const [body = ""] = await deadLetters();
    const { record } = decodeFailedRecord(body) as FailedRecord & { record: { dynamodb: { NewImage: object } } };
    const redispatcher = await createRedispatcher(store.options);

    await expect(redispatcher.redispatch(record)).rejects.toThrow("has no number attribute 'ts'");
    const mended = {
      ...record,
      dynamodb: { ...record.dynamodb, NewImage: { ...record.dynamodb.NewImage, ts: { N: "5" } } },
    };
    expect(await redispatcher.redispatch(mended)).toEqual(["notes-note"]);
    await redispatcher.close();
    await store.drain();
    expect(received).toEqual([`${RECORDS}/late`]);
  });
});
