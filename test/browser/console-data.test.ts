import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Secret, TOTP } from "otpauth";
import type { Browser, Dialog, Page } from "playwright-core";
import { accounts } from "../../plugins/accounts/index.ts";
import { attachments } from "../../plugins/attachments/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { console as consolePlugin } from "../../plugins/console/index.ts";
import { history } from "../../plugins/history/index.ts";
import { openid } from "../../plugins/openid/index.ts";
import { search } from "../../plugins/search/index.ts";
import { tokens } from "../../plugins/tokens/index.ts";
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from "../plugins/openid/start-provider.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { createAccount, openConsole } from "./open-console.ts";
import { expectAccessible, launchBrowser, openPage, screenshot } from "./open-page.ts";

interface Country {
  readonly cca3: string;
  readonly name: { readonly common: string };
  readonly capital: readonly string[];
  readonly region: string;
  readonly area: number;
  readonly landlocked: boolean;
  readonly languages: Readonly<Record<string, string>>;
}

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", title: "Name", minLength: 1 },
    capital: { type: "string" },
    region: { type: "string", enum: ["Africa", "Americas", "Antarctic", "Asia", "Europe", "Oceania"] },
    area: { type: "number", description: "In km²", minimum: 0 },
    landlocked: { type: "boolean" },
    languages: { type: "array", items: { type: "string" } },
  },
  required: ["name"],
};
const COUNTRIES = "/buckets/atlas/collections/countries";
const STRANGE = "/buckets/atlas/collections/strange/records";
const HUGE = "12345678901234567890123";

let provider: TestProvider;
let store: TestStore;
let browser: Browser;
let admin: Awaited<ReturnType<typeof createAccount>>;
let opened: Awaited<ReturnType<typeof openConsole>>;
let page: Page;

const createCountries = async (): Promise<void> => {
  await store.put("/buckets/atlas", { data: { title: "The atlas" } }, admin);
  await store.put("/buckets/atlas/groups/editors", { data: { members: ["account:ada"] } }, admin);
  await store.put(COUNTRIES, { data: { schema: SCHEMA, title: "Countries" } }, admin);
  const countries: readonly Country[] = createRequire(import.meta.url)("world-countries");
  for (let start = 0; start < countries.length; start += 25) {
    const requests = countries.slice(start, start + 25).map((country) => ({
      path: `${COUNTRIES}/records/${country.cca3.toLowerCase()}`,
      body: {
        data: {
          name: country.name.common,
          capital: country.capital[0] ?? "",
          region: country.region,
          area: Math.max(0, country.area),
          landlocked: country.landlocked,
          languages: Object.values(country.languages),
        },
      },
    }));
    const { body } = await store.post("/batch", { defaults: { method: "PUT" }, requests }, admin);
    expect(body.responses.filter(({ status }: { readonly status: number }) => status !== 201)).toEqual([]);
  }
};

beforeAll(async () => {
  provider = await startProvider();
  [store, browser] = await Promise.all([
    startStore({
      plugins: [
        accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
        tokens(),
        search(),
        history(),
        attachments(),
        basicauth(),
        openid({
          private: true,
          callbacks: ["/console/"],
          providers: {
            google: { issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: { parameter: "secret-google" } },
          },
        }),
        consolePlugin({ administrators: ["account:admin"] }),
      ],
      secrets: { openid: { "secret-google": CLIENT_SECRET } },
    }),
    launchBrowser(),
  ]);
  provider.start([`${store.url}/openid/google/token`]);
  admin = await createAccount(store, "admin");
  await createCountries();
  await store.put("/buckets/atlas/collections/strange", {}, admin);
  opened = await openConsole(browser, store, "admin");
  page = opened.page;
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await store?.close();
  provider?.close();
});

afterEach(() => opened.expectClean({ texts: ["412 (Precondition Failed)"] }));

const button = (name: string | RegExp) => page.getByRole("button", { name });
const tab = (name: string) => page.getByRole("tab", { name, exact: true });
const row = (name: string | RegExp) => page.getByRole("row", { name });
const says = (text: string | RegExp) => page.getByText(text).first().waitFor();
const saved = () => page.getByText("Saved.", { exact: true }).first().waitFor();
const countryOf = async (id: string) => (await store.get(`${COUNTRIES}/records/${id}`, admin)).body;

