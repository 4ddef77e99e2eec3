/** @slow */

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { docstringModules, readExports } from "./docstrings.ts";
import {
  createExampleFolder,
  firstPlugin,
  guideExamples,
  infraExamples,
  pluginExamples,
  writeModules,
} from "./examples.ts";

const root = join(import.meta.dirname, "../..");
const symbols = readExports();
const folder = createExampleFolder();
const modules = [
  ...guideExamples(),
  ...infraExamples(),
  ...pluginExamples(),
  { file: "index.ts", source: firstPlugin() },
  ...docstringModules(symbols),
];
writeModules(folder, modules);

describe("the exports of @kintoun/kit and @kintoun/testing", () => {
  it.each(symbols.map((symbol) => ({ ...symbol })))(
    "$from: $name has a docstring with an example",
    ({ documentation, examples }) => {
      expect(documentation.length).toBeGreaterThan(0);
      expect(examples.length).toBeGreaterThan(0);
    },
  );

  it("have an API reference that typedoc generates without warnings", async () => {
    const typedoc = join(root, "node_modules/typedoc/bin/typedoc");

    const { stdout } = await promisify(execFile)(process.execPath, [typedoc, "--emit", "none"], { cwd: root });

    expect(stdout).not.toContain("warning");
  }, 120_000);
});

describe("the examples of docs and docstrings", () => {
  it("type-check", async () => {
    const settings = {
      extends: "../../tsconfig.json",
      // Docstrings' examples import every export, types included.
      compilerOptions: { verbatimModuleSyntax: false, isolatedModules: false },
      include: ["*.ts"],
      exclude: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const checker = join(root, "node_modules/oxlint/bin/oxlint");
    const files = modules.map(({ file }) => join(folder, file));

    const issues = await promisify(execFile)(process.execPath, [checker, "--no-ignore", ...files], { cwd: root }).then(
      () => "",
      ({ stdout }) => stdout,
    );

    expect(issues).toBe("");
  }, 120_000);
});
