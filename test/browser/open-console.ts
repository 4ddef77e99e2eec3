import type { Browser } from "playwright-core";
import type { TestStore } from "../../testing/test-store.ts";
import { openPage, type WatchedPage } from "./open-page.ts";

/** The password of accounts in these tests. */
const PASSWORD = "correct horse battery";

/** Creates an account if it is missing, and returns the options of its requests. */
export const createAccount = async (store: TestStore, id: string) => {
  await store.put(`/accounts/${id}`, { data: { password: PASSWORD } }, { as: null, headers: { "If-None-Match": "*" } });
  return { as: null, headers: { authorization: `Basic ${btoa(`${id}:${PASSWORD}`)}` } };
};

/**
 * Opens a page as an account, which is logged in by the API. `visit` takes a place of the console, such as `events/queues`.
 * @param options of the browser's context
 */
export const openConsole = async (
  browser: Browser,
  store: TestStore,
  account: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<WatchedPage> => {
  await createAccount(store, account);
  const { body } = await store.post(`/accounts/${account}/sessions`, { password: PASSWORD }, { as: null });
  const session = {
    kind: "account",
    account,
    id: body.session,
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
  };
  const watched = await openPage(browser, options);
  await watched.context.addInitScript(
    // An empty page has no storage.
    (value) => location.protocol === "about:" || sessionStorage.setItem("kintoun-console-session", value),
    JSON.stringify(session),
  );
  return {
    ...watched,
    visit: async (path) => {
      // A page of the console is only loaded if another one is left.
      await watched.page.goto("about:blank");
      return watched.visit(`${store.url}/console/#/${path}`);
    },
  };
};
