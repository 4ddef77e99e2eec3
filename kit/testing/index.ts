export type { Answer, Ask } from "./client.ts";
export { type TestStore, type TestStoreOptions, testStore } from "./test-store.ts";
