import { basicauth } from "../plugins/basicauth/index.ts";
import { createClient, type SendRequest } from "../testing/client.ts";
import { startTestStore, type TestStoreOptions } from "../testing/test-store.ts";
import { createResponseCheck } from "./openapi-check.ts";

export type { TestRequest, TestResponse } from "../testing/client.ts";

/** Starts a store as plugins' tests do. Its client fails if a response differs from the OpenAPI document. */
export const startStore = async (options: TestStoreOptions = {}) => {
  const store = await startTestStore({ plugins: [basicauth()], ...options });
  let loading: ReturnType<typeof createResponseCheck> | undefined;

  const ask: SendRequest = async (path, more = {}) => {
    const response = await store.request(path, more);
    const { method = "GET", body } = more;
    loading ??= createResponseCheck(store.url);
    const check = await loading;
    const raw = typeof body === "string" || body instanceof Uint8Array;
    check({ method, path: new URL(response.url).pathname, requestBody: raw ? undefined : body, ...response });
    return response;
  };

  return { ...store.cloud, ...store, ...createClient(ask) };
};

export type TestStore = Awaited<ReturnType<typeof startStore>>;
