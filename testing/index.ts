export { changeEvent, type EventSketch } from "./change-event.ts";
export type { Answer, Ask } from "./client.ts";
export type { FakeClock } from "./fake-clock.ts";
export type { ParkedMessage } from "./parked-message.ts";
export { type RequestSketch, routeCall } from "./route-call.ts";
export { type TestStore, type TestStoreOptions, testStore } from "./test-store.ts";
export { type WebhookAnswer, type WebhookRequest, type WebhookSink, webhookSink } from "./webhook-sink.ts";
