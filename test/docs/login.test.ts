/** @slow */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import kinto from "kinto";
import { type Browser, chromium, type Page } from "playwright-core";
import { startTestStore, type TestStore } from "../../testing/index.ts";
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from "../plugins/openid/start-provider.ts";
import { createExampleFolder } from "./examples.ts";
import { findChromium } from "./find-chromium.ts";

const MINUTE_MS = 60_000;
const ADDRESS = "ada@example.org";
const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/login.md"), "utf8");
const blocks = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);
const [html = ""] = blocks("html");
const [script = "", syncScript = ""] = blocks("js");
const folder = createExampleFolder();

/** Serves the guide's page on a port of its own, so that the store is another origin. */
const servePage = async (files: Readonly<Record<string, readonly [type: string, text: () => string]>>) => {
  const server = createServer(({ url = "" }, response) => {
    const [type, text] = files[url] ?? ["text/plain", () => ""];
    response.writeHead(url in files ? 200 : 404, { "content-type": type }).end(text());
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` };
};

/** Starts a store with the guide's config, with the provider of the test in place of Google. */
const startGuideStore = async (app: string, { issuer }: TestProvider): Promise<TestStore> => {
  const [config = ""] = blocks("ts");
  const replaced = config
    .replaceAll("http://localhost:3000", app)
    .replaceAll('"./plugins/', '"../../plugins/')
    .replace("https://accounts.google.com", issuer)
    .replace("client-1234", CLIENT_ID)
    // The provider is on this machine, and a cheap hash is enough here.
    .replace("openid({", "openid({ private: true,")
    .replace("accounts({", "accounts({ scrypt: { log2n: 13, p: 1 },");
  const file = join(folder, "kintoun.config.ts");
  writeFileSync(file, replaced);
  const { plugins, settings } = (await import(pathToFileURL(file).href)).default;
  return startTestStore({ plugins, settings, secrets: { openid: { "secret-google": CLIENT_SECRET } } });
};

describe("findChromium", () => {
  it("says how to install Chromium when there is none", () => {
    expect(() => findChromium({ PATH: folder })).toThrow("apt-get install -y chromium");
    expect(() => findChromium({ CHROMIUM_PATH: folder.concat("/none") })).toThrow("CHROMIUM_PATH is");
  });

  it("prefers the variable CHROMIUM_PATH", () => {
    expect(findChromium({ CHROMIUM_PATH: process.execPath, PATH: process.env.PATH ?? "" })).toBe(process.execPath);
  });
});

describe("docs/guides/login.md", () => {
  let provider: TestProvider;
  let app: { readonly server: Server; readonly origin: string };
  let store: TestStore;
  let browser: Browser;
  let page: Page;
  /** Origins that the browser has sent requests to. */
  const origins = new Set<string>();

  beforeAll(async () => {
    const executablePath = findChromium();
    provider = await startProvider();
    const replaceStore = (text: string) => text.replaceAll("http://localhost:8888", new URL(store.url).origin);
    app = await servePage({
      "/": ["text/html", () => replaceStore(html)],
      "/notes.js": ["text/javascript", () => replaceStore(script)],
    });
    store = await startGuideStore(app.origin, provider);
    provider.start([`${store.url}/openid/google/token`]);
    browser = await chromium.launch({
      executablePath,
      // Chromium's sandbox does not start as root, which CI is. It opens only pages of this test.
      chromiumSandbox: false,
      // Also Chromium itself finds no other host.
      args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
    });
    page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(app.origin);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await store?.close();
    app?.server.close();
    provider?.close();
  });

  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const fill = async (values: Readonly<Record<string, string>>) => {
    for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value);
  };
  const shows = (text: string) => page.getByText(text, { exact: true }).waitFor();
  const token = () => page.evaluate<string>(`JSON.parse(sessionStorage.getItem("session")).access_token`);
  const userOf = async (accessToken: string) =>
    (await store.get("/", { as: null, headers: { authorization: `Bearer ${accessToken}` } })).body.user?.id;
  const logIn = async (password: string) => {
    await fill({ "E-mail": ADDRESS, Password: password });
    await button("Log in").click();
  };
  const addNote = async (text: string) => {
    await fill({ "New note": text });
    await button("Add").click();
    await page.getByRole("listitem").filter({ hasText: text }).waitFor();
  };
  /** Opens the link of the newest mail, which the user finds on the page of mails. */
  const openMailedLink = async () => {
    await store.drain();
    await page.goto(store.cloud.mailPage);
    const text = await page.locator("article pre").first().innerText();
    await page.goto(/http\S+/.exec(text)?.[0] ?? text);
  };

  it("signs a user up, who confirms the address by the mail and logs in", async () => {
    await fill({ "E-mail": ADDRESS, Password: "correct horse" });
    await button("Sign up").click();
    await shows("Open the link in the mail that you get.");
    await logIn("correct horse");
    await shows("The credentials are not valid.");

    await openMailedLink();
    await shows("Your address is confirmed. Log in.");
    expect(page.url()).toBe(`${app.origin}/`);
    await logIn("correct horse");

    await shows(`account:${ADDRESS}`);
  });

  it("writes and reads records, also after a reload", async () => {
    await addNote("Buy milk");
    await page.reload();

    await page.getByRole("listitem").filter({ hasText: "Buy milk" }).waitFor();
  });

  it("refreshes an expired session once, when several requests need it", async () => {
    const expired = await token();
    store.clock.advance(16 * MINUTE_MS);
    const refreshes: string[] = [];
    page.on("request", (request) => request.url().endsWith("/refresh") && refreshes.push(request.url()));
    await page.evaluate(`for (const text of ["Call Bob", "Call Eve"]) {
      document.getElementById("text").value = text;
      document.getElementById("add").requestSubmit();
    }`);
    await page.getByRole("listitem").nth(2).waitFor();

    expect(refreshes).toHaveLength(1);
    expect(await userOf(expired)).toBeUndefined();
    expect(await userOf(await token())).toBe(`account:${ADDRESS}`);
  });

  it("syncs by kinto.js, with a new token after a 401", async () => {
    const session = { access_token: "kst_expired" };
    const fresh = await token();
    const refresh = async () => {
      session.access_token = fresh;
    };
    Object.assign(globalThis, { indexedDB: new IDBFactory(), IDBKeyRange });
    const { syncAsUser } = new Function("session", "refresh", `${syncScript}return { syncAsUser };`)(session, refresh);
    const notes = new kinto.default({ remote: store.url, bucket: "default" }).collection("notes");

    expect((await syncAsUser(notes)).created).toHaveLength(3);
  });

  it("resets the password by the mail, which ends all sessions", async () => {
    const old = await token();
    await button("Log out").click();
    await logIn("correct horse");
    await shows(`account:${ADDRESS}`);
    const other = await token();
    await button("Log out").click();
    await fill({ "E-mail": ADDRESS });
    await button("Forgot password").click();
    await shows("If you have an account, you get a mail with a link.");
    await openMailedLink();
    await shows("Choose a new password.");
    await fill({ "New password": "battery staple" });
    await button("Set password").click();
    await shows("Your password is set. Log in.");
    expect([await userOf(old), await userOf(other)]).toEqual([undefined, undefined]);

    await logIn("correct horse");
    await shows("The credentials are not valid.");
    await logIn("battery staple");
    await page.getByRole("listitem").filter({ hasText: "Buy milk" }).waitFor();
  });

  it("logs out: the token is refused from then on", async () => {
    const old = await token();
    expect(await userOf(old)).toBe(`account:${ADDRESS}`);
    await button("Log out").click();
    await button("Log in").waitFor();

    expect(await userOf(old)).toBeUndefined();
    expect(await page.evaluate(`sessionStorage.getItem("session")`)).toBe("null");
    await page.evaluate(`sessionStorage.setItem("session", '{"access_token": "${old}"}')`);
    await page.reload();
    await shows("Your session has ended. Log in again.");
  });

  it("logs in by OpenID Connect, as a user with notes of its own", async () => {
    await button("Log in with google").click();
    await shows("google:ada");
    expect(page.url()).toBe(`${app.origin}/`);
    await addNote("Sell milk");

    expect(await page.getByRole("listitem").allInnerTexts()).toEqual(["Sell milk"]);
  });

  it("refuses a login by OpenID Connect that it has not started", async () => {
    const own = await token();
    await page.goto(`${app.origin}/#/openid/other/${btoa(JSON.stringify({ access_token: "of-another-user" }))}`);
    await shows("This login was not started here.");

    expect(await token()).toBe(own);
  });

  it("sends no requests to other servers", () => {
    expect([...origins].toSorted()).toEqual([app.origin, new URL(store.url).origin, provider.issuer].toSorted());
  });
});
