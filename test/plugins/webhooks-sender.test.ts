import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { startWebhookSink } from "@kintoun/testing";
import { createHttpClient } from "../../adapters/http/http-client.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { openDeliveryLog } from "../../plugins/webhooks/delivery-log.ts";
import { openHookStates } from "../../plugins/webhooks/hook-state.ts";
import { openSender } from "../../plugins/webhooks/sender.ts";
import { openSlowAttempts, type SlowAttempts } from "../../plugins/webhooks/slow-attempts.ts";
import { openTestStore } from "../open-test-store.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A sender, and a sink that responds after one and a half seconds. @param replaced functions that count slow attempts */
const start = async (status: number, replaced: Partial<SlowAttempts>) => {
  const engine = await startDynamoDb(undefined);
  const store = await openTestStore({ client: engine.client, stop: engine.stop });
  const sink = await startWebhookSink();
  open.push(store, sink);
  sink.respondWith(async () => {
    await sleep(1500);
    return status;
  });
  const state = store.state("webhooks");
  const now = Date.now;
  const deliveries = openDeliveryLog(state, now);
  const sender = openSender({
    http: createHttpClient({ isAllowed: () => true, allowsHttp: true }),
    states: openHookStates(state, { key: async () => "key", ownSecret: () => undefined }, now),
    deliveries,
    slowAttempts: { ...openSlowAttempts(state, now), ...replaced },
    now,
    timeoutMs: 10_000,
    retryMs: 60_000,
  });
  const lines: string[] = [];
  const context = { log: createJsonLog((line) => lines.push(line)), signal: new AbortController().signal };
  const hook = { owner: "o", id: "h", url: sink.url, bucket: "b" };
  const message = { id: `${"1".padStart(15, "0")}-${"a".repeat(24)}`, type: "record.create", uri: null, body: "{}" };
  return {
    send: () => sender.send(hook, message, context),
    delivery: () => deliveries.get(hook, message.id),
    sink,
    lines,
  };
};

describe("webhooks › slow attempt", () => {
  it("is made once, also when its end cannot be counted", async () => {
    const { send, sink, lines } = await start(204, {
      remove: async () => {
        throw new Error("The table is throttled");
      },
    });

    expect(await send()).toBeUndefined();
    expect(await send()).toBeUndefined();
    expect(sink.requests).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining("The slow attempts of webhooks could not be counted")]);
  });

  it("keeps the receiver's status, also when too many others turn out to be slow after the response", async () => {
    const { send, delivery } = await start(500, {
      add: async () => {
        await sleep(1000);
        return false;
      },
    });

    expect(await send()).toMatchObject({ at: expect.any(Number) });
    expect((await delivery())?.attempts).toMatchObject([{ status: 500, error: "The receiver responded with 500." }]);
  });
});
