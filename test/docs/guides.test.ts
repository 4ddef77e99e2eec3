import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { storeHookPoints } from "@kintoun/kit";
import { createExampleFolder, guideExamples, writeModules } from "./examples.ts";

const root = join(import.meta.dirname, "../..");
const read = (page: string): string => readFileSync(join(root, "docs", page), "utf8");

const folder = createExampleFolder();
const examples = guideExamples();
writeModules(folder, examples);

describe("docs", () => {
  it.each(examples)("$page has an example that passes: $name", async ({ file }) => {
    expect.hasAssertions();
    await import(pathToFileURL(join(folder, file)).href);
  });
});

describe("docs/guides/search-plugin.md", () => {
  it.each(["indexer.ts", "mapping.ts", "index.ts"])("shows %s as the test of the tutorial runs it", (file) => {
    const source = readFileSync(join(root, "test/tutorials/search-plugin", file), "utf8");
    expect(read("guides/search-plugin.md")).toContain(`// kinto-elasticsearch/${file}\n${source}\`\`\``);
  });
});

describe("docs/guides/notes-app.md", () => {
  it.each([
    ["html", "index.html"],
    ["js", "store.js"],
    ["js", "app.js"],
  ])("shows in %s what the browser tests run: %s", (language, file) => {
    const source = readFileSync(join(root, "examples/notes", file), "utf8");
    expect(read("guides/notes-app.md")).toContain(`\`\`\`${language}\n${source}\`\`\``);
  });
});

describe("docs/guides/coming-from-elita.md", () => {
  const rows = [...read("guides/coming-from-elita.md").matchAll(/^\| `([A-Z_]+)` \| (.*?) \| .+ \|$/gm)];

  it("has a row for each hook of Elita", () => {
    expect(rows.map(([, name]) => name)).toEqual([
      "BUILD_UPLOAD_SUCCESS",
      "GITDEPLOY_INIT_PRE",
      "GITDEPLOY_INIT_POST",
      "GITDEPLOY_DEINIT_PRE",
      "GITDEPLOY_DEINIT_POST",
      "GITDEPLOY_COMMIT_DIFF",
      "AUTO_DEPLOYMENT_START",
      "AUTO_DEPLOYMENT_BATCH_BEGIN",
      "AUTO_DEPLOYMENT_BATCH_DONE",
      "AUTO_DEPLOYMENT_COMPLETE",
    ]);
  });

  it("names only hook points that exist", () => {
    const named = rows.flatMap(([, , ours = ""]) =>
      [...ours.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name = ""]) => name),
    );

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !Object.hasOwn(storeHookPoints, name))).toEqual([]);
  });
});
