/** @slow */

import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, type Plugin } from "@kintoun/kit";
import { startTestStore, startWebhookSink, type TestStore, type WebhookSink } from "@kintoun/testing";
import { encodeEvent } from "../../core/events/event.ts";
import { createWorker } from "../../functions/worker/app.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { waitUntil } from "../wait-until.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

type Options = NonNullable<Parameters<typeof webhooks>[0]>;

/** Starts a store, a sink, and a sink that never responds until `release` is called. */
const start = async (
  options: Options = {},
  more: Parameters<typeof startTestStore>[0] = {},
  plugins: readonly Plugin[] = [],
) => {
  const [sink, slowSink] = [await startWebhookSink(), await startWebhookSink()];
  const released = Promise.withResolvers<number>();
  slowSink.respondWith(() => released.promise);
  const store = await startTestStore({ plugins: [webhooks({ private: true, ...options }), ...plugins], ...more });
  open.push(sink, slowSink, store);
  return { store, sink, slowSink, release: () => released.resolve(204) };
};

const createCollection = async (store: TestStore, uri: string, ...hooks: readonly object[]) => {
  await store.put(uri.split("/collections/")[0] ?? "");
  expect((await store.put(uri, { data: { webhooks: hooks } })).status).toBe(201);
};
const createRecords = async (store: TestStore, uri: string, count: number) => {
  for (let n = 0; n < count; n += 25)
    await store.post("/batch", {
      requests: Array.from({ length: Math.min(25, count - n) }, () => ({ method: "POST", path: `${uri}/records` })),
    });
};
const listDeliveries = async (store: TestStore, uri: string, query = "") =>
  (await store.get(`${uri}/webhooks/h/deliveries${query}`)).body.data;
const getCircuit = async (store: TestStore, uri: string) => (await store.get(`${uri}/webhooks`)).body.data[0].circuit;
const C = "/buckets/b/collections/c";

describe("webhooks with a receiver that does not respond", () => {
  it("retry another webhook of the same collection meanwhile", async () => {
    const { store, sink, slowSink, release } = await start({ timeoutSeconds: 30 });
    sink.respondWith(() => (sink.requests.length < 2 ? 503 : 204));
    await createCollection(store, C, { id: "slow", url: slowSink.url }, { id: "h", url: sink.url });
    await store.post(`${C}/records`);

    await sink.waitForRequests(2, { within: 60_000 });
    // The first attempt at the other receiver is still waiting.
    expect(slowSink.requests).toHaveLength(1);
    release();
    await store.drain();
    expect(slowSink.requests).toHaveLength(1);
  });

  it("deliver to other buckets while 80 messages wait for it", async () => {
    const { store, sink, slowSink, release } = await start({ timeoutSeconds: 30 });
    const [slow, healthy] = ["/buckets/slow/collections/c", "/buckets/healthy/collections/c"];
    await createCollection(store, slow, { id: "h", url: slowSink.url });
    await createCollection(store, healthy, { id: "h", url: sink.url });
    await createRecords(store, slow, 80);
    await slowSink.waitForRequests(5, { within: 20_000 });

    for (let n = 1; n <= 8; n++) {
      await store.post(`${healthy}/records`);
      await sink.waitForRequests(n, { within: 20_000 });
    }
    // No attempt has timed out or ended, and few of the 80 were made.
    expect(slowSink.requests.length).toBeLessThanOrEqual(10);
    const deliveries = await listDeliveries(store, slow, "?limit=100");
    expect(deliveries.every(({ tries }: { tries: number }) => tries === 0)).toBe(true);
    release();
  });

  it("deliver to other buckets while one bucket has hundreds of webhooks to it", async () => {
    const { store, sink, slowSink, release } = await start({ timeoutSeconds: 30 });
    const healthy = "/buckets/healthy/collections/c";
    await createCollection(store, healthy, { id: "h", url: sink.url });
    await store.put("/buckets/slow");
    const slow = Array.from({ length: 12 }, (_, n) => `/buckets/slow/collections/c${n}`);
    const ids = ["a", "b", "c", "d", "e", "f", "g", "i", "j", "h"];
    for (const uri of slow)
      await store.put(uri, { data: { webhooks: ids.map((id) => ({ id, url: `${slowSink.url}${uri}/${id}` })) } });
    // More than all workers can handle at a time.
    for (const uri of slow) await createRecords(store, uri, 5);
    await slowSink.waitForRequests(400, { within: 60_000 });

    for (let n = 1; n <= 5; n++) {
      await store.post(`${healthy}/records`);
      await sink.waitForRequests(n, { within: 15_000 });
    }
    const last = slow.at(-1) as string;
    await waitUntil("an attempt ended", async () => (await listDeliveries(store, last))[0]?.attempts.length > 0);
    const [delivery] = await listDeliveries(store, last);
    expect(delivery.attempts[0].error).toContain("while many attempts were waiting");
    release();
  });
});

