import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { getMimeType } from "hono/utils/mime";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { accounts } from "../../plugins/accounts/index.ts";
import { attachments } from "../../plugins/attachments/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startTestStore, type TestStore } from "../../testing/index.ts";
import { waitUntil } from "../wait-until.ts";
import { expectAccessible, launchBrowser, openPage, screenshot, type WatchedPage } from "./open-page.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
let store: TestStore;
let server: Server;
let app: string;
let browser: Browser;
let laptop: WatchedPage;
let phone: WatchedPage;

const serve = (): Server =>
  createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : (request.url ?? "");
    response.writeHead(200, { "content-type": getMimeType(name) ?? "text/plain" });
    response.end(readFileSync(join(folder, name)));
  });

beforeAll(async () => {
  store = await startTestStore({
    plugins: [
      accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
      ...[defaultBucket(), search(), attachments()],
    ],
  });
  await build({
    root: join(import.meta.dirname, "../../examples/notes"),
    logLevel: "warn",
    define: { "import.meta.env.VITE_STORE": JSON.stringify(store.url) },
    build: { outDir: folder, emptyOutDir: true },
  });
  server = serve();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  app = `http://localhost:${(server.address() as AddressInfo).port}/`;
  browser = await launchBrowser();
  laptop = await openPage(browser);
  phone = await openPage(browser, { viewport: { width: 390, height: 780 } });
}, 60_000);
afterAll(async () => {
  await browser.close();
  server.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Both browsers reach the store too, and offline ones report that they do not. */
const allowed = () => ({
  origins: [new URL(store.url).origin],
  texts: ["ERR_INTERNET_DISCONNECTED", "Failed to load resource"],
});

const logIn = async ({ page }: WatchedPage, button: "Log in" | "Sign up", password = "correct horse") => {
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: button }).click();
};
const write = async ({ page }: WatchedPage, title: string, text: string) => {
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Text").fill(text);
};
const storedTexts = async () => {
  const { body } = await store.get("/buckets/default/collections/notes/records", {
    headers: { authorization: `Basic ${btoa("ada:correct horse")}` },
  });
  return body.data.map(({ text }: { text: string }) => text);
};
const note = ({ page }: WatchedPage, name: string) => page.getByRole("list").getByRole("button", { name, exact: true });

