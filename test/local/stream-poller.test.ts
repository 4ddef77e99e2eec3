import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { OBJECT_CHANGES_FILTER } from "../../adapters/store/dynamodb/table.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type DynamoDbEngine, prepareTable, startDynamoDb } from "../../local/dynamodb.ts";
import { pollStream } from "../../local/stream-poller.ts";

const quiet = createJsonLog(() => {});
const idOf = ({ dynamodb }: DynamoDBRecord) => dynamodb?.Keys?.sk?.S ?? "";

describe("the stream's poller", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
  const file = join(folder, "stream.json");
  let engine: DynamoDbEngine;
  let table: DynamoDBClient;
  let streams: DynamoDBStreamsClient;
  let arn: string;

  beforeAll(async () => {
    engine = await startDynamoDb(undefined);
    table = new DynamoDBClient(engine.client);
    streams = new DynamoDBStreamsClient(engine.client);
    arn = await prepareTable(table, "kintoun");
  });
  afterAll(async () => {
    table.destroy();
    streams.destroy();
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  const put = async (...ids: string[]) => {
    for (const id of ids)
      await table.send(new PutItemCommand({ TableName: "kintoun", Item: { pk: { S: "/buckets" }, sk: { S: id } } }));
  };
  const start = (handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>) => {
    const parked: string[] = [];
    const records: DynamoDBRecord[] = [];
    const park = async (failed: readonly DynamoDBRecord[]) => {
      parked.push(...failed.map(idOf));
      records.push(...failed);
    };
    return {
      parked,
      records,
      ...pollStream({ client: streams, arn, filters: [OBJECT_CHANGES_FILTER], handler, retries: 2, park, file, log: quiet }),
    };
  };
  const hearing =
    (heard: string[]) =>
    async ({ Records }: DynamoDBStreamEvent) => {
      heard.push(...Records.map(idOf));
      return { batchItemFailures: [] };
    };

  it("hands objects on in order, and nothing else", async () => {
    const heard: string[] = [];
    const poller = start(hearing(heard));
    await put("a", "#clock", "b", "c");
    await poller.caughtUp();
    await poller.stop();

    expect(heard).toEqual(["a", "b", "c"]);
  });

  it("goes on after a restart from where it was", async () => {
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")))).toHaveLength(1);
    await put("d");

    const heard: string[] = [];
    const poller = start(hearing(heard));
    await poller.caughtUp();
    await poller.stop();

    expect(heard).toEqual(["d"]);
  });

  it("halves a batch that fails until the poisoned record stands alone, and parks it", async () => {
    const heard: string[] = [];
    await put("e", "f", "poison", "g");

    const poller = start(async ({ Records }) => {
      if (Records.some((record) => idOf(record) === "poison")) throw new Error("poisoned");
      return hearing(heard)({ Records });
    });
    await poller.caughtUp();
    await poller.stop();

    expect(heard).toEqual(["e", "f", "g"]);
    expect(poller.parked).toEqual(["poison"]);
    expect(poller.records[0]?.dynamodb).toMatchObject({
      SequenceNumber: expect.any(String),
      NewImage: { pk: { S: "/buckets" }, sk: { S: "poison" } },
    });
  });

  it("begins again from the record that was handed back", async () => {
    const batches: string[][] = [];
    await put("h", "i", "j");

    const poller = start(async ({ Records }) => {
      batches.push(Records.map(idOf));
      const again = batches.length === 1 ? Records[1]?.dynamodb?.SequenceNumber : undefined;
      return { batchItemFailures: again === undefined ? [] : [{ itemIdentifier: again }] };
    });
    await poller.caughtUp();
    await poller.stop();

    expect(batches).toEqual([
      ["h", "i", "j"],
      ["i", "j"],
    ]);
  });
});
