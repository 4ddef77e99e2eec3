/** @slow */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeStreamCommand } from "@aws-sdk/client-dynamodb-streams";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import type { DynamoDBRecord } from "aws-lambda";
import { deadLettersOf, requireQueue } from "../../cli/commands/queues/dead-letters.ts";
import { listQueues } from "../../cli/commands/queues/list.ts";
import { redriveQueue } from "../../cli/commands/queues/redrive.ts";
import { connect } from "../../cli/connect.ts";
import { readConfig } from "../../config/config.ts";
import { toRouting } from "../../config/routing.ts";
import { encodeFailedRecord } from "../../core/events/dead-letters.ts";
import { encodeEvent } from "../../core/events/event.ts";
import { keepRefusedMessages } from "../../core/events/refused-messages.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../core/ports/queue.ts";
import { createDispatcher } from "../../functions/dispatch/app.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { readDiscardedRecords } from "../../operations/redrive.ts";
import { tailStream } from "../../operations/tail-stream.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";
import { waitUntil } from "../wait-until.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-queues-"));
const handled: string[] = [];
let isFixed = false;
const picky = definePlugin({
  name: "picky",
  about: "Fails until it is mended.",
  listeners: {
    any: {
      on: ["bucket.create"],
      retries: 1,
      run: ({ uri }) => {
        if (!isFixed) throw new Error(`${uri} is not to its taste`);
        handled.push(uri);
      },
    },
    ordered: {
      on: ["bucket.create", "bucket.update"],
      ordered: true,
      retries: 0,
      run: ({ uri, action }) => {
        if (!isFixed) throw new TypeError("no");
        handled.push(`${action} ${uri}`);
      },
    },
  },
});
const config = readConfig({ plugins: [basicauth(), picky()] });
const target = { kind: "data", folder } as const;
const signal = new AbortController().signal;
let cloud: EmbeddedCloud;

const report = async (
  name: string,
): Promise<{ waiting: number; dead: number | null; inFlight: number; oldest: number | null }> =>
  JSON.parse(await listQueues({ config, target, json: true })).find((queue: { name: string }) => queue.name === name);
const redriving = (name: string, more: { limit?: number } = {}) =>
  redriveQueue({ config, target, queue: name, rate: 1000, signal, ...more });

beforeAll(async () => {
  cloud = await startCloud({ config, port: 0, data: folder, log: createJsonLog(() => undefined), retryAfter: () => 1 });
  const { request: ask } = createClient(createRequester(cloud.url));
  for (const id of ["a", "b", "c"]) await ask(`/buckets/${id}`, { method: "PUT", as: "alice" });
  await ask("/buckets/a", { method: "PATCH", as: "alice", body: { data: { colour: "red" } } });
  await cloud.drain();
}, 30_000);
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun queues", () => {
  it("lists the messages and dead letters of each queue", async () => {
    expect(await report("picky-any")).toEqual({
      name: "picky-any",
      waiting: 0,
      delayed: 0,
      inFlight: 0,
      dead: 3,
      oldest: 0,
    });
    expect((await listQueues({ config, target, json: false })).split("\n")).toEqual([
      "queue              waiting  delayed  in flight  dead  oldest",
      "store-purge              0        0          0     0  -",
      "picky-any                0        0          0     3  -",
      "picky-ordered            0        0          0     4  -",
      "dispatch-failures        0        0          0  -     -",
      "",
      "Other programs read the queues with any AWS SDK:",
      `  export AWS_ENDPOINT_URL_SQS=${cloud.options.cloud?.sqs?.endpoint}`,
      "  export AWS_REGION=us-east-1",
      "  export AWS_DEFAULT_REGION=us-east-1",
      "  export AWS_ACCESS_KEY_ID=local",
      "  export AWS_SECRET_ACCESS_KEY=local",
      "Queues are named kintoun-<queue>, for example kintoun-search-index; ordered ones end with .fifo.",
    ]);
  });

  it("prints the age of the oldest waiting message, without receiving it", async () => {
    const sqs = new SQSClient(cloud.options.cloud?.sqs ?? {});
    const url = cloud.options.location.queues["picky-any-dead"];
    await sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.options.location.queues[DISPATCH_FAILURES_QUEUE], MessageBody: "{}" }),
    );
    await waitUntil(
      "the message is a second old",
      async () => Number((await report(DISPATCH_FAILURES_QUEUE)).oldest) >= 1,
    );

    const { waiting } = await report(DISPATCH_FAILURES_QUEUE);
    expect([waiting, url !== undefined]).toEqual([1, true]);
    sqs.destroy();
  });

  it("rejects an unknown queue and lists the queues", () => {
    expect(() => requireQueue(config, "picky")).toThrow(
      "There is no queue 'picky'. The queues are: store-purge, picky-any, picky-ordered, dispatch-failures.",
    );
  });
});

