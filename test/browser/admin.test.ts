import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Browser } from "playwright-core";
import { accounts } from "../../plugins/accounts/index.ts";
import { admin } from "../../plugins/admin/index.ts";
import { attachments } from "../../plugins/attachments/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { history } from "../../plugins/history/index.ts";
import { openid } from "../../plugins/openid/index.ts";
import { startTestStore, type TestStore } from "../../testing/index.ts";
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from "../plugins/openid/start-provider.ts";
import { launchBrowser, openPage, screenshot, type WatchedPage } from "./open-page.ts";

const SCHEMA = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", title: "Title", minLength: 3 },
    pages: { type: "integer", title: "Pages", minimum: 1 },
  },
};
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const BOOKS = "/buckets/library/collections/books";
/** The user of the admin, for requests without it. */
const AUTHORIZATION = { authorization: `Basic ${Buffer.from("ada:correct horse").toString("base64")}` };

let provider: TestProvider;
let store: TestStore;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  provider = await startProvider();
  store = await startTestStore({
    plugins: [
      accounts({ createPrincipals: ["system.Everyone"], scrypt: { log2n: 13, p: 1 } }),
      basicauth(),
      openid({
        private: true,
        callbacks: ["/admin/"],
        providers: {
          google: { issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: { parameter: "secret-google" } },
        },
      }),
      history(),
      attachments(),
      admin(),
    ],
    secrets: { openid: { "secret-google": CLIENT_SECRET } },
  });
  provider.start([`${store.url}/openid/google/token`]);
  await store.put("/accounts/ada", { data: { password: "correct horse" } }, { as: null });
  browser = await launchBrowser();
  watched = await openPage(browser);
  // It asks whether to delete.
  watched.page.on("dialog", (dialog) => void dialog.accept());
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await store?.close();
  provider?.close();
});

const { go, button, link, field, says, edit, logOut, signIn } = {
  go: async (path: string) => {
    await watched.page.goto(`${store.url}/admin/#${path}`);
    // kinto-admin empties a form when the collection has arrived.
    await watched.page.reload({ waitUntil: "networkidle" });
  },
  button: (name: string | RegExp) => watched.page.getByRole("button", { name }),
  link: (name: string | RegExp) => watched.page.getByRole("link", { name }),
  field: (id: string) => watched.page.locator(`[id="${id}"]`),
  says: (text: string | RegExp) => watched.page.getByText(text).first().waitFor(),
  /** Replaces the text of an editor. */
  edit: async (nth: number, text: string) => {
    await watched.page.locator(".CodeMirror").nth(nth).click();
    await watched.page.keyboard.press("Control+A");
    await watched.page.keyboard.insertText(text);
  },
  signIn: async (method: string) => {
    await watched.page.getByRole("radio", { name: method }).check();
  },
  logOut: async () => {
    await watched.page.getByRole("link", { name: "Logout" }).click();
    await watched.page.getByRole("button", { name: /^Sign in/ }).waitFor();
  },
};

/** Creates a collection with a schema and more attributes. */
const createCollection = async (name: string, schema: object, more: object = {}) => {
  const ada = { headers: AUTHORIZATION };
  await store.put("/buckets/schemas", {}, ada);
  await store.put(`/buckets/schemas/collections/${name}`, { data: { schema, ...more } }, ada);
};

