import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { createTransport } from "nodemailer";
import type { Browser, Page } from "playwright-core";
import * as z from "zod";
import { accounts } from "../../plugins/accounts/index.ts";
import { console as consolePlugin } from "../../plugins/console/index.ts";
import { email } from "../../plugins/email/index.ts";
import { tokens } from "../../plugins/tokens/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { createAccount, openConsole } from "./open-console.ts";
import { expectAccessible, launchBrowser, screenshot } from "./open-page.ts";

let isFull = true;

const shop = definePlugin({
  name: "shop",
  about: "Sells coffee.",
  actions: {
    count: {
      about: "Counts the stock.",
      on: ["server"],
      principals: () => ["system.Authenticated"],
      params: z.object({
        shelves: z.int().min(1).describe("number of shelves to count"),
        thorough: z.boolean().default(false).describe("count twice"),
      }),
      retries: 0,
      run: async ({ params, job }) => {
        await job.note({ progress: 50, row: 1 });
        if (isFull) throw new Error("The store room is closed");
        await job.note({ progress: 100, row: params.shelves });
        return { counted: params.shelves };
      },
    },
  },
});

const ORDERS = "/buckets/shop/collections/orders";

let store: TestStore;
let browser: Browser;
let admin: Awaited<ReturnType<typeof createAccount>>;
let opened: Awaited<ReturnType<typeof openConsole>>;
let page: Page;

beforeAll(async () => {
  [store, browser] = await Promise.all([
    startStore({
      plugins: [
        tokens({ administrators: ["account:admin"] }),
        accounts({
          createPrincipals: ["system.Everyone"],
          writePrincipals: ["account:admin"],
          scrypt: { log2n: 13, p: 1 },
        }),
        shop(),
        email({ from: "shop@example.org", recipients: ["watcher@example.org"] }),
        webhooks({ private: true }),
        consolePlugin({ administrators: ["account:admin"] }),
      ],
      settings: { jobsWritePrincipals: ["account:admin"] },
      retryAfter: () => 0,
    }),
    launchBrowser(),
  ]);
  admin = await createAccount(store, "admin");
  const ada = await createAccount(store, "ada");
  await store.post("/tokens", { data: { name: "feed reader", scope: { read: ["/buckets/shop"] } } }, ada);
  await store.put("/buckets/shop", {}, admin);
  await store.put("/buckets/shop/groups/clerks", { data: { members: ["account:ada"] } }, admin);
  const sink = await store.webhookSink();
  const hook = { id: "orders", url: sink.url, on: ["create"] };
  const permissions = { write: ["/buckets/shop/groups/clerks"] };
  const created = await store.put(ORDERS, { data: { webhooks: [hook] }, permissions }, admin);
  expect([created.status, created.body.message]).toEqual([201, undefined]);
  await store.put(`${ORDERS}/records/first`, { data: { item: "coffee" } }, admin);
  await store.drain();
  await mailHtml();
  opened = await openConsole(browser, store, "admin");
  page = opened.page;
}, 60_000);

/** A mail that tries to run a script and to load something. */
const mailHtml = async (): Promise<void> => {
  const { host = "", port } = store.cloud.options.cloud?.mail?.sink ?? {};
  const html = `<p style="color: rgb(1, 2, 3)">Dear Ada</p><script>parent.document.title = "run"</script><img src="http://example.org/x.png" onerror="parent.document.title = 'run'">`;
  const transport = createTransport({ host, port: port ?? 0, secure: false, ignoreTLS: true });
  await transport.sendMail({ from: "shop@example.org", to: "ada@example.org", subject: "Your order", html });
  transport.close();
};

afterAll(async () => {
  await browser?.close();
  await store?.close();
});
afterEach(() => opened.expectClean());

describe("the page Overview", () => {
  it("shows what runs, health, access and the data flow, as a picture and as a list", async () => {
    await opened.visit("overview");
    await page.getByText("storage: works").waitFor();
    await page.getByText("who may create buckets").waitFor();
    await page.getByRole("img", { name: "From a request to its listeners" }).waitFor();
    await screenshot(page, "console-overview");
    await expectAccessible(page);
    await page.getByRole("button", { name: "As a list" }).click();
    await page.getByText("webhooks-post gets").waitFor();
    const plugin = page.locator("details", { hasText: "Sells coffee." });
    await plugin.locator("summary").click();
    await plugin.getByText("Counts the stock.").waitFor();
    await expectAccessible(page);
  });
});