describe("kintoun queues dead-letters", () => {
  it("shows the error, the tries and the time of dead letters and keeps them", async () => {
    const dead = await deadLettersOf({ config, target, queue: "picky-any", limit: 10 });

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

  it("shows at most --limit messages", async () => {
    expect(await deadLettersOf({ config, target, queue: "picky-any", limit: 2 })).toHaveLength(2);
  });
});

describe("kintoun queues redrive", () => {
  it("returns a message that fails again to the dead-letter queue once", async () => {
    expect(await redriving("picky-any")).toEqual({ moved: 3, failed: 0 });
    await cloud.drain();

    expect([handled, (await report("picky-any")).dead]).toEqual([[], 3]);
  });

  it("redrives at most --limit messages, then the others", async () => {
    isFixed = true;
    const some = await redriving("picky-any", { limit: 1 });
    const others = await redriving("picky-any");
    await cloud.drain();

    expect([some.moved, others.moved, (await report("picky-any")).dead]).toEqual([1, 2, 0]);
    expect(handled.toSorted()).toEqual(["/buckets/a", "/buckets/b", "/buckets/c"]);
  });

  it("keeps the order of each object's events", async () => {
    handled.splice(0);
    const { moved } = await redriving("picky-ordered");
    await cloud.drain();

    expect(moved).toBe(4);
    expect(handled.filter((one) => one.endsWith("/a"))).toEqual(["create /buckets/a", "update /buckets/a"]);
    expect(handled).toHaveLength(4);
  });

  it("dispatches failed changes again and keeps those that fail again", async () => {
    handled.splice(0);
    const image = {
      pk: { S: "/buckets" },
      sk: { S: "late" },
      kind: { S: "bucket" },
      ts: { N: "5" },
      json: { S: '{"id":"late","last_modified":5}' },
      by: { S: "alice" },
      of: { S: "root" },
    };
    const sqs = new SQSClient(cloud.options.cloud?.sqs ?? {});
    const record = { dynamodb: { Keys: { pk: image.pk, sk: image.sk }, NewImage: image } };
    const body = encodeFailedRecord(record, new Error("it was broken then"));
    await sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.options.location.queues[DISPATCH_FAILURES_QUEUE], MessageBody: body }),
    );
    const shown = await deadLettersOf({ config, target, queue: DISPATCH_FAILURES_QUEUE, limit: 10 });
    const { moved, failed } = await redriving(DISPATCH_FAILURES_QUEUE);
    await cloud.drain();
    sqs.destroy();

    expect(shown.map(({ error }) => error)).toContain("Error: it was broken then");
    expect([moved, failed]).toEqual([1, 1]);
    expect(handled.toSorted()).toEqual(["/buckets/late", "create /buckets/late"]);
    expect((await report(DISPATCH_FAILURES_QUEUE)).waiting + (await report(DISPATCH_FAILURES_QUEUE)).inFlight).toBe(1);
  });

  it("sends messages that their queue refused, and keeps those whose queue is gone", async () => {
    handled.splice(0);
    const dispatcher = await createDispatcher({ ...cloud.options, routing: toRouting(cloud.options.config) });
    const body = encodeEvent({
      id: "/buckets/refused@1",
      resource_name: "bucket",
      uri: "/buckets/refused",
      bucket_id: "refused",
      user_id: "basicauth:x",
      timestamp: 1,
      parent_generation: "root",
      action: "create",
      new: {},
    });
    const refused = ["picky-any", "removed-listener"].map((queue) => ({
      message: { queue, body, id: "1" },
      reason: "AccessDenied: not permitted",
    }));
    expect(await keepRefusedMessages(dispatcher.queue, refused)).toEqual([]);
    await dispatcher.close();
    const shown = (await deadLettersOf({ config, target, queue: DISPATCH_FAILURES_QUEUE, limit: 10 })).filter(
      (letter) => letter.target !== undefined,
    );
    const { moved, failed } = await redriving(DISPATCH_FAILURES_QUEUE);
    await cloud.drain();

    expect(shown.map((letter) => [letter.target, letter.error]).toSorted()).toEqual([
      ["picky-any", "AccessDenied: not permitted"],
      ["removed-listener", "AccessDenied: not permitted"],
    ]);
    // The other one failed in the test before.
    expect([moved, failed]).toEqual([1, 2]);
    expect(handled).toEqual(["/buckets/refused"]);
  });

  it("dispatches batches that Lambda discarded, from the stream", async () => {
    const { request: ask } = createClient(createRequester(cloud.url));
    for (const id of ["noted", "last", "other"]) await ask(`/buckets/${id}`, { method: "PUT", as: "alice" });
    await cloud.drain();
    handled.splice(0);
    const connected = await connect({
      config,
      target,
      queues: [DISPATCH_FAILURES_QUEUE],
      log: createJsonLog(() => undefined),
    });
    const records: DynamoDBRecord[] = [];
    const ending = new AbortController();
    const seen = (record: DynamoDBRecord) => {
      records.push(record);
      if (record.dynamodb?.Keys?.sk?.S === "other") ending.abort();
    };
    const streamArn = await connected.streamArn();
    await tailStream({
      client: connected.streams,
      arn: streamArn,
      fromOldest: true,
      pauseMs: 20,
      signal: ending.signal,
      onRecord: (one) => seen(one as DynamoDBRecord),
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
      new SendMessageCommand({ QueueUrl: cloud.options.location.queues[DISPATCH_FAILURES_QUEUE], MessageBody: note }),
    );
    const named = await readDiscardedRecords(connected.streams, note);
    await connected.close();

    const ids = named.flatMap(({ dynamodb }) =>
      dynamodb?.Keys?.sk?.S?.startsWith("#") ? [] : [dynamodb?.Keys?.sk?.S],
    );
    expect(ids.filter((id) => ["noted", "last", "other"].includes(id ?? ""))).toEqual(["noted", "last"]);
    expect((await redriving(DISPATCH_FAILURES_QUEUE)).moved).toBe(1);
    await cloud.drain();
    // They were delivered before.
    expect(handled).toEqual([]);
  });
});
