import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { startWebhookSink } from "@kintoun/testing";
import { createHttpClient } from "../../adapters/http/http-client.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { openDeliveryLog } from "../../plugins/webhooks/delivery-log.ts";
import { openHookStates } from "../../plugins/webhooks/hook-state.ts";
import { openSender } from "../../plugins/webhooks/sender.ts";
import { openSlowAttempts } from "../../plugins/webhooks/slow-attempts.ts";
import { openTestStore } from "../open-test-store.ts";

it("webhooks post a slow message once, also when the end of the attempt cannot be counted", async () => {
  const engine = await startDynamoDb(undefined);
  await using opened = await openTestStore({ client: engine.client, stop: engine.stop });
  await using sink = await startWebhookSink();
  sink.respondWith(async () => {
    await sleep(1500);
    return 204;
  });
  const state = opened.state("webhooks");
  const now = Date.now;
  const sender = openSender({
    http: createHttpClient({ isAllowed: () => true, allowsHttp: true }),
    states: openHookStates(state, { key: async () => "key", ownSecret: () => undefined }, now),
    deliveries: openDeliveryLog(state, now),
    slowAttempts: {
      ...openSlowAttempts(state, now),
      remove: async () => {
        throw new Error("The table is throttled");
      },
    },
    now,
    timeoutMs: 10_000,
    retryMs: 60_000,
  });
  const lines: string[] = [];
  const context = { log: createJsonLog((line) => lines.push(line)), signal: new AbortController().signal };
  const hook = { owner: "o", id: "h", url: sink.url, bucket: "b" };
  const message = { id: `${"1".padStart(15, "0")}-${"a".repeat(24)}`, type: "record.create", uri: null, body: "{}" };

  expect(await sender.send(hook, message, context)).toBeUndefined();
  expect(await sender.send(hook, message, context)).toBeUndefined();
  expect(sink.requests).toHaveLength(1);
  expect(lines).toEqual([expect.stringContaining("The slow attempts of webhooks could not be counted")]);
});
