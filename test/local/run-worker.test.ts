import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { queueConfigs } from "../../config/queues.ts";
import { encodeEvent } from "../../core/events/event.ts";
import { MAX_MESSAGE_BYTES } from "../../core/events/message-body.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startCloud } from "../../local/cloud.ts";
import { runWorker } from "../../local/run-worker.ts";

const picky = definePlugin({
  name: "picky",
  about: "Fails on what is large.",
  listeners: {
    any: {
      on: ["bucket.create"],
      retries: 0,
      run: ({ new: { text } }) => {
        if (String(text).length > 100) throw new Error(`it is ${"much ".repeat(1000)} too large`);
      },
    },
  },
});
const config = readConfig({ plugins: [picky()], standalone: ["picky-any"] });
const log = createJsonLog(() => undefined);

it("runWorker reports the outcome of each message, also of one that is compressed in the dead-letter queue", async () => {
  const cloud = await startCloud({ config, port: 0, data: undefined, log });
  const options = { ...cloud.options, log };
  const client = new SQSClient(options.cloud?.sqs ?? {});
  const message = (id: string, text: string) => {
    const place = { resource_name: "bucket", uri: `/buckets/${id}`, bucket_id: id };
    return encodeEvent({
      ...place,
      action: "create",
      id,
      user_id: "ada",
      timestamp: 1,
      parent_generation: "root",
      new: { id, text },
    } as Parameters<typeof encodeEvent>[0]);
  };
  const large = message("large", "x".repeat(MAX_MESSAGE_BYTES - message("large", "").length - 1000));
  for (const body of [large, message("small", "x")])
    await client.send(new SendMessageCommand({ QueueUrl: options.location.queues["picky-any"], MessageBody: body }));
  const outcomes = new Map<number, string>();
  const [queue] = queueConfigs(config).filter(({ name }) => name === "picky-any");
  if (queue === undefined) throw new Error("There is no queue");
  const { signal } = new AbortController();
  const { nextRetryAt } = await runWorker({
    options,
    client,
    queue,
    once: true,
    signal,
    onDelivery: ({ body, outcome }) => void outcomes.set(body.length, outcome),
  });
  client.destroy();
  await cloud.close();

  expect([[...outcomes.values()].toSorted(), outcomes.get(large.length), nextRetryAt]).toEqual([
    ["dead", "done"],
    "dead",
    undefined,
  ]);
}, 60_000);