describe("the console's login", () => {
  it("shows browsers the console, and logs an account in until it logs out", async () => {
    const watched = await openPage(browser);
    const { page: own } = watched;
    await watched.visit(new URL(store.url).origin);
    expect(own.url()).toBe(`${store.url}/console/`);
    await expectAccessible(own);
    await own.getByLabel("Account").fill("admin");
    await own.getByLabel("Password").fill("wrong password");
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByText("The credentials are not valid.").waitFor();
    await own.getByLabel("One-time code").waitFor();
    await screenshot(own, "console-login");

    await own.getByLabel("Password").fill("correct horse battery");
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByRole("navigation", { name: "Pages" }).waitFor();
    await own.getByRole("button", { name: "Log out" }).click();
    await own.getByRole("heading", { name: "Log in" }).waitFor();
    expect(await own.evaluate(`sessionStorage.getItem("kintoun-console-session")`)).toBeNull();
    watched.expectClean({ texts: ["401 (Unauthorized)"] });
    await watched.context.close();
  });

  it("follows the page on which an invited user sets a password", async () => {
    const [line = ""] = await store.runCommand("accounts", "invite", { id: "eve" });
    const watched = await openPage(browser);
    const { page: own } = watched;
    await watched.visit(line.slice(line.indexOf("http")));
    await expectAccessible(own);
    await own.getByLabel("Password").fill("correct horse battery");
    await own.getByRole("button", { name: "Set password" }).click();
    await own.getByRole("heading", { name: "Log in" }).waitFor();
    expect(own.url()).toBe(`${store.url}/console/`);
    watched.expectClean();
    await watched.context.close();
  });

  it("asks for the code of a second factor", async () => {
    const paul = await createAccount(store, "paul");
    const { body } = await store.post("/accounts/paul/totp", {}, paul);
    const totp = new TOTP({ secret: Secret.fromBase32(body.secret) });
    const codeAt = (timestamp: number) => totp.generate({ timestamp });
    await store.put("/accounts/paul/totp", { one_time_code: codeAt(store.clock.now()) }, paul);
    const watched = await openPage(browser);
    const { page: own } = watched;
    await own.goto(`${store.url}/console/`);
    await own.getByLabel("Account").fill("paul");
    await own.getByLabel("Password").fill("correct horse battery");
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByLabel("One-time code").fill(codeAt(store.clock.now() + 30_000));
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByTitle("account:paul").waitFor();
    watched.expectClean({ texts: ["401 (Unauthorized)", "403 (Forbidden)"] });
    await watched.context.close();
  });

  it("logs in by OpenID and by basic authentication", async () => {
    const watched = await openPage(browser);
    const { page: own } = watched;
    await own.goto(`${store.url}/console/`);
    await own.getByRole("button", { name: "Log in with google" }).click();
    await own.getByTitle("google:ada").waitFor();
    expect(own.url()).toBe(`${store.url}/console/#/`);
    // Who administers nothing sees no pages for it.
    expect(await own.getByRole("link", { name: "Events" }).count()).toBe(0);
    await own.goto(`${store.url}/console/#/events`);
    await own.getByText("Events is for administrators").waitFor();
    await own.getByRole("button", { name: "Log out" }).click();

    await own.getByRole("tab", { name: "Basic" }).click();
    await own.getByLabel("User").fill("böb");
    await own.getByLabel("Password").fill("secret");
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByTitle(/^basicauth:/).waitFor();

    await own.evaluate("sessionStorage.clear()");
    await own.goto(`${store.url}/console/?#/openid/google/e30`);
    await own.getByText("This login was not started here. Log in again.").waitFor();
    watched.expectClean({ origins: [provider.issuer], texts: ["403 (Forbidden)"] });
    await watched.context.close();
  });

  it("logs in by an API token", async () => {
    const { body } = await store.post(
      "/tokens",
      { data: { name: "console", scope: { read: ["/buckets/atlas"] } } },
      admin,
    );
    const watched = await openPage(browser);
    const { page: own } = watched;
    await watched.visit(`${store.url}/console/`);
    await own.getByRole("tab", { name: "API token" }).click();
    await own.getByLabel("Token").fill(body.data.token);
    await own.getByRole("button", { name: "Log in", exact: true }).click();
    await own.getByTitle("account:admin").waitFor();
    await watched.context.close();
  });
});

