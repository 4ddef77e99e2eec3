import { basicauth } from "../plugins/basicauth/index.ts";
import { createClient, type SendRequest } from "../testing/client.ts";
import { startTestStore, type TestStoreOptions } from "../testing/test-store.ts";
import { createResponseCheck } from "./openapi-check.ts";

export type { TestRequest, TestResponse } from "../testing/client.ts";

/**
 * Starts a store with `startTestStore`, by default with basicauth only.
 * Its client throws if a response differs from the OpenAPI document.
 */
export const startStore = async (options: TestStoreOptions = {}) => {
  const store = await startTestStore({ plugins: [basicauth()], ...options });
  let checkPromise: ReturnType<typeof createResponseCheck> | undefined;

  const sendChecked: SendRequest = async (path, init = {}) => {
    const response = await store.request(path, init);
    const { method = "GET", body } = init;
    checkPromise ??= createResponseCheck(store.url);
    const check = await checkPromise;
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    check({ method, path: new URL(response.url).pathname, requestBody: isRaw ? undefined : body, ...response });
    return response;
  };

  return { ...store.cloud, ...store, ...createClient(sendChecked) };
};

export type TestStore = Awaited<ReturnType<typeof startStore>>;
