import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";

/**
 * Runs what docs/plugins shows. Every fenced `ts` block whose first line is `// example: <name>` is a module of its own, run as a test of its own:
 * it imports what it uses, `expect` from "@jest/globals" among it, and passes when it comes to its end having expected something.
 */
const root = join(import.meta.dirname, "../..");
const pages = join(root, "docs/plugins");
/** Pages about no part of a plugin; their commands are run elsewhere. */
const WITHOUT = ["README.md", "writing.md", "webhooks.md"];

const examples = readdirSync(pages)
  .filter((page) => page.endsWith(".md"))
  .flatMap((page) =>
    [...readFileSync(join(pages, page), "utf8").matchAll(/^```ts\n(\/\/ example: (.*)\n[\s\S]*?)^```$/gm)].map(
      ([, source = "", name = ""]) => ({
        page,
        name,
        source,
      }),
    ),
  );

// In a folder of the checkout, for what they import; in the one that nobody looks for sources in.
const data = join(root, ".kintoun");
mkdirSync(data, { recursive: true });
const folder = mkdtempSync(join(data, "examples-"));
const fileOf = ({ page, name }: { page: string; name: string }) =>
  join(folder, `${page.slice(0, -".md".length)}.${name.replace(/[^\w-]/g, "_")}.ts`);
for (const example of examples) writeFileSync(fileOf(example), example.source);
// The file of the plugin that an example of README.md tests.
const [, firstPlugin = ""] =
  /^```ts\n(\/\/ plugins\/hello\/index\.ts\n[\s\S]*?)^```$/m.exec(readFileSync(join(pages, "README.md"), "utf8")) ?? [];
writeFileSync(join(folder, "index.ts"), firstPlugin);
afterAll(() => rmSync(folder, { recursive: true }));

describe("an example of the docs about plugins", () => {
  it.each(examples)("does what $page says: $name", async (example) => {
    expect.hasAssertions();
    await import(pathToFileURL(fileOf(example)).href);
  });
});

describe("the examples of the docs about plugins", () => {
  it("are each other's unlike by name, and there is one at least for each part", () => {
    const files = examples.map(fileOf);
    expect(new Set(files).size).toBe(files.length);
    const shown = new Set([...examples.map(({ page }) => page), ...WITHOUT]);
    expect(readdirSync(pages).filter((page) => page.endsWith(".md") && !shown.has(page))).toEqual([]);
  });

  it("have the types that they should", async () => {
    const settings = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const flaws = await promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder }).then(
      () => "",
      ({ stdout }) => stdout,
    );
    expect(flaws).toBe("");
  });
});
