import { basicauth } from "../plugins/basicauth/index.ts";
import { type Asking, clientOf } from "../testing/client.ts";
import { type TestStoreOptions, testStore } from "../testing/test-store.ts";
import { documented } from "./documented.ts";

export type { Answer, Ask } from "../testing/client.ts";

/** A whole store as plugins' tests have it, and a client of its HTTP API which takes no answer that the API's document does not tell of. */
export const startStore = async (options: TestStoreOptions = {}) => {
  const store = await testStore({ plugins: [basicauth()], ...options });
  let book: ReturnType<typeof documented> | undefined;

  const ask: Asking = async (path, more = {}) => {
    const answer = await store.ask(path, more);
    const { method = "GET", body } = more;
    book ??= documented(store.url);
    const check = await book;
    const raw = typeof body === "string" || body instanceof Uint8Array;
    check({ method, path: new URL(answer.url).pathname, asked: raw ? undefined : body, ...answer });
    return answer;
  };

  return { ...store.cloud, ...store, ...clientOf(ask) };
};

export type TestStore = Awaited<ReturnType<typeof startStore>>;
