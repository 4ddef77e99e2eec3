export { type ChangeEventInput, createChangeEvent } from "./change-event.ts";
export type { TestRequest, TestResponse } from "./client.ts";
export type { DeadLetter } from "./dead-letter.ts";
export type { FakeClock } from "./fake-clock.ts";
export { type Fixtures, readFixtures } from "./fixtures.ts";
export { createRouteRequest, type RouteRequestInput } from "./route-request.ts";
export type { TestSecrets } from "./secrets.ts";
export { startTestStore, type TestStore, type TestStoreOptions } from "./test-store.ts";
export { startWebhookSink, type WebhookRequest, type WebhookResponse, type WebhookSink } from "./webhook-sink.ts";
