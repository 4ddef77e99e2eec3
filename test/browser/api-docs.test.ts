import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Browser } from "playwright-core";
import { accounts } from "../../plugins/accounts/index.ts";
import { apiDocs } from "../../plugins/api-docs/index.ts";
import { quotas } from "../../plugins/quotas/index.ts";
import { tokens } from "../../plugins/tokens/index.ts";
import { startTestStore, type TestStore } from "../../testing/index.ts";
import { createAccount } from "./open-console.ts";
import { expectAccessible, launchBrowser, openPage, screenshot, type WatchedPage } from "./open-page.ts";

let store: TestStore;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
      tokens(),
      quotas(),
      apiDocs(),
    ],
  });
  browser = await launchBrowser();
  watched = await openPage(browser);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await store?.close();
});

/** Opens the authentication, or an operation by its method and path. */
const open = async (place: string) => {
  await watched.page.evaluate(
    (route) => {
      location.hash = `?route=${route}`;
    },
    place.replaceAll(/[\s{}]+/g, "-"),
  );
};

/** Sends the request of the operation that is open. Returns the status that the page shows. */
const send = async (): Promise<string> => {
  await watched.page.getByRole("button", { name: "Execute" }).click();
  const status = watched.page.getByText(/Response Status: /);
  await status.waitFor();
  return (await status.textContent()) ?? "";
};

describe("the API reference", () => {
  it("loads fast, and says what the API is", async () => {
    await watched.visit(`${store.url}/docs/`);
    await watched.page.getByText("Stores JSON objects").waitFor();
    await expectAccessible(watched.page);
    await screenshot(watched.page, "api-docs");
    watched.expectClean();
  });

  it("describes routes of plugins", async () => {
    await open("get /buckets/{bucket_id}/quota");
    await watched.page.getByRole("heading", { name: "Returns how much of its quota a bucket uses." }).waitFor();
    watched.expectClean();
  });

  it("sends a request with the example body as an account", async () => {
    const ada = await createAccount(store, "ada");
    const { page } = watched;
    await open("auth");
    await page.getByPlaceholder("username").fill("ada");
    await page.getByPlaceholder("password").fill("correct horse battery");
    await page.getByRole("button", { name: "Set" }).first().click();
    await page.getByText("1 API key applied").waitFor();
    await open("put /buckets/{id}");
    await page.locator('[data-pname="id"]').fill("blog");
    expect(await send()).toContain("201");
    await expectAccessible(page);
    await screenshot(page, "api-docs-request");
    expect((await store.get("/buckets/blog", ada)).body.data).toMatchObject({ title: "My blog" });
    watched.expectClean();
  });

  it("sends a request with an API token", async () => {
    const { page } = watched;
    const ada = await createAccount(store, "ada");
    const { body } = await store.post("/tokens", { data: { name: "reader", scope: { read: ["/buckets/blog"] } } }, ada);
    await open("auth");
    await page.getByRole("button", { name: "Remove" }).click();
    expect(body).toMatchObject({ data: { token: expect.any(String) } });
    await page.getByPlaceholder("api-token").fill(body.data.token);
    await page.getByRole("button", { name: "Set" }).last().click();
    await page.getByText("1 API key applied").waitFor();
    await open("get /buckets/{id}");
    await page.locator('[data-pname="id"]').fill("blog");
    expect(await send()).toContain("200");
    watched.expectClean();
  });

  it("fits a phone", async () => {
    await watched.page.setViewportSize({ width: 360, height: 740 });
    await watched.visit(`${store.url}/docs/`);
    await watched.page.getByText("Stores JSON objects").first().waitFor();
    expect(await watched.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await screenshot(watched.page, "api-docs-phone");
  });
});
