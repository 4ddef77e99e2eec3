import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import type { Browser, Page } from "playwright-core";
import { accounts } from "../../plugins/accounts/index.ts";
import { console as consolePlugin } from "../../plugins/console/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { fillActivity, fillDeadLetters } from "./fill-activity.ts";
import { createAccount, openConsole } from "./open-console.ts";
import { expectAccessible, launchBrowser, screenshot } from "./open-page.ts";

const received: string[] = [];

const shop = definePlugin({
  name: "shop",
  about: "Ships orders.",
  listeners: {
    ship: {
      on: ["record.create", "record.update"],
      retries: 1,
      run: ({ uri, new: order }) => {
        if (order?.item === "coffee") throw new Error("There is no coffee");
        received.push(`${uri} ${order?.item}`);
      },
    },
    mail: { on: ["record.create"], run: () => undefined },
  },
});

const ORDERS = "/buckets/shop/collections/orders/records";

let store: TestStore;
let browser: Browser;
let admin: Awaited<ReturnType<typeof createAccount>>;
let opened: Awaited<ReturnType<typeof openConsole>>;
let page: Page;

beforeAll(async () => {
  [store, browser] = await Promise.all([
    startStore({
      plugins: [
        accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
        shop(),
        consolePlugin({ administrators: ["account:admin"] }),
      ],
      retryAfter: () => 0,
    }),
    launchBrowser(),
  ]);
  admin = await createAccount(store, "admin");
  await store.put("/buckets/shop", {}, admin);
  await store.put("/buckets/shop/collections/orders", {}, admin);
  fillActivity(store, { events: 5000, requests: 3000 });
  await fillDeadLetters(store, "shop-mail", 50);
  opened = await openConsole(browser, store, "admin");
  page = opened.page;
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await store?.close();
});
afterEach(() => opened.expectClean());

const order = (id: string, item: string) => store.put(`${ORDERS}/${id}`, { data: { item } }, admin);

describe("the page Events", () => {
  it("shows a change with its deliveries within seconds, and can be paused", async () => {
    await opened.visit("events");
    await page.getByText(`${ORDERS}/order-499`).first().waitFor();
    await order("first", "coffee");
    const row = page.locator(".feed > li", { hasText: `${ORDERS}/first` });
    await row.getByText("1 dead").waitFor();
    await row.locator("summary").click();
    await row.getByText("Error: There is no coffee").first().waitFor();
    expect(await row.locator(".attempts").first().locator("li").count()).toBe(2);
    await screenshot(page, "console-events");
    await expectAccessible(page);

    await page.getByRole("button", { name: "Pause" }).click();
    await order("second", "tea");
    await store.drain();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText(`${ORDERS}/second`).first().waitFor();
  });

  it("is filtered by listener, result and URI", async () => {
    await page.getByLabel("Result").selectOption("dead");
    await page.getByLabel("Listener").selectOption("shop-ship");
    await page.getByLabel("URI starts with").fill(`${ORDERS}/first`);
    await page.locator(".feed > li:only-child", { hasText: `${ORDERS}/first` }).waitFor();
    await page.getByLabel("URI starts with").fill("/buckets/none");
    await page.getByRole("button", { name: "Remove the filters" }).click();
    await page.locator(".feed > li").nth(20).waitFor();
  });

  it("shows dead letters with their stack, edits and redrives them", async () => {
    received.length = 0;
    await page.getByRole("tab", { name: /Dead letters/ }).click();
    await page.getByLabel("Queue").selectOption("shop-ship");
    const letter = page.locator(".letter", { hasText: `${ORDERS}/first` });
    await letter.locator("summary").click();
    await letter.getByText("console-events.test.ts").first().waitFor();
    await screenshot(page, "console-dead-letters");
    await expectAccessible(page);

    await letter.getByRole("button", { name: "Edit and redrive" }).click();
    const editor = page.getByRole("dialog").getByLabel("Message");
    const text = await editor.inputValue();
    await editor.fill(text.slice(1));
    expect(await page.getByRole("button", { name: "Send the edited message" }).isDisabled()).toBe(true);
    await editor.fill(text.replace("coffee", "tea"));
    await expectAccessible(page);
    await page.getByRole("button", { name: "Send the edited message" }).click();
    await page.getByText("No dead letters").waitFor();
    await store.drain();
    expect(received).toEqual([`${ORDERS}/first tea`]);
  });

  it("deletes a dead letter, redrives some, and all", async () => {
    await page.getByLabel("Queue").selectOption("shop-mail");
    const letters = page.locator(".letter");
    await letters.nth(49).waitFor();
    await letters.nth(0).locator("summary").click();
    await letters.nth(0).getByRole("button", { name: "Delete" }).click();
    await letters.nth(0).getByRole("button", { name: "Confirm: delete it" }).click();
    await page.getByText("49 dead letters").waitFor();
    await letters.nth(0).getByRole("checkbox").check();
    await letters.nth(1).getByRole("checkbox").check();
    await page.getByText("2 of 49 selected").waitFor();
    await page.getByRole("button", { name: "Redrive selected" }).click();
    await page.getByText("47 dead letters").waitFor();
    await page.getByRole("button", { name: "Redrive all" }).click();
    await page.getByText("47 messages sent to shop-mail again.").waitFor();
    await store.drain();
    expect(await store.deadLetterCount("shop-mail")).toBe(0);
  });

  it("shows queues over time, and starts a replay", async () => {
    received.length = 0;
    await page.getByRole("tab", { name: "Queues" }).click();
    const row = page.getByRole("row", { name: /shop-ship/ });
    await row.getByRole("img", { name: "Messages in shop-ship: 0 now" }).waitFor();
    const messages = page.getByRole("button", { name: "Close this message" });
    while ((await messages.count()) > 0) await messages.first().click();
    await screenshot(page, "console-queues");
    await expectAccessible(page);
    await row.getByRole("button", { name: "Replay…" }).click();
    await page.getByLabel("URI starts with").fill(`${ORDERS}/second`);
    await page.getByRole("button", { name: "Start the replay" }).click();
    await page.getByText("1 events sent").waitFor();
    await store.drain();
    expect(received).toEqual([`${ORDERS}/second tea`]);
    await page.getByRole("button", { name: "Close", exact: true }).click();
  });
});

describe("the page Requests", () => {
  it("shows the latest, the slowest and the failed requests, and totals", async () => {
    await opened.visit("requests");
    const first = page.getByRole("row", { name: /order-|PUT|GET/ }).first();
    await first.waitFor();
    await screenshot(page, "console-requests");
    await expectAccessible(page);
    await page.getByRole("tab", { name: "Slowest" }).click();
    await page.getByRole("cell", { name: "4.1 s" }).first().waitFor();
    await page.getByRole("tab", { name: "Errors" }).click();
    await page.getByRole("cell", { name: "503" }).first().waitFor();
    await page.getByRole("row", { name: /503/ }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("Cost of a million in AWS").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("tab", { name: "By endpoint" }).click();
    await page.getByRole("row", { name: /PUT \/buckets\/:bucket\/collections\/:collection\/records\/:id/ }).waitFor();
  });

  it("fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const place of ["events", "events/queues", "requests"]) {
      await page.goto(`${store.url}/console/#/${place}`);
      await page.locator(".feed, table").first().waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    }
  });
});
