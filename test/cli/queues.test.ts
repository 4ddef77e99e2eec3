import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeStreamCommand } from "@aws-sdk/client-dynamodb-streams";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import type { DynamoDBRecord } from "aws-lambda";
import { connect } from "../../cli/connect.ts";
import { listQueues } from "../../cli/queues.ts";
import { redriven } from "../../cli/queues-redrive.ts";
import { deadIn, requireQueue } from "../../cli/queues-show-dead.ts";
import { readConfig } from "../../config/config.ts";
import { encodeFailedRecord } from "../../core/events/failed-record.ts";
import { jsonLog } from "../../core/ports/log.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../core/ports/queue.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { recordsOfNote } from "../../operations/noted-records.ts";
import { tailStream } from "../../operations/tail-stream.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { asking, clientOf } from "../../testing/client.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-queues-"));
const heard: string[] = [];
let works = false;
const picky = definePlugin({
  name: "picky",
  about: "Fails until it is mended.",
  listeners: {
    any: {
      on: ["bucket.create"],
      retries: 1,
      run: ({ uri }) => {
        if (!works) throw new Error(`${uri} is not to its taste`);
        heard.push(uri);
      },
    },
    ordered: {
      on: ["bucket.create", "bucket.update"],
      ordered: true,
      retries: 0,
      run: ({ uri, action }) => {
        if (!works) throw new TypeError("no");
        heard.push(`${action} ${uri}`);
      },
    },
  },
});
const config = readConfig({ plugins: [basicauth(), picky()] });
const place = { kind: "data", folder } as const;
const signal = new AbortController().signal;
let cloud: EmbeddedCloud;

const report = async (
  name: string,
): Promise<{ waiting: number; dead: number | null; inFlight: number; oldest: number | null }> =>
  JSON.parse(await listQueues({ config, place, json: true })).find((queue: { name: string }) => queue.name === name);
const redriving = (name: string, more: { limit?: number } = {}) =>
  redriven({ config, place, name, rate: 1000, signal, ...more });

beforeAll(async () => {
  cloud = await startCloud({ config, port: 0, data: folder, log: createJsonLog(() => undefined), retryAfter: () => 1 });
  const { ask } = clientOf(asking(cloud.url));
  for (const id of ["a", "b", "c"]) await ask(`/buckets/${id}`, { method: "PUT", as: "alice" });
  await ask("/buckets/a", { method: "PATCH", as: "alice", body: { data: { colour: "red" } } });
  await cloud.drain();
}, 30_000);
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun queues", () => {
  it("shows what is in each queue, and what failed for good", async () => {
    expect(await report("picky-any")).toEqual({
      name: "picky-any",
      waiting: 0,
      delayed: 0,
      inFlight: 0,
      dead: 3,
      oldest: 0,
    });
    expect((await listQueues({ config, place, json: false })).split("\n")).toEqual([
      "queue              waiting  delayed  in flight  dead  oldest",
      "store-purge              0        0          0     0  -",
      "picky-any                0        0          0     3  -",
      "picky-ordered            0        0          0     4  -",
      "dispatch-failures        0        0          0  -     -",
    ]);
  });

  it("tells the age of the oldest message that waits, without receiving it", async () => {
    const sqs = new SQSClient(cloud.opening.cloud?.sqs ?? {});
    const url = cloud.opening.place.queues["picky-any-dead"];
    await sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.opening.place.queues[DISPATCH_FAILURES_QUEUE], MessageBody: "{}" }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));

    const { waiting, oldest } = await report(DISPATCH_FAILURES_QUEUE);
    expect([waiting, url !== undefined]).toEqual([1, true]);
    expect(oldest).toBeGreaterThanOrEqual(1);
    sqs.destroy();
  });

  it("names the queues that there are, to who names another", () => {
    expect(() => requireQueue(config, "picky")).toThrow(
      "No queue named 'picky', there are: store-purge, picky-any, picky-ordered, dispatch-failures.",
    );
  });
});

describe("kintoun queues show-dead", () => {
  it("shows what failed for good, with the error, the tries and the time, and leaves it there", async () => {
    const dead = await deadIn({ config, place, name: "picky-any", limit: 10 });

    expect(dead).toHaveLength(3);
    for (const one of dead) {
      expect(one).toMatchObject({
        attempts: "2",
        error: expect.stringMatching(/^Error: \/buckets\/[abc] is not to its taste$/),
        stack: expect.stringContaining("at "),
      });
      expect(Date.parse(one.failed_at ?? "")).toBeLessThanOrEqual(Date.now());
      expect(JSON.parse(one.body)).toMatchObject({ event: { action: "create" }, impacted_records: [{ new: {} }] });
    }
    expect((await report("picky-any")).dead).toBe(3);
  });

  it("shows no more than is asked for", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await deadIn({ config, place, name: "picky-any", limit: 2 })).toHaveLength(2);
  });
});

