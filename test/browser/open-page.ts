import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { findChromium } from "../docs/find-chromium.ts";
import { lengthen } from "../time-limits.ts";

const SCREENSHOTS = join(import.meta.dirname, "screenshots");
/** How long an action waits for what it needs. */
const WAIT_MS = lengthen(5000);
/** What the load of a page may transfer. */
const MAX_PAGE_BYTES = 300_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Findings that fail tests. The others are advice. */
const FAILING_IMPACTS = ["moderate", "serious", "critical"];

/** Starts Chromium, which finds no other host than this machine. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    // Chromium's sandbox does not start as root, which CI is. It opens only pages of tests.
    chromiumSandbox: false,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });

/** A page whose errors and requests are recorded. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens a URL, and fails if loading it transfers too many bytes. Returns the bytes, compressed as they are sent. */
  visit(url: string): Promise<number>;
  /**
   * Fails if a script failed, the content security policy was violated, or another server was asked, except for problems that
   * have one of the texts and for the origins. Forgets what it saw.
   */
  expectClean(allowed?: { readonly texts?: readonly string[]; readonly origins?: readonly string[] }): void;
}

/** Opens a page in a session of its own. */
export const openPage = async (
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<WatchedPage> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const problems: { readonly text: string; readonly origin?: string }[] = [];
  let origin = "";
  page.on("pageerror", (error) => problems.push({ text: `A script failed: ${error.stack ?? error.message}` }));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push({ text: `The console shows: ${message.text()}` });
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && origin !== "" && url.origin !== origin)
      problems.push({ text: `Another server was asked: ${request.url()}`, origin: url.origin });
  });
  return {
    page,
    context,
    visit: async (url) => {
      origin = new URL(url).origin;
      const client = await context.newCDPSession(page);
      await client.send("Network.enable");
      let bytes = 0;
      client.on("Network.loadingFinished", ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      const started = performance.now();
      await page.goto(url, { waitUntil: "networkidle" });
      await client.detach();
      console.log(`${new URL(url).pathname}: ${bytes} bytes, ${Math.round(performance.now() - started)} ms`);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(MAX_PAGE_BYTES);
      return bytes;
    },
    expectClean: ({ texts = [], origins = [] } = {}) => {
      const unexpected = problems
        .splice(0)
        .filter(
          ({ text, origin: other }) =>
            !texts.some((one) => text.includes(one)) && !(other !== undefined && origins.includes(other)),
        );
      expect(unexpected.map(({ text }) => text)).toEqual([]);
    },
  };
};

/** Writes a screenshot, which the documentation shows: `screenshots/<name>.png`. */
export const screenshot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: "disabled" });
};

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** Ends transitions with the next frame, also those in shadow roots: colors in between would be findings. */
const skipTransitions = async (page: Page): Promise<void> => {
  const client = await page.context().newCDPSession(page);
  await client.send("Animation.enable");
  await client.send("Animation.setPlaybackRate", { playbackRate: 1_000_000 });
};
const NEXT_FRAMES = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";

/**
 * Fails if axe finds what keeps people from using the page, in light or dark colors.
 * @param exclude CSS selectors of what is left out, each with a reason beside the call
 */
export const expectAccessible = async (page: Page, { exclude = [] as readonly string[] } = {}): Promise<void> => {
  await skipTransitions(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(NEXT_FRAMES);
    // By the protocol of the debugger, so that the content security policy of the page stays as it is.
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<AxeResult>(
      `axe.run({ exclude: ${JSON.stringify(exclude.map((selector) => [selector]))} }, { resultTypes: ["violations"] })`,
    );
    const failing = violations.filter(({ impact }) => FAILING_IMPACTS.includes(impact ?? ""));
    expect(
      failing.map(({ id, help, nodes }) => ({
        colorScheme,
        id,
        help,
        nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
      })),
    ).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
};