describe("the console's page Data", () => {
  it("leads from the buckets to records, sorted and filtered", async () => {
    await opened.visit("data");
    await page.getByRole("link", { name: "atlas" }).click();
    await page.getByRole("link", { name: "countries" }).click();
    await row(/Zimbabwe/).waitFor();
    expect(await page.getByRole("row").count()).toBe(51);
    await button("Next").click();
    await says("Page 2");

    await button("area").click();
    await button("area").click();
    await page.getByRole("row").nth(1).filter({ hasText: "Russia" }).waitFor();
    await button("Filter").click();
    await page.getByLabel("Field").fill("region");
    await page.getByLabel("Value").fill("Oceania");
    await button("Add").click();
    await page.getByRole("row").nth(1).filter({ hasText: "Australia" }).waitFor();
    await button("Count").click();
    await says("27 records");
    await screenshot(page, "console-data");
    await expectAccessible(page);
  });

  it("moves between rows by arrow keys, and opens one by Enter", async () => {
    await page.getByRole("row").nth(1).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "png" }).waitFor();
    expect(page.url()).toContain("/records/png");
  });

  it("edits a record by its form, and takes the change back", async () => {
    await opened.visit("data/atlas/collections/countries/records/deu");
    await page.getByLabel("capital").fill("Bonn");
    await page.getByLabel("landlocked").check();
    await button("Save").click();
    await saved();
    expect((await countryOf("deu")).data).toMatchObject({ name: "Germany", capital: "Bonn", landlocked: true });
    await button("Undo").click();
    await says("The change is taken back.");
    expect((await countryOf("deu")).data).toMatchObject({ capital: "Berlin", landlocked: false });
    await screenshot(page, "console-record");
    await expectAccessible(page);
  });

  it("asks before edits are lost", async () => {
    await page.getByLabel("capital").fill("Bonn");
    const asked: string[] = [];
    const answer = (dialog: Dialog): void => {
      asked.push(dialog.message());
      void (asked.length === 1 ? dialog.dismiss() : dialog.accept());
    };
    page.on("dialog", answer);
    await page.getByRole("link", { name: "Search", exact: true }).first().click();
    expect(await page.getByLabel("capital").inputValue()).toBe("Bonn");
    await page.getByRole("link", { name: "Search", exact: true }).first().click();
    await page.getByRole("heading", { level: 1, name: /Search/ }).waitFor();
    expect(asked).toEqual(Array(2).fill("Leave without saving your edits?"));
    page.off("dialog", answer);
    await opened.visit("data/atlas/collections/countries/records/deu");
  });

  it("shows what the store refuses at the field", async () => {
    await page.getByLabel("area").fill("-1");
    await button("Save").click();
    await says("-1 is less than the minimum of 0");
    opened.expectClean({ texts: ["400 (Bad Request)"] });
  });

  it("explains a conflict, and replaces the other version only when asked", async () => {
    await opened.visit("data/atlas/collections/countries/records/fra");
    await page.getByLabel("capital").fill("Lyon");
    await store.patch(`${COUNTRIES}/records/fra`, { data: { capital: "Marseille" } }, admin);
    await button("Save").click();
    await says("The record was changed since you have loaded it.");
    expect((await countryOf("fra")).data.capital).toBe("Marseille");
    await button("Replace it by mine").click();
    await saved();
    expect((await countryOf("fra")).data.capital).toBe("Lyon");
  });

  it("creates and deletes a record, and creates it again", async () => {
    await opened.visit("data/atlas/collections/countries");
    await page.getByRole("link", { name: "New record" }).click();
    await page.getByLabel("Name").fill("Atlantis");
    await page.getByLabel("languages").fill("English\nJapanese");
    await button("Create").click();
    await says(/is created/);
    const id = decodeURIComponent(page.url().split("/").at(-1) ?? "");
    expect((await countryOf(id)).data).toMatchObject({ name: "Atlantis", languages: ["English", "Japanese"] });

    await button("Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await says(/is deleted/);
    expect((await store.get(`${COUNTRIES}/records/${id}`, admin)).status).toBe(404);
    await button("Undo").click();
    await page.getByLabel("Name").waitFor();
    expect((await countryOf(id)).data.name).toBe("Atlantis");
  });

  it("keeps large integers, and never reads data as HTML", async () => {
    await page.evaluate("window.ran = false");
    const strange = { html: "<img src=x onerror='window.ran = true'>", long: "x".repeat(20_000), deep: nest(60) };
    await store.put(`${STRANGE}/odd`, { data: strange }, admin);
    await opened.visit("data/atlas/collections/strange/records/%2B");
    await page.getByLabel("Data of the record").fill(`{"big": ${HUGE}, "small": 1}`);
    await button("Create").click();
    await says(/is created/);
    await page.getByLabel("small").fill("2");
    await button("Save").click();
    await saved();
    const id = page.url().split("/").at(-1);
    const response = await fetch(`${store.url}${STRANGE}/${id}`, { headers: admin.headers });
    expect(await response.text()).toContain(`"big":${HUGE},"small":2`);

    await opened.visit("data/atlas/collections/strange");
    await says("<img src=x onerror='window.ran = true'>");
    expect(await page.evaluate("window.ran")).not.toBe(true);
    await opened.visit("data/atlas/collections/strange/records/odd");
    await tab("JSON").click();
    await page.getByLabel("Data of the record").fill('{\n  "a": 1,\n  "b": }');
    await says(/line 3, column 8: a value is missing/);
    expect(await button("Save").isDisabled()).toBe(true);
  });

  it("does not edit large integers in a browser that rounds them", async () => {
    const old = await openConsole(browser, store, "admin");
    await old.context.addInitScript(`{
      delete JSON.rawJSON;
      const { parse } = JSON;
      JSON.parse = (text, revive) => (revive ? parse(text, (key, value) => revive(key, value)) : parse(text));
    }`);
    const [{ id }] = (await store.get(`${STRANGE}?has_small=true`, admin)).body.data;
    await old.visit(`data/atlas/collections/strange/records/${id}`);
    await old.page.getByText("This browser would change large integers.").waitFor();
    await old.context.close();
  });

  it("says permissions in words, and grants and removes one", async () => {
    await opened.visit("data/atlas/collections/countries?tab=permissions");
    await says("admin (account)");
    await page.getByLabel("Who").selectOption({ label: "Members of the group editors in atlas" });
    await page.getByLabel("May").selectOption({ label: "create records in it" });
    await button("Grant").click();
    await says("Members of the group editors in atlas may create records in it.");
    const granted = async () => (await store.get(COUNTRIES, admin)).body.permissions["record:create"];
    expect(await granted()).toEqual(["/buckets/atlas/groups/editors"]);
    await screenshot(page, "console-permissions");
    await expectAccessible(page);
    await button(/^Remove record:create/).click();
    await says("The permissions are changed.");
    await page.getByRole("listitem").filter({ hasText: "editors" }).waitFor({ state: "detached" });
    expect(await granted()).toBeUndefined();
  });

  it("compares versions of a record, and sets it back", async () => {
    await store.patch(`${COUNTRIES}/records/ita`, { data: { capital: "Turin" } }, admin);
    await opened.visit("data/atlas/collections/countries/records/ita?tab=history");
    await says("Version 2 of 2");
    await page.getByRole("slider").press("ArrowLeft");
    await row("capital Rome Turin").waitFor();
    await screenshot(page, "console-history");
    await expectAccessible(page);
    await button("Set back to this version").click();
    await page.getByRole("dialog").getByText("1 object changed").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Set back" }).click();
    await says("Set back: 1 object changed.");
    expect((await countryOf("ita")).data.capital).toBe("Rome");
  });

  it("shows a collection at an earlier time", async () => {
    await store.delete(`${COUNTRIES}/records/usa`, admin);
    await opened.visit("data/atlas/collections/countries?where=name%3DUnited+States");
    await says("No record matches");
    await button("Time travel").click();
    await page.getByRole("slider").press("PageDown");
    await says(/As it was at/);
    await row(/Washington/).waitFor();
    await button("Back to now").click();
    await says("No record matches");
  });

  it("attaches a file to a record, and removes it", async () => {
    await opened.visit("data/atlas/collections/countries/records/jpn");
    await page.getByLabel("Attach a file").setInputFiles({
      name: "flag.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("a red disk"),
    });
    await page.getByRole("link", { name: "flag.txt" }).waitFor();
    expect((await countryOf("jpn")).data.attachment).toMatchObject({ filename: "flag.txt", size: 10 });
    await button("Remove").click();
    await says("The record has no file.");
  });

  it("creates a bucket with a collection, and deletes it", async () => {
    await opened.visit("data");
    await button("New bucket").click();
    await page.getByLabel("Id").fill("blog");
    await button("Create").click();
    await says("There are no collections");
    await button("New collection").click();
    await page.getByLabel("Id").fill("posts");
    await button("Create").click();
    await says("There are no records");
    await opened.visit("data/blog?tab=attributes");
    await button("Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await says("The bucket blog is deleted.");
    expect((await store.get("/buckets/blog", admin)).status).toBe(403);
  });

  it("fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await opened.visit("data/atlas/collections/countries");
    await row(/Zimbabwe/).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await button("Menu").click();
    await page.getByRole("link", { name: "Search" }).first().click();
    await page.getByLabel("Bucket").waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
  });
});

