import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { JSDOM } from "jsdom";
import { commandOutput } from "../cli/run-command.ts";
import { type Started, startedEmptyKintoun } from "../cli/start-kintoun.ts";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/guides/first-app.md"), "utf8");
const blocks = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);

/** A browser with the guide's page. Two pages of one `storage` share what they keep. */
const openPage = (store: Started, storage: IDBFactory) => {
  const [html = ""] = blocks("html");
  const script = `<script>${readFileSync(join(root, "node_modules/kinto/dist/kinto.min.js"), "utf8")}</script>`;
  const page = html
    .replace(/<script src="https:\/\/unpkg\.com\/kinto@[\d.]+\/dist\/kinto\.min\.js"><\/script>/, () => script)
    .replaceAll("http://localhost:8888/v1", store.url);
  const state = { isOnline: true };
  const { window } = new JSDOM(page, {
    runScripts: "dangerously",
    url: "https://app.example.org/tasks.html",
    beforeParse: (window) => {
      const request: typeof fetch = (...args) =>
        state.isOnline ? fetch(...args) : Promise.reject(new TypeError("Failed to fetch"));
      Object.assign(window, { indexedDB: storage, IDBKeyRange, fetch: request, Headers, structuredClone });
    },
  });
  const element = (id: string) => window.document.getElementById(id) as HTMLElement;
  return {
    state,
    status: () => element("status").textContent,
    tasks: () => [...element("list").children].map(({ textContent }) => textContent),
    add: (title: string) => {
      (element("title") as HTMLInputElement).value = title;
      element("add").dispatchEvent(new window.Event("submit", { cancelable: true }));
    },
    toggle: (title: string) => {
      const item = [...element("list").children].find(({ textContent }) => textContent?.includes(title));
      (item as HTMLElement).click();
    },
    sync: () => {
      element("status").textContent = "";
      element("sync").click();
    },
    close: () => window.close(),
  };
};

const until = async <T>(read: () => T, expected: T): Promise<void> => {
  for (let tries = 0; tries < 800 && JSON.stringify(read()) !== JSON.stringify(expected); tries++)
    await new Promise((resolve) => setTimeout(resolve, 25));
  expect(read()).toEqual(expected);
};

describe("docs/guides/first-app.md", () => {
  let store: Started;
  let page: ReturnType<typeof openPage>;
  let other: ReturnType<typeof openPage>;
  const run = (command: string) => commandOutput(command.replaceAll("http://localhost:8888/v1", store.url), root);

  beforeAll(async () => {
    store = await startedEmptyKintoun(["--port", "0", "--memory"]);
    await run(blocks("sh")[0] ?? "");
    page = openPage(store, new IDBFactory());
    await until(page.status, "Sent 0, received 0.");
  }, 120_000);
  afterAll(async () => {
    page.close();
    other?.close();
    await store.end("SIGTERM");
  });

  it("keeps new tasks in the browser, and sends them when it syncs", async () => {
    page.add("Buy milk");
    await until(page.tasks, ["☐ Buy milk"]);
    page.add("Call Bob");
    await until(page.tasks, ["☐ Buy milk", "☐ Call Bob"]);
    page.sync();
    await until(page.status, "Sent 2, received 0.");

    const [, list = ""] = blocks("sh");
    const titles = JSON.parse(await run(list)).data.map(({ title }: { title: string }) => title);
    expect(titles.toSorted()).toEqual(["Buy milk", "Call Bob"]);
  });

  it("shows the tasks in another browser", async () => {
    other = openPage(store, new IDBFactory());

    await until(other.tasks, ["☐ Buy milk", "☐ Call Bob"]);
  });

  it("works offline, and sends the changes later", async () => {
    page.state.isOnline = false;
    page.toggle("Call Bob");
    await until(page.tasks, ["☐ Buy milk", "☑ Call Bob"]);
    page.sync();
    await until(() => page.status()?.slice(0, 10), "Not synced");

    page.state.isOnline = true;
    page.sync();
    await until(page.status, "Sent 1, received 0.");
    other.sync();
    await until(other.tasks, ["☐ Buy milk", "☑ Call Bob"]);
  });

  it("merges a task that changed on both sides", async () => {
    const [, , change = ""] = blocks("sh");
    other.toggle("Call Bob");
    await until(other.tasks, ["☐ Buy milk", "☐ Call Bob"]);
    other.sync();
    await until(other.status, "Sent 1, received 0.");
    page.sync();
    await until(page.tasks, ["☐ Buy milk", "☐ Call Bob"]);

    const { data } = JSON.parse(await run(change));
    expect(data).toMatchObject({ title: "Changed elsewhere", done: false });
    page.toggle("Call Bob");
    await until(page.tasks, ["☐ Buy milk", "☑ Call Bob"]);
    page.sync();

    await until(page.tasks, ["☐ Buy milk", "☑ Changed elsewhere"]);
    other.sync();
    await until(other.tasks, ["☐ Buy milk", "☑ Changed elsewhere"]);
  });
});
