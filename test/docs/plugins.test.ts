/** @slow */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { PARTS } from "../../kit/parts/index.ts";
import { createExampleFolder, firstPlugin, pluginExamples, pluginPages, writeModules } from "./examples.ts";

/** Pages whose code is tested elsewhere: test/cli/plugin-new.test.ts, test/docs/webhooks.test.ts. */
const PAGES_WITHOUT_EXAMPLES = ["webhooks.md", "writing.md"];

const examples = pluginExamples();
const folder = createExampleFolder();
writeModules(folder, [...examples, { file: "index.ts", source: firstPlugin() }]);

describe("docs/plugins", () => {
  it.each(examples)("$page has an example that passes: $name", async ({ file }) => {
    expect.hasAssertions();
    await import(pathToFileURL(join(folder, file)).href);
  });

  it("has an example on each page, and no two of one name on a page", () => {
    const files = examples.map(({ file }) => file);
    const withExamples = new Set(examples.map(({ page }) => page));

    expect(files).toEqual([...new Set(files)]);
    expect(pluginPages().filter((page) => !withExamples.has(`plugins/${page}`))).toEqual(PAGES_WITHOUT_EXAMPLES);
  });

  it("lists each part of a plugin in README.md", () => {
    const page = join(import.meta.dirname, "../../docs/plugins/README.md");
    const [, table = ""] = readFileSync(page, "utf8").split("## What do you want to do?");

    expect(Object.keys(PARTS).filter((part) => !new RegExp(`\`${part}[\`.]`).test(table))).toEqual([]);
  });
});
