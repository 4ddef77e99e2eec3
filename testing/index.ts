export { type ChangeEventInput, createChangeEvent } from "./change-event.ts";
export type { RequestInit, TestResponse } from "./client.ts";
export type { FakeClock } from "./fake-clock.ts";
export type { DeadLetter } from "./parked-message.ts";
export { createRouteRequest, type RouteRequestInput } from "./route-call.ts";
export { startTestStore, type TestStore, type TestStoreOptions } from "./test-store.ts";
export { startWebhookSink, type WebhookRequest, type WebhookResponse, type WebhookSink } from "./webhook-sink.ts";