describe("the admin", () => {
  it("loads fast, and signs an account in", async () => {
    await watched.visit(`${store.url}/admin/`);
    await screenshot(watched.page, "admin-login");
    expect(await watched.page.getByRole("radio", { name: "Kinto Account Auth" }).isChecked()).toBe(true);
    await field("root_credentials_username").fill("ada");
    await field("root_credentials_password").fill("correct horse");
    await button(/^Sign in/).click();
    await says("account:ada");
    watched.expectClean();
  });

  it("creates a bucket, and a collection with a schema", async () => {
    await link(/Create bucket/).click();
    await field("root_id").fill("library");
    await button("Create bucket").click();
    await says("Bucket created.");

    await go("/buckets/library/collections/create");
    await field("root_id").fill("books");
    await edit(0, JSON.stringify(SCHEMA));
    await edit(1, "{}");
    await field("root_attachment_enabled").check();
    await button("Create collection").click();
    await says("Collection created.");
    const { body } = await store.get(BOOKS, { headers: AUTHORIZATION });
    expect(body.data).toMatchObject({ schema: SCHEMA, displayFields: ["title"] });
    watched.expectClean();
  });

  it("creates a record by a form that checks it", async () => {
    await go(`${BOOKS}/records/create`);
    await field("root_title").fill("No");
    await field("root_pages").fill("3");
    await button("Create record").click();
    await says(/String is too short/);
    watched.expectClean({ texts: ["Form validation failed"] });
    await screenshot(watched.page, "admin-form");
    await field("root_title").fill("Dune");
    await button("Create record").click();
    await says("Record created.");
    await watched.page.getByRole("cell", { name: "Dune", exact: true }).waitFor();
    await screenshot(watched.page, "admin-records");
    watched.expectClean();
  });

  it("edits it, and shows the difference in its history", async () => {
    await link("Edit record").click();
    await field("root_title").fill("Dune Messiah");
    await button("Update record").click();
    await says("Record attributes updated.");
    await go(`${BOOKS}/records`);
    await watched.page.getByRole("cell", { name: "Dune Messiah" }).waitFor();
    await link("Edit record").click();
    await link("History").click();
    await watched.page.getByTitle("View entry details").first().click();
    await watched.page.locator(".added", { hasText: "Dune Messiah" }).waitFor();
    await screenshot(watched.page, "admin-history");
    watched.expectClean();
  });

  it("attaches a file, and shows it", async () => {
    await watched.page.getByRole("link", { name: "Attributes", exact: true }).click();
    await field("root___attachment__").setInputFiles({ name: "cover.png", mimeType: "image/png", buffer: PNG });
    await says("cover.png");
    await button("Update record").click();
    await watched.page.getByTitle("The record has an attachment").waitFor();
    // A browser asks for images without the user's login.
    await store.patch(BOOKS, { permissions: { read: ["system.Everyone"] } }, { headers: AUTHORIZATION });
    await link("Edit record").click();
    await says("Attachment information");
    await watched.page.locator(".attachment-img img").waitFor();
    await screenshot(watched.page, "admin-attachment");
    watched.expectClean();
  });

  it("creates records in bulk, and deletes one", async () => {
    await go(`${BOOKS}/records/bulk`);
    await field("root_0_title").fill("Emma");
    await field("root_0_pages").fill("1");
    await field("root_1_title").fill("Ulysses");
    await field("root_1_pages").fill("2");
    await button("Bulk create").click();
    await watched.page.getByRole("cell", { name: "Ulysses", exact: true }).waitFor();
    await watched.page.getByRole("row", { name: /Emma/ }).getByTitle("Delete record").click();
    await says("Record deleted.");
    await watched.page.getByRole("cell", { name: "Emma", exact: true }).waitFor({ state: "detached" });
    watched.expectClean();
  });

  it("creates a group, and gives it a permission", async () => {
    await go("/buckets/library/groups/create");
    await field("root_id").fill("editors");
    await watched.page.locator("#root_members .array-item-add button").click();
    await field("root_members_0").fill("account:eve");
    await button("Create group").click();
    await says("Group created.");
    await go("/buckets/library/permissions");
    await watched.page.getByLabel("system.Everyone").or(field("root_anonymous")).first().waitFor();
    await screenshot(watched.page, "admin-permissions");
    await field("root_groups_editors_0").check();
    await button(/Submit|Update/).click();
    await says("Bucket permissions updated.");
    const { body } = await store.get("/buckets/library", { headers: AUTHORIZATION });
    expect(JSON.stringify(body.permissions)).toContain("/buckets/library/groups/editors");
    watched.expectClean();
  });

  it("leaves patterns of a schema to the server", async () => {
    const host = { type: "string", pattern: "^(a+)+$" };
    await createCollection("patterns", { type: "object", properties: { host } });
    await go("/buckets/schemas/collections/patterns/records/create");
    await field("root_host").fill(`${"a".repeat(50)}!`);
    await button("Create record").click();
    await says(/host.*pattern/);
    watched.expectClean({ texts: ["400"] });
    await field("root_host").fill("aaa");
    await button("Create record").click();
    await says("Record created.");
  });

  it("offers the JSON of records if their schema has no form", async () => {
    const node = { type: "object", properties: { child: { $ref: "#/definitions/node" } }, required: ["child"] };
    await createCollection("self", { type: "object", $ref: "#" });
    await createCollection("nodes", { $ref: "#/definitions/node", definitions: { node } });
    for (const name of ["self", "nodes"]) {
      await go(`/buckets/schemas/collections/${name}/records/create`);
      await says("The schema of this collection cannot be shown as a form.");
    }
    await link("Edit raw JSON").click();
    await watched.page.locator(".CodeMirror").waitFor();
    await createCollection("columns", { type: "object" }, { displayFields: [5] });
    await store.post("/buckets/schemas/collections/columns/records", {}, { headers: AUTHORIZATION });
    await go("/buckets/schemas/collections/columns/records");
    await link("Go to the first page.").click();
    await link(/Create bucket/).waitFor();
    watched.expectClean({ texts: ["Maximum call stack", "is not a function", "Could not find a definition for #"] });
  });

  it("deletes a collection and a bucket", async () => {
    await go(`${BOOKS}/attributes`);
    await watched.page.locator(".border-danger input").fill("books");
    await button(/Delete collection/).click();
    await says("Collection deleted.");
    await go("/buckets/library/attributes");
    await watched.page.locator(".border-danger input").fill("library");
    await button(/Delete bucket/).click();
    await says("Bucket deleted.");
    expect((await store.get("/buckets/library", { headers: AUTHORIZATION })).status).toBe(403);
    watched.expectClean();
  });

  it("signs in by basic authentication and by OpenID", async () => {
    await logOut();
    await signIn("Basic Auth");
    await field("root_credentials_username").fill("bob");
    await field("root_credentials_password").fill("secret");
    await button(/^Sign in/).click();
    await says(/basicauth:/);
    await logOut();
    await signIn("OpenID Connect (Google)");
    await button(/^Sign in/).click();
    await says("google:ada");
    watched.expectClean({ origins: [provider.issuer] });
  });

  it("says why a login fails", async () => {
    await logOut();
    await signIn("Kinto Account Auth");
    await field("root_credentials_username").fill("ada");
    await field("root_credentials_password").fill("wrong");
    await button(/^Sign in/).click();
    await says("Authentication failed.");
    watched.expectClean({ texts: ["Could not authenticate"] });
  });

  it("runs no script of records and files", async () => {
    const ada = { headers: AUTHORIZATION };
    const books = "/buckets/gallery/collections/books";
    const everyone = { read: ["system.Everyone"] };
    const run = "document.title = 'A script ran.'";
    await store.put("/buckets/gallery", { permissions: everyone }, ada);
    await store.put(books, { data: { displayFields: ["title"], sort: "title" } }, ada);
    for (const title of [`<img src=x onerror="${run}">`, `javascript:${run}//https://example.org/`])
      await store.post(`${books}/records`, { data: { title } }, ada);
    const form = new FormData();
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${run}"><script>${run}</script></svg>`;
    form.append("attachment", new Blob([svg], { type: "image/svg+xml" }), "drawing.svg");
    const sent = new Request(store.url, { method: "POST", body: form });
    const type = sent.headers.get("content-type") ?? "";
    const { status, body } = await store.post(`${books}/records/drawing/attachment`, await sent.bytes(), {
      headers: { ...AUTHORIZATION, "content-type": type },
    });
    expect(status).toBe(201);

    const { page, context } = await openPage(browser);
    await page.goto(`${store.url}/admin/#${books}/records`);
    await page.getByRole("button", { name: /^Sign in/ }).waitFor();
    await page.getByRole("radio", { name: "Anonymous" }).check();
    await page.getByRole("button", { name: /^Sign in/ }).click();
    await page.getByRole("link", { name: /^javascript:/ }).click();
    const file = await context.newPage();
    // A browser may show the file, or save it.
    await file.goto(new URL(body.location, store.url).href).catch(() => undefined);
    for (const one of context.pages()) expect(await one.title()).not.toBe("A script ran.");
    await page.getByText("<img src=x").waitFor();
    await context.close();
  });
});
