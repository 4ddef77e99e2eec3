import { EventBridgeClient, ListRulesCommand, PutRuleCommand } from "@aws-sdk/client-eventbridge";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import type { FilterPattern } from "../../lib/filter-pattern.ts";
import { watchBus } from "../../operations/watch-bus.ts";
import { waitUntil } from "../wait-until.ts";

let store: TestStore;
let events: EventBridgeClient;
let sqs: SQSClient;
beforeAll(async () => {
  store = await startTestStore();
  const { cloud } = store.cloud.options;
  events = new EventBridgeClient({ ...cloud?.eventbridge, maxAttempts: 1 });
  sqs = new SQSClient({ ...cloud?.sqs, maxAttempts: 1 });
});
afterAll(async () => {
  events.destroy();
  sqs.destroy();
  await store.close();
});

const watch = async (options: { readonly bus?: string; readonly pattern?: FilterPattern } = {}) => {
  const { bus = "default", pattern = { source: [{ prefix: "" }] } } = options;
  const stopping = new AbortController();
  const seen: { readonly "detail-type": string; readonly detail: unknown }[] = [];
  let done: Promise<void> = Promise.resolve();
  await new Promise<void>((onReady, reject) => {
    const onEvent = (event: string) => void seen.push(JSON.parse(event));
    done = watchBus({ events, sqs, bus, pattern, signal: stopping.signal, onReady, onEvent });
    done.catch(reject);
  });
  const stop = async () => {
    stopping.abort();
    await done;
  };
  return { seen, stop };
};
const queueCount = async (): Promise<number> => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "kintoun-watch-" }));
  return QueueUrls.length;
};

describe("watchBus", () => {
  it("shows the events of a bus that match, also without a plugin that receives them", async () => {
    const all = await watch();
    const some = await watch({ pattern: { source: ["neutron"], "detail-type": ["network.update.end"] } });

    await store.emit({ source: "neutron", type: "network.update.start", detail: { n: 1 } });
    await store.emit({ source: "neutron", type: "network.update.end", detail: { n: 2 } });
    await store.emit({ source: "nova", type: "network.update.end", detail: { n: 3 } });
    await store.emit({ source: "neutron", type: "network.update.end", detail: { n: 4 }, bus: "other" });
    await waitUntil("the events are seen", () => all.seen.length === 3 && some.seen.length === 1);
    await Promise.all([all.stop(), some.stop()]);

    expect(all.seen.map(({ detail }) => detail)).toEqual(expect.arrayContaining([{ n: 1 }, { n: 2 }, { n: 3 }]));
    expect(some.seen).toMatchObject([{ source: "neutron", "detail-type": "network.update.end", detail: { n: 2 } }]);
  });

  it("removes its queue and its rule at the end", async () => {
    const one = await watch({ bus: "orders" });
    expect(await queueCount()).toBe(1);

    await one.stop();
    expect(await queueCount()).toBe(0);
    await store.emit({ source: "shop", type: "sold", detail: {}, bus: "orders" });
  });

  it("removes its queue when the rule is refused", async () => {
    await expect(watch({ pattern: [] as unknown as FilterPattern })).rejects.toThrow("Event pattern is not valid");
    expect(await queueCount()).toBe(0);
  });
});

describe("the embedded bus", () => {
  it("names the operation that it does not support", async () => {
    await expect(events.send(new ListRulesCommand())).rejects.toThrow("The embedded bus does not support ListRules");
  });

  it("refuses a pattern that is not JSON", async () => {
    await expect(events.send(new PutRuleCommand({ Name: "x", EventPattern: "{" }))).rejects.toThrow("not valid");
  });
});
