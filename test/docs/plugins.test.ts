import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "@jest/globals";
import { PARTS } from "../../kit/parts/index.ts";
import { findTypeIssues } from "./find-type-issues.ts";

/**
 * Runs the examples of docs/plugins: each `ts` block whose first line is `// example: <name>` is a module that imports
 * what it uses and expects something.
 */
const root = join(import.meta.dirname, "../..");
const folderOfPages = join(root, "docs/plugins");
const pages = readdirSync(folderOfPages).filter((page) => page.endsWith(".md"));
/** Pages whose code is tested elsewhere: test/cli/plugin-new.test.ts, test/docs/webhooks.test.ts. */
const PAGES_WITHOUT_EXAMPLES = ["webhooks.md", "writing.md"];

const read = (page: string): string => readFileSync(join(folderOfPages, page), "utf8");

const examples = pages.flatMap((page) =>
  [...read(page).matchAll(/^```ts\n(\/\/ example: (.*)\n[\s\S]*?)^```$/gm)].map(([, source = "", name = ""]) => ({
    page,
    name,
    source,
    file: `${page.slice(0, -".md".length)}.${name.replace(/[^\w-]/g, "_")}.ts`,
  })),
);

// A folder of the checkout, so that imports of the examples are found.
mkdirSync(join(root, ".kintoun"), { recursive: true });
const folder = mkdtempSync(join(root, ".kintoun/examples-"));
for (const { file, source } of examples) writeFileSync(join(folder, file), source);
// The plugin that the example of README.md tests.
const [, firstPlugin = ""] = /^```ts\n(\/\/ plugins\/hello\/index\.ts\n[\s\S]*?)^```$/m.exec(read("README.md")) ?? [];
writeFileSync(join(folder, "index.ts"), firstPlugin);
afterAll(() => rmSync(folder, { recursive: true }));

describe("docs/plugins", () => {
  it.each(examples)("$page has an example that passes: $name", async ({ file }) => {
    expect.hasAssertions();
    await import(pathToFileURL(join(folder, file)).href);
  });

  it("has an example on each page, and no two of one name on a page", () => {
    const files = examples.map(({ file }) => file);

    expect(files).toEqual([...new Set(files)]);
    expect(pages.filter((page) => !examples.some((example) => example.page === page))).toEqual(PAGES_WITHOUT_EXAMPLES);
  });

  it("has examples that type-check", async () => {
    expect(await findTypeIssues(folder)).toBe("");
  }, 120_000);

  it("lists each part of a plugin in README.md", () => {
    const [, table = ""] = read("README.md").split("## What do you want to do?");

    expect(Object.keys(PARTS).filter((part) => !new RegExp(`\`${part}[\`.]`).test(table))).toEqual([]);
  });
});
