import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { objectsFilter } from "../../adapters/store/dynamodb/table.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { createTable, type DynamoDbEngine, startDynamoDb } from "../../local/dynamodb.ts";
import { pollStream } from "../../local/stream-poller.ts";

const logged: string[] = [];
const log = createJsonLog((line) => logged.push(line), "WARN");
const idOf = ({ dynamodb }: DynamoDBRecord) => dynamodb?.Keys?.sk?.S ?? "";

/** The file that keeps the position. */
interface SavedFile {
  readonly stream: string;
  readonly positions: Readonly<Record<string, string>>;
}

describe("pollStream", () => {
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
    arn = await createTable(table, "kintoun");
  });
  afterAll(async () => {
    table.destroy();
    streams.destroy();
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  const put = async (...ids: string[]) => {
    for (const id of ids) {
      const kind = id.startsWith("#") ? {} : { kind: { S: "bucket" } };
      const Item = { pk: { S: "/buckets" }, sk: { S: id }, ...kind };
      await table.send(new PutItemCommand({ TableName: "kintoun", Item }));
    }
  };
  const start = (handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>) => {
    const discarded: string[] = [];
    const records: DynamoDBRecord[] = [];
    const onDiscard = async (failed: readonly DynamoDBRecord[]) => {
      discarded.push(...failed.map(idOf));
      records.push(...failed);
    };
    return {
      discarded,
      records,
      ...pollStream({
        client: streams,
        arn,
        filters: [objectsFilter("NewImage", ["bucket"])],
        handler,
        retries: 2,
        onDiscard,
        file,
        log,
      }),
    };
  };
  const recordIds =
    (ids: string[]) =>
    async ({ Records }: DynamoDBStreamEvent) => {
      ids.push(...Records.map(idOf));
      return { batchItemFailures: [] };
    };

  it("dispatches matching records in order", async () => {
    const received: string[] = [];
    const poller = start(recordIds(received));
    await put("a", "#clock", "b", "c");
    await poller.catchUp();
    await poller.stop();

    expect(received).toEqual(["a", "b", "c"]);
  });

  it("continues at its position after a restart", async () => {
    const { stream, positions } = JSON.parse(readFileSync(file, "utf8"));
    expect([stream, Object.keys(positions)]).toEqual([arn, [expect.any(String)]]);
    await put("d");

    const received: string[] = [];
    const poller = start(recordIds(received));
    await poller.catchUp();
    await poller.stop();

    expect(received).toEqual(["d"]);
  });

  it("continues at a position that version 0.2 saved", async () => {
    const { positions } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(positions));
    await put("d2");

    const received: string[] = [];
    const poller = start(recordIds(received));
    await poller.catchUp();
    await poller.stop();

    expect(received).toEqual(["d2"]);
  });

  it.each<[what: string, change: (saved: SavedFile) => SavedFile, says: string]>([
    [
      "the stream does not have its position",
      ({ stream, positions }) => ({ stream, positions: mapValues(positions, (at) => String(Number(at) + 1000)) }),
      "an older copy of the table was restored",
    ],
    ["the table is another one", ({ positions }) => ({ stream: "arn:other", positions }), "The table is another one"],
  ])("begins at the oldest change, with a warning, when %s", async (_, change, says) => {
    const saved = readFileSync(file, "utf8");
    writeFileSync(file, JSON.stringify(change(JSON.parse(saved))));
    logged.length = 0;

    const received: string[] = [];
    const poller = start(recordIds(received));
    await poller.catchUp();
    await poller.stop();

    expect(received).toEqual(["a", "b", "c", "d", "d2"]);
    expect(logged).toEqual([expect.stringContaining(says)]);
    expect(logged[0]).toContain("The queues may hold events of the other table");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(saved));
  });

  it("splits a failing batch until it has isolated the failing record, and discards it", async () => {
    const received: string[] = [];
    await put("e", "f", "poison", "g");

    const poller = start(async ({ Records }) => {
      if (Records.some((record) => idOf(record) === "poison")) throw new Error("poisoned");
      return recordIds(received)({ Records });
    });
    await poller.catchUp();
    await poller.stop();

    expect(received).toEqual(["e", "f", "g"]);
    expect(poller.discarded).toEqual(["poison"]);
    expect(poller.records[0]?.dynamodb).toMatchObject({
      SequenceNumber: expect.any(String),
      NewImage: { pk: { S: "/buckets" }, sk: { S: "poison" } },
    });
  });

  it("retries from the record that the handler reported as failed", async () => {
    const batches: string[][] = [];
    await put("h", "i", "j");

    const poller = start(async ({ Records }) => {
      batches.push(Records.map(idOf));
      const again = batches.length === 1 ? Records[1]?.dynamodb?.SequenceNumber : undefined;
      return { batchItemFailures: again === undefined ? [] : [{ itemIdentifier: again }] };
    });
    await poller.catchUp();
    await poller.stop();

    expect(batches).toEqual([
      ["h", "i", "j"],
      ["i", "j"],
    ]);
  });

  it("counts retries from the record that failed last, so that a batch that advances is never discarded", async () => {
    const batches: string[][] = [];
    const ids = ["k", "l", "m", "n", "o", "p"];
    await put(...ids);

    const poller = start(async ({ Records }) => {
      batches.push(Records.map(idOf));
      const next = Records[1]?.dynamodb?.SequenceNumber;
      return { batchItemFailures: next === undefined ? [] : [{ itemIdentifier: next }] };
    });
    await poller.catchUp();
    await poller.stop();

    expect(batches).toEqual(ids.map((_, index) => ids.slice(index)));
    expect(poller.discarded).toEqual([]);
  });
});