describe("the page Jobs", () => {
  it("starts an action by a form of its parameters, shows its log, and retries it", async () => {
    await opened.visit("jobs");
    await page.getByText("No jobs").waitFor();
    await page.getByRole("button", { name: "Start an action" }).click();
    await page.getByLabel("Action").selectOption("shop.count");
    await page.getByLabel(/shelves/).fill("3");
    await screenshot(page, "console-action");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("The store room is closed").waitFor();
    await page.getByText("50 % done").waitFor();
    await screenshot(page, "console-job");
    await expectAccessible(page);

    isFull = false;
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("succeeded").waitFor();
    await page.getByRole("region", { name: "Result" }).first().getByText('"counted": 3').waitFor();
    await page.getByRole("link", { name: "Jobs" }).last().click();
    await page.getByRole("row", { name: /shop.count/ }).waitFor();
    await page.getByLabel("Status").selectOption("failed");
    await page.getByText("No jobs").waitFor();
  });
});

describe("the page Mail and webhooks", () => {
  it("shows a caught mail", async () => {
    await opened.visit("mail");
    await page.locator(".mail-link", { hasText: "Your order" }).click();
    const mail = page.frameLocator("iframe").getByText("Dear Ada");
    await mail.waitFor();
    expect(await mail.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(1, 2, 3)");
    expect(await page.title()).toBe("Mail and webhooks · Kintoun");
    // The policy of the page refuses what the mail tries.
    opened.expectClean({ texts: ["Content Security Policy", "sandboxed"] });
    await page.locator(".mail-link", { hasText: "record created" }).click();
    await page.getByText("User id: account:admin").waitFor();
    await page.getByRole("tab", { name: "Source" }).click();
    await page.getByText("Subject:").first().waitFor();
    await screenshot(page, "console-mail");
    await expectAccessible(page);
  });

  it("shows the deliveries of a webhook, and sends one again", async () => {
    await page.getByRole("tab", { name: "Webhooks" }).click();
    await page.getByLabel("Collection").fill("shop/orders");
    await page.getByRole("button", { name: "Show" }).click();
    const row = page.getByRole("row", { name: /records\/first/ });
    await row.getByText("delivered").waitFor();
    await screenshot(page, "console-webhooks");
    await expectAccessible(page);
    await row.getByRole("button", { name: "Resend" }).click();
    await page.getByText("It is sent again.").waitFor();
    await store.drain();
    expect((await store.webhookSink()).requests.length).toBeGreaterThanOrEqual(2);
  });

  it("checks a signature", async () => {
    await page.getByRole("tab", { name: "Check a signature" }).click();
    const [body, id, timestamp] = ['{"type":"ping"}', "m1", String(Math.floor(Date.now() / 1000))];
    const key = Buffer.from("a secret of a webhook");
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    await page.getByLabel("webhook-id").fill(id);
    await page.getByLabel("webhook-timestamp").fill(timestamp);
    await page.getByLabel("webhook-signature").fill(`v1,${signature}`);
    await page.getByLabel("Secret").fill(`whsec_${key.toString("base64")}`);
    await page.getByLabel("Body").fill(body);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("The signature is that of this body").waitFor();
    await page.getByLabel("Body").fill(`${body} `);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("paste the body as it was received").waitFor();
    await expectAccessible(page);
  });
});

describe("the page Users", () => {
  it("lists accounts, and says what a user may do and why", async () => {
    await opened.visit("users");
    await page.getByRole("link", { name: "ada", exact: true }).click();
    await page.getByText("/buckets/shop/groups/clerks").first().waitFor();
    await page.getByText("feed reader").waitFor();
    await page.getByLabel("Object").fill(`${ORDERS}/records/first`);
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("account:ada is a member of /buckets/shop/groups/clerks").first().waitFor();
    await page.getByText(`has write on ${ORDERS}, which is inherited`).first().waitFor();
    await screenshot(page, "console-user");
    await expectAccessible(page);
  });

  it("revokes a token, sets a password and disables an account", async () => {
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByText("No API tokens").waitFor();
    await page.getByRole("button", { name: "Set a password" }).click();
    await page.getByLabel("New password").fill("a longer password");
    await page.getByRole("button", { name: "Set it" }).click();
    await page.getByText("The password is changed.").waitFor();
    const asAda = { as: null, headers: { authorization: `Basic ${btoa("ada:a longer password")}` } };
    expect((await store.get("/accounts/ada", asAda)).status).toBe(200);
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByText("disabled", { exact: true }).waitFor();
    expect((await store.get("/accounts/ada", admin)).body.data.disabled).toBe(true);
  });

  it("fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const place of ["overview", "jobs", "mail", "users", "users/account:ada"]) {
      await page.goto(`${store.url}/console/#/${place}`);
      await page.locator(".panel, table").first().waitFor();
      expect([place, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([place, 360]);
      if (place === "overview" || place === "users/account:ada")
        await screenshot(page, `phone-${place.replaceAll(/\W/g, "-")}`);
    }
  });
});