describe("the console's page Search", () => {
  it("searches by words and the query language, with marks, facets and scores", async () => {
    await opened.visit("search/atlas/countries");
    await page.keyboard.press("/");
    await page.keyboard.type("islnds");
    const words = page.getByRole("region", { name: "By words" });
    const hits = words.getByRole("listitem");
    await words.locator("mark", { hasText: "Islands" }).first().waitFor();
    await words.getByRole("checkbox", { name: /Oceania/ }).check();
    await words.getByText(/^\d+ hits in/).waitFor();
    await words.getByText("Why this score").first().click();
    await hits
      .first()
      .getByText(/^\d+\.\d{3}/)
      .first()
      .waitFor();
    expect(
      new Set(await words.locator("dd", { hasText: /^(Americas|Antarctic|Europe|Oceania)$/ }).allInnerTexts()),
    ).toEqual(new Set(["Oceania"]));
    await screenshot(page, "console-search");
    await expectAccessible(page);

    const query = page.getByRole("region", { name: "By the query language" });
    await query
      .getByLabel("Query")
      .fill('{"query": {"term": {"name.keyword": "Japan"}}, "aggs": {"n": {"max": {"field": "area"}}}}');
    await query.getByRole("button", { name: "Search" }).click();
    await query.getByRole("link", { name: "jpn" }).waitFor();
    await query.getByText('"value": 377930').waitFor();
    await query.getByLabel("Query").fill('{"query": {"mach": {}}}');
    await query.getByRole("button", { name: "Search" }).click();
    await query.getByText(/mach is not supported/).waitFor();
    opened.expectClean({ texts: ["400 (Bad Request)"] });
  });

  it("shows requests to copy", async () => {
    const words = page.getByRole("region", { name: "By words" });
    await words.getByRole("button", { name: "Request" }).click();
    await words.getByText(/^curl 'http.*q=islnds/).waitFor();
    await words.getByRole("tab", { name: "Python" }).click();
    await words.getByText(/BearerTokenAuth\(token\)/).waitFor();
  });
});

// Last, because each visit begins with the tokens that it has used.
describe("the console's session", () => {
  it("is refreshed when it has expired", async () => {
    await opened.visit("data");
    await row(/atlas/).waitFor();
    store.clock.advance(2 * 3_600_000);
    await button(/Theme/).click();
    await page.getByRole("link", { name: "atlas" }).click();
    await row(/countries/).waitFor();
    opened.expectClean({ texts: ["401 (Unauthorized)"] });
  });
});

const nest = (depth: number): unknown => (depth === 0 ? 1 : { a: nest(depth - 1) });