describe("examples/notes", () => {
  it("signs a user up, and says what is wrong with a password", async () => {
    await laptop.visit(app);
    await expectAccessible(laptop.page);
    expect(await laptop.page.getByLabel("Name").getAttribute("title")).toContain("Lowercase letters");
    await logIn(laptop, "Log in");
    await laptop.page.getByRole("alert").getByText("The credentials are not valid.").waitFor();
    await logIn(laptop, "Sign up");
    await laptop.page.getByText("0 notes.").waitFor();
  });

  it("shows a note in another browser", async () => {
    await laptop.page.getByRole("button", { name: "New note" }).click();
    await laptop.page.getByText("1 note.").waitFor();
    await write(laptop, "Shopping", "Milk and bread");
    await laptop.page.getByRole("button", { name: "New note" }).click();
    await write(laptop, "Ideas", "Paint the fence");
    await laptop.page.getByText(/^2 notes\. Synced \d[^.]*\.$/).waitFor({ timeout: 15_000 });
    await phone.visit(app);
    await logIn(phone, "Log in");
    await note(phone, "Shopping").waitFor();
    await note(laptop, "Shopping").click();
    await expectAccessible(laptop.page);
    await screenshot(laptop.page, "notes");
    await screenshot(phone.page, "notes-phone");
  });

  it("attaches a file, which the other browser has too", async () => {
    // Without a sync after it: the page does not wait for the next one.
    await laptop.page.route(/\/attachment$/, async (route) => {
      await laptop.page.route(/\/records\?/, (sync) => sync.abort());
      await route.continue();
    });
    await laptop.page.getByLabel("Attach a file").setInputFiles({
      ...{ name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("Milk, bread, cheese") },
    });
    await laptop.page.getByRole("button", { name: "list.txt" }).waitFor();
    await laptop.page.unrouteAll();
    const download = laptop.page.waitForEvent("download");
    await laptop.page.getByRole("button", { name: "list.txt" }).click();
    expect(readFileSync(await (await download).path(), "utf8")).toBe("Milk, bread, cheese");
    await note(phone, "Shopping").click();
    await phone.page.getByRole("button", { name: "list.txt" }).waitFor({ timeout: 15_000 });
    for (const label of ["Title", "Text", "Attach a file"]) {
      const { x = 0, width = 390 } = (await phone.page.getByLabel(label).boundingBox()) ?? {};
      expect([label, x >= 12, x + width <= 390 - 12]).toEqual([label, true, true]);
    }
  });

  it("finds notes by the store's search", async () => {
    await laptop.page.getByLabel("Search notes").fill("painted fence");
    await note(laptop, "Ideas").waitFor();
    await note(laptop, "Shopping").waitFor({ state: "detached" });
    await laptop.page.getByLabel("Search notes").fill("");
  });

  it("works offline, and keeps both versions of a note that was changed on both sides", async () => {
    await note(laptop, "Ideas").click();
    await phone.context.setOffline(true);
    await note(phone, "Ideas").click();
    await write(phone, "Ideas", "Paint it green");
    await phone.page.getByText("1 waits for a connection.").waitFor();
    await phone.page.getByLabel("Search notes").fill("GREEN");
    await note(phone, "Ideas").waitFor();
    await phone.page.getByLabel("Search notes").fill("");
    await phone.page.reload().catch(() => undefined);

    await write(laptop, "Ideas", "Paint it blue");
    await waitUntil("the store has the laptop's version", async () => (await storedTexts()).includes("Paint it blue"));
    await phone.context.setOffline(false);
    await phone.page.goto(app);
    for (const one of [phone, laptop]) {
      await note(one, "Ideas (my version)").waitFor({ timeout: 15_000 });
      await note(one, "Ideas (my version)").click();
      expect(await one.page.getByLabel("Text").inputValue()).toBe("Paint it green");
      await note(one, "Ideas").click();
      expect(await one.page.getByLabel("Text").inputValue()).toBe("Paint it blue");
    }
  });

  it("goes on in the user's version after a conflict, and keeps the other one", async () => {
    await note(phone, "Shopping").click();
    await note(laptop, "Shopping").click();
    const text = phone.page.getByLabel("Text");
    await phone.context.setOffline(true);
    await write(phone, "", "Eggs");
    await phone.page.getByText("1 waits for a connection.").waitFor();
    await write(laptop, "Shopping", "Butter");
    await waitUntil("the store has the laptop's version", async () => (await storedTexts()).includes("Butter"));
    await phone.context.setOffline(false);
    await text.pressSequentially(" and salt", { delay: 50 });
    await note(phone, "Untitled (my version)").waitFor({ timeout: 15_000 });
    await text.pressSequentially("!");
    await waitUntil("the store has all that was typed", async () => (await storedTexts()).includes("Eggs and salt!"));
    expect(await storedTexts()).toContain("Butter");
  });

  it("keeps a note that was changed here and deleted elsewhere, once", async () => {
    await phone.context.setOffline(true);
    await note(phone, "Shopping").click();
    await write(phone, "Shopping", "Cheese");
    await phone.page.getByText("1 waits for a connection.").waitFor();
    await laptop.page.getByRole("button", { name: "Delete" }).click();
    await waitUntil("the note is deleted", async () => !(await storedTexts()).includes("Butter"));
    await phone.context.setOffline(false);
    await note(phone, "Shopping (my version)").waitFor({ timeout: 15_000 });
    await note(phone, "Shopping").waitFor({ state: "detached" });
    expect(await note(phone, "Untitled").count()).toBe(0);
  });

  it("deletes a note everywhere, and logs out", async () => {
    await note(laptop, "Ideas (my version)").click();
    await laptop.page.getByRole("button", { name: "Delete" }).click();
    await note(phone, "Ideas (my version)").waitFor({ state: "detached", timeout: 15_000 });
    await laptop.page.getByRole("button", { name: "Log out" }).click();
    await laptop.page.getByLabel("Password").waitFor();
    laptop.expectClean(allowed());
    phone.expectClean(allowed());
  });
});
