import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { ERRORS, Failure } from "../../core/errors.ts";
import { RESOURCES } from "../../core/resources.ts";
import { parseSearch } from "../../core/search/request.ts";
import type { Plugin } from "../../kit/plugin.ts";
import type { JsonObject } from "../../lib/json.ts";
import { accounts } from "../../plugins/accounts/index.ts";
import { attachments } from "../../plugins/attachments/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { console as consolePlugin } from "../../plugins/console/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { history } from "../../plugins/history/index.ts";
import { openid } from "../../plugins/openid/index.ts";
import { search } from "../../plugins/search/index.ts";
import { tokens } from "../../plugins/tokens/index.ts";
import { commandOutput } from "../cli/run-command.ts";
import { ALLOWED_DIFFERENCES } from "../conformance/kinto/differences.ts";
import { startStore } from "../start-store.ts";
import { examplesOf } from "./http-page.ts";
import { Placeholders, runExample } from "./run-example.ts";

const EXAMPLE_PROVIDER = { example: { issuer: "https://id.example.org", clientId: "kintoun" } };
const shop = definePlugin({
  name: "shop",
  about: "Ships orders.",
  listeners: {
    ship: {
      on: ["record.create"],
      retries: 1,
      run: ({ new: order }) => {
        if (order?.address === undefined) throw new Error("The order has no address");
      },
    },
  },
});

/** The plugins that pages describe. */
const PAGE_PLUGINS: Readonly<Record<string, () => readonly Plugin[]>> = {
  "accounts.md": () => [
    accounts({
      createPrincipals: ["system.Everyone"],
      writePrincipals: ["account:admin"],
      mail: { from: "store@example.org", codes: true },
    }),
  ],
  "attachments.md": () => [attachments()],
  "history.md": () => [history()],
  "operations.md": () => [shop(), consolePlugin({ administrators: ["system.Authenticated"] })],
  "openid.md": () => [openid({ providers: EXAMPLE_PROVIDER })],
  "tokens.md": () => [tokens()],
};

const FOLDER = join(import.meta.dirname, "../../docs/http-api");
const PAGES = readdirSync(FOLDER).filter((page) => page.endsWith(".md"));
const read = (page: string): string => readFileSync(join(FOLDER, page), "utf8");

describe("docs/http-api", () => {
  it.each(PAGES)(
    "%s shows the responses that a store gives",
    async (page) => {
      const plugins = [...(PAGE_PLUGINS[page]?.() ?? []), basicauth(), defaultBucket(), search()];
      let store = await startStore({ plugins, retryAfter: () => 0 });
      let placeholders = new Placeholders();
      try {
        const examples = examplesOf(read(page));
        expect(examples.length).toBeGreaterThan(0);
        for (const example of examples) {
          if (example.settings !== undefined) {
            await store.close();
            store = await startStore({ plugins, settings: example.settings });
            placeholders = new Placeholders();
          }
          if (/\/search$|__operations__/.test(example.request.path)) await store.drain();
          await runExample(store.url, example, placeholders);
        }
      } finally {
        await store.close();
      }
    },
    30_000,
  );

  it("README.md shows a command with its output", async () => {
    const [, command = "", output = ""] =
      /^```sh\n([\s\S]*?)^```\n```json\n([\s\S]*?)^```$/m.exec(read("README.md")) ?? [];
    await using store = await startStore();

    const actual = JSON.parse(await commandOutput(command.replace("http://localhost:8888/v1", store.url), FOLDER));

    expect(actual).toEqual(new Placeholders().resolveJson(JSON.parse(output), actual));
  });

  it("README.md links every page", () => {
    const readme = read("README.md");
    const missing = PAGES.filter((page) => page !== "README.md" && !readme.includes(`](${page})`));

    expect(missing).toEqual([]);
  });

  it.each(ALLOWED_DIFFERENCES.flatMap(({ row }) => row ?? []))("lists the difference from Kinto: %s", (row) => {
    const tables = PAGES.map((page) => read(page).split("## Differences from Kinto")[1] ?? "");

    expect(tables.filter((table) => table.includes(`| ${row} |`))).toHaveLength(1);
  });

  it("errors.md lists every error with its status, errno and title", () => {
    const rows = [...read("errors.md").matchAll(/^\| (\d{3}) \| (\d{3}) \| ([\w ]+) \|/gm)];

    expect(rows.map(([, status, errno, title]) => `${status} ${errno} ${title}`).toSorted()).toEqual(
      Object.values(ERRORS)
        .map(([status, errno, title]) => `${status} ${errno} ${title}`)
        .toSorted(),
    );
  });

  it("permissions.md lists the permissions of each kind of object", () => {
    const [, section = ""] = read("permissions.md").split("## Permissions of each object");
    const rows = [...section.matchAll(/^\| (bucket|group|collection|record) \| (.*) \|$/gm)].map(
      ([, name, cell = ""]) => [name, [...cell.matchAll(/`([\w:]+)`/g)].map(([, permission]) => permission).toSorted()],
    );

    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.values(RESOURCES.core).map(({ name, permissions }) => [name, permissions.toSorted()])),
    );
  });

  it("search.md has a section for every clause, and a row for every field of a request", () => {
    const page = read("search.md");
    const clauses = supported({ query: { unknown: {} } });
    const fields = supported({ unknown: {} });

    expect(clauses.length).toBeGreaterThan(10);
    expect(clauses.filter((clause) => !new RegExp(`^### (\\w+, )?${clause}\\b`, "m").test(page))).toEqual([]);
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter((field) => !new RegExp(`^\\| .*\`${field}\``, "m").test(page))).toEqual([]);
  });

  it("aggregations.md has a section for every kind of aggregation", () => {
    const page = read("aggregations.md");
    const kinds = supported({ aggs: { it: { unknown: {} } } });

    expect(kinds.length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => !new RegExp(`^###? (\\w+, )*${kind}\\b`, "m").test(page))).toEqual([]);
  });
});

/** The names that a search accepts where it has `unknown`, from the message that refuses it. */
const supported = (body: JsonObject): readonly string[] => {
  try {
    parseSearch(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return /: ([a-z_]+(?:, [a-z_]+)+)/.exec(error.message)?.[1]?.split(", ") ?? [];
  }
  return [];
};
