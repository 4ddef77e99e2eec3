import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { getMimeType } from "hono/utils/mime";
import type { Browser } from "playwright-core";
import { lengthen } from "../time-limits.ts";
import { expectAccessible, launchBrowser, openPage, screenshot, type WatchedPage } from "./open-page.ts";

const ROOT = join(import.meta.dirname, "../..");
const SITE = join(ROOT, "dist/docs");

/** Pages with wide blocks and tables. */
const WIDE_PAGES = ["/ARCHITECTURE", "/docs/operations/settings", "/docs/operations/deploy"];

/** The button of the theme has a name that is not its text. */
const THEME = { exclude: [".DocSearch-Button"] };

let browser: Browser;
let server: Server;
let url: string;
let opened: WatchedPage;

/** Serves the site as hosts of static files do: `/docs/plugins/actions` is `docs/plugins/actions.html`. */
const serve = (): Server =>
  createServer((request, response) => {
    const path = join("/", decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname));
    const file = [path, `${path}.html`, join(path, "index.html")]
      .map((one) => join(SITE, one))
      .find((one) => existsSync(one) && statSync(one).isFile());
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": getMimeType(file ?? "") ?? "text/plain",
      "content-encoding": "gzip",
    });
    response.end(gzipSync(file === undefined ? "Not found" : readFileSync(file)));
  });

beforeAll(async () => {
  const build = ["cli/set-up.mjs", "node_modules/vitepress/bin/vitepress.js", "build", "site"];
  [browser] = await Promise.all([launchBrowser(), promisify(execFile)(process.execPath, build, { cwd: ROOT })]);
  server = serve();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
  opened = await openPage(browser);
}, lengthen(120_000));
afterAll(async () => {
  await browser.close();
  server.close();
});

describe("the site of the documentation", () => {
  it("has each page of the documentation", () => {
    const pages = globSync("docs/**/*.md", { cwd: ROOT }).map((page) => page.replace(/\.md$/, ".html"));
    const missing = pages
      .map((page) => (page === "docs/index.html" ? "index.html" : page.replace("README.html", "index.html")))
      .filter((page) => !existsSync(join(SITE, page)));
    expect(missing).toEqual([]);
  });

  it("begins with what Kintoun is, and leads to the pages", async () => {
    const { page } = opened;
    await opened.visit(`${url}/`);
    await page.getByRole("heading", { name: "A JSON record store" }).waitFor();
    await expectAccessible(page, THEME);
    await screenshot(page, "site-home");
    await page.getByRole("link", { name: "HTTP API" }).first().click();
    await page.getByRole("heading", { level: 1, name: "HTTP API" }).waitFor();
    opened.expectClean();
  });

  it("shows requests in several languages", async () => {
    const { page } = opened;
    await opened.visit(`${url}/docs/http-api/objects`);
    const group = page.locator(".vp-code-group").first();
    await group.locator("label", { hasText: "curl" }).click();
    await group.locator(".active", { hasText: "curl -s" }).waitFor();
    await group.locator("label", { hasText: "Python" }).click();
    await group.locator(".active", { hasText: "import requests" }).waitFor();
    const last = page.locator(".vp-code-group").last();
    await last.locator(".active", { hasText: "import requests" }).waitFor();
    await page.reload();
    await last.locator(".active", { hasText: "import requests" }).waitFor();
    await expectAccessible(page, THEME);
    await screenshot(page, "site-http-api");
    opened.expectClean();
  });

  it("finds pages by their words, without another server", async () => {
    const { page } = opened;
    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").fill("dead letter");
    await page.getByRole("option").first().waitFor();
    expect(await page.getByRole("option").count()).toBeGreaterThan(2);
    await page.keyboard.press("Escape");
    opened.expectClean();
  });

  it("is dark if its reader prefers so, with diagrams", async () => {
    const dark = await openPage(browser, { colorScheme: "dark" });
    await dark.visit(`${url}/docs/plugins/`);
    await dark.page
      .getByRole("img", { name: /A request passes authentication/ })
      .locator("svg")
      .waitFor();
    expect(await dark.page.locator("html").getAttribute("class")).toContain("dark");
    await screenshot(dark.page, "site-dark");
    await expectAccessible(dark.page, THEME);
    dark.expectClean();
  });

  it("fits a phone", async () => {
    const phone = await openPage(browser, { viewport: { width: 360, height: 740 } });
    for (const path of ["/", "/docs/http-api/filtering-and-sorting", "/docs/plugins/", ...WIDE_PAGES]) {
      await phone.visit(`${url}${path}`);
      phone.expectClean();
      expect(await phone.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    }
  });
});