it("webhooks send 120 messages at once to a healthy receiver, ten at a time", async () => {
  const { store, sink } = await start();
  let [running, most] = [0, 0];
  sink.respondWith(async () => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5));
    running--;
    return 204;
  });
  await createCollection(store, C, { id: "h", url: sink.url });
  await createRecords(store, C, 120);
  await store.drain();

  expect([sink.requests.length, most <= 10]).toEqual([120, true]);
  expect(store.metrics("EventsFailed", "webhooks-post")).toEqual([]);
});

describe("webhooks › circuit", () => {
  /** A store with a frozen clock. Retries come back at once, and only the test advances the clock. */
  const startFrozen = async (options: Options = {}, plugins: readonly Plugin[] = []) => {
    const { store, sink } = await start(options, { retryAfter: () => 0 }, plugins);
    store.clock.set(Date.now());
    await createCollection(store, C, { id: "h", url: sink.url });
    return { store, sink };
  };
  /** Creates records one after the other. Waits until each was sent. */
  const fail = async (store: TestStore, sink: WebhookSink, count: number) => {
    for (let n = 0; n < count; n++) {
      const before = sink.requests.length;
      await store.post(`${C}/records`);
      await waitUntil("another request arrives", () => sink.requests.length > before);
    }
  };

  it("opens after five failed messages in a row, and sends nothing while it is open", async () => {
    const { store, sink } = await startFrozen();
    sink.respondWith(500);
    await fail(store, sink, 4);
    expect((await getCircuit(store, C)).state).toBe("closed");
    await fail(store, sink, 1);
    await waitUntil("the circuit is not closed", async () => (await getCircuit(store, C)).state !== "closed");
    const now = store.clock.now();
    expect(await getCircuit(store, C)).toEqual({ state: "open", since: now, retry_at: now + 30_000 });
    expect(store.logLines.filter((line) => line.includes("The circuit of a webhook is open"))).toHaveLength(1);

    await store.post(`${C}/records`);
    await waitUntil("there are six deliveries", async () => (await listDeliveries(store, C)).length === 6);
    const [held, ...failed] = await listDeliveries(store, C);
    expect(held).toMatchObject({ state: "pending", tries: 0, attempts: [], circuit: "open" });
    expect(failed.map(({ circuit }: { circuit: string }) => circuit)).toEqual(["open", ...Array(4).fill("closed")]);
    expect(sink.requests).toHaveLength(5);
  });

  it("logs once that it opened and closed, also when messages fail side by side", async () => {
    const { store, sink } = await startFrozen();
    const countLines = (text: string) => store.logLines.filter((line) => line.includes(text)).length;
    const failing = Promise.withResolvers<number>();
    sink.respondWith(() => failing.promise);
    await createRecords(store, C, 20);
    await sink.waitForRequests(10, { within: 20_000 });
    await waitUntil("the others are held, because the running attempts are slow", async () => {
      return (await listDeliveries(store, C)).length === 10;
    });
    failing.resolve(500);
    await waitUntil("all attempts are recorded", async () => {
      const deliveries = await listDeliveries(store, C, "?limit=100");
      return deliveries.filter(({ tries }: { tries: number }) => tries > 0).length >= 10;
    });
    expect(countLines("The circuit of a webhook is open")).toBe(1);

    sink.respondWith(204);
    store.clock.advance(3_600_000);
    await store.drain();
    expect(countLines("The circuit of a webhook is closed")).toBe(1);
  });

  it("lets one message at a time through when it is half-open, with growing pauses", async () => {
    const { store, sink } = await startFrozen();
    sink.respondWith(500);
    await fail(store, sink, 5);
    await waitUntil("the circuit is open", async () => (await getCircuit(store, C)).state === "open");
    await createRecords(store, C, 20);
    const probe = Promise.withResolvers<number>();
    sink.respondWith(() => probe.promise);
    for (const pause of [30, 60, 120, 240, 300, 300]) {
      const before = sink.requests.length;
      sink.respondWith(500);
      expect((await getCircuit(store, C)).retry_at - store.clock.now()).toBe(pause * 1000);
      store.clock.advance(pause * 1000);
      await waitUntil("the circuit is open", async () => (await getCircuit(store, C)).state === "open");
      expect(sink.requests).toHaveLength(before + 1);
    }

    sink.respondWith(() => probe.promise);
    const before = sink.requests.length;
    store.clock.advance(300_000);
    await sink.waitForRequests(before + 1);
    expect((await getCircuit(store, C)).state).toBe("half-open");
    expect(sink.requests).toHaveLength(before + 1);
    sink.respondWith(204);
    probe.resolve(204);
    await waitUntil("the circuit is closed", async () => (await getCircuit(store, C)).state === "closed");
    store.clock.advance(3_600_000);
    await store.drain();
    const deliveries = await listDeliveries(store, C, "?limit=100");
    expect(new Set(deliveries.map(({ state, circuit }: Record<string, string>) => `${state} ${circuit}`))).toEqual(
      new Set(["delivered closed"]),
    );
  });

  it("stays closed when one message fails again and again, or messages succeed in between", async () => {
    const { store, sink } = await startFrozen({ retryDays: 1 });
    sink.respondWith(500);
    await fail(store, sink, 1);
    for (const seconds of [2, 8, 32, 128, 512, 2048]) {
      const before = sink.requests.length;
      store.clock.advance(seconds * 1000);
      await waitUntil("another request arrives", () => sink.requests.length > before);
    }
    await fail(store, sink, 3);
    sink.respondWith(204);
    await fail(store, sink, 1);
    sink.respondWith(500);
    await fail(store, sink, 4);
    expect((await getCircuit(store, C)).state).toBe("closed");
  });

  it("closes when the webhook is enabled, gets another URL, or accepts a ping", async () => {
    const { store, sink } = await startFrozen();
    const trip = async () => {
      sink.respondWith(500);
      await fail(store, sink, 5);
      await waitUntil("the circuit is open", async () => (await getCircuit(store, C)).state === "open");
      sink.respondWith(204);
    };
    const isClosed = async () => (await getCircuit(store, C)).state === "closed";
    await trip();
    await store.post(`${C}/actions/enable-webhook`, { hook: "h" });
    await waitUntil("the circuit is closed", isClosed);
    await trip();
    await store.post(`${C}/actions/ping-webhook`, { hook: "h" });
    await waitUntil("the circuit is closed", isClosed);
    await trip();
    await store.patch(C, { data: { webhooks: [{ id: "h", url: `${sink.url}/other` }] } });
    expect(await isClosed()).toBe(true);
  });

  it("holds messages back no longer than they are retried", async () => {
    const { store, sink } = await startFrozen({ retryDays: 0.1 });
    sink.respondWith(500);
    await fail(store, sink, 5);
    await waitUntil("the circuit is open", async () => (await getCircuit(store, C)).state === "open");
    await store.post(`${C}/records`);
    await waitUntil("there are six deliveries", async () => (await listDeliveries(store, C)).length === 6);
    store.clock.advance(0.1 * 86_400_000 + 1);
    await store.drain();
    for (const { state } of await listDeliveries(store, C)) expect(state).toBe("failed");
    expect(await store.deadLetterCount("webhooks-post")).toBe(0);
  });

  it("is shared by workers: one that starts anew sends nothing while it is open", async () => {
    const events: ChangeEvent[] = [];
    const recorder = definePlugin({
      name: "recorder",
      about: "Keeps events.",
      listeners: { all: { on: ["record.create"], run: (event) => void events.push(event) } },
    });
    const { store, sink } = await startFrozen({}, [recorder()]);
    sink.respondWith(500);
    await fail(store, sink, 5);
    await waitUntil(
      "the circuit is open",
      async () => (await getCircuit(store, C)).state === "open" && events.length === 5,
    );

    const { options } = store.cloud;
    const worker = await createWorker({ ...options, location: { ...options.location, listener: "webhooks-post" } });
    const body = encodeEvent({ ...(events[0] as ChangeEvent), id: "another" });
    const message = { id: "another", body, sentAt: Date.now(), receiveCount: 1 };
    await expect(worker.handler.handle(message, { ...worker, closing: new AbortController().signal })).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: "RetryAfterError" }) }),
    );
    expect(sink.requests).toHaveLength(5);
  });
});