describe("kintoun queues redrive", () => {
  it("lets what fails again fail again, once", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await redriving("picky-any")).toEqual({ moved: 3, left: 0 });
    await cloud.drain();

    expect([heard, (await report("picky-any")).dead]).toEqual([[], 3]);
  });

  it("has it done where the listener is mended, as much as is asked for, and then the rest", async () => {
    works = true;
    const some = await redriving("picky-any", { limit: 1 });
    const others = await redriving("picky-any");
    await cloud.drain();

    expect([some.moved, others.moved, (await report("picky-any")).dead]).toEqual([1, 2, 0]);
    expect(heard.toSorted()).toEqual(["/buckets/a", "/buckets/b", "/buckets/c"]);
  });

  it("keeps each object's events in their order", async () => {
    heard.splice(0);
    const { moved } = await redriving("picky-ordered");
    await cloud.drain();

    expect(moved).toBe(4);
    expect(heard.filter((one) => one.endsWith("/a"))).toEqual(["create /buckets/a", "update /buckets/a"]);
    expect(heard).toHaveLength(4);
  });

  it("hands on what dispatch could not, and leaves what it still can't", async () => {
    heard.splice(0);
    const image = {
      pk: { S: "/buckets" },
      sk: { S: "late" },
      ts: { N: "5" },
      json: { S: '{"id":"late","last_modified":5}' },
      by: { S: "alice" },
      of: { S: "root" },
    };
    const sqs = new SQSClient(cloud.opening.cloud?.sqs ?? {});
    const record = { dynamodb: { Keys: { pk: image.pk, sk: image.sk }, NewImage: image } };
    const body = encodeFailedRecord(record, new Error("it was broken then"));
    await sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.opening.place.queues[DISPATCH_FAILURES_QUEUE], MessageBody: body }),
    );
    const shown = await deadIn({ config, place, name: DISPATCH_FAILURES_QUEUE, limit: 10 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { moved, left } = await redriving(DISPATCH_FAILURES_QUEUE);
    await cloud.drain();
    sqs.destroy();

    expect(shown.map(({ error }) => error)).toContain("Error: it was broken then");
    expect([moved, left]).toEqual([1, 1]);
    expect(heard.toSorted()).toEqual(["/buckets/late", "create /buckets/late"]);
    expect((await report(DISPATCH_FAILURES_QUEUE)).waiting + (await report(DISPATCH_FAILURES_QUEUE)).inFlight).toBe(1);
  });

  it("hands on what Lambda only notes that dispatch could not, from the stream", async () => {
    const { ask } = clientOf(asking(cloud.url));
    for (const id of ["noted", "last", "other"]) await ask(`/buckets/${id}`, { method: "PUT", as: "alice" });
    await cloud.drain();
    heard.splice(0);
    const connected = await connect({
      config,
      place,
      queues: [DISPATCH_FAILURES_QUEUE],
      log: jsonLog(() => undefined),
    });
    const records: DynamoDBRecord[] = [];
    const ending = new AbortController();
    const seen = (record: DynamoDBRecord) => {
      records.push(record);
      if (record.dynamodb?.Keys?.sk?.S === "other") ending.abort();
    };
    const streamArn = await connected.stream();
    await tailStream({
      client: connected.streams,
      arn: streamArn,
      oldest: true,
      pause: 20,
      signal: ending.signal,
      record: (one) => seen(one as DynamoDBRecord),
    });
    const numberOf = (id: string) =>
      records.find(({ dynamodb }) => dynamodb?.Keys?.pk?.S === "/buckets" && dynamodb.Keys.sk?.S === id)?.dynamodb
        ?.SequenceNumber;
    const { StreamDescription } = await connected.streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    const batch = {
      shardId: StreamDescription?.Shards?.at(-1)?.ShardId,
      startSequenceNumber: numberOf("noted"),
      endSequenceNumber: numberOf("last"),
      streamArn,
    };
    const note = JSON.stringify({
      requestContext: { condition: "RetryAttemptsExhausted" },
      version: "1.0",
      DDBStreamBatchInfo: { batchSize: 2, ...batch },
    });
    await connected.sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.opening.place.queues[DISPATCH_FAILURES_QUEUE], MessageBody: note }),
    );
    const named = await recordsOfNote(connected.streams, note);
    await connected.close();
    await new Promise((resolve) => setTimeout(resolve, 1100));

    const ids = named.flatMap(({ dynamodb }) =>
      dynamodb?.Keys?.sk?.S?.startsWith("#") ? [] : [dynamodb?.Keys?.sk?.S],
    );
    expect(ids.filter((id) => ["noted", "last", "other"].includes(id ?? ""))).toEqual(["noted", "last"]);
    expect((await redriving(DISPATCH_FAILURES_QUEUE)).moved).toBe(1);
    await cloud.drain();
    // They were delivered before.
    expect(heard).toEqual([]);
  });
});
