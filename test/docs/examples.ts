import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "@jest/globals";

const docs = join(import.meta.dirname, "../../docs");
const dataFolder = join(import.meta.dirname, "../../.kintoun");

/** A `ts` block of a page whose first line is `// example: <name>`. It is a module that imports what it uses. */
export interface Example {
  /** Path of the page, relative to `docs/`. */
  readonly page: string;
  readonly name: string;
  readonly source: string;
  /** Name of the module's file. */
  readonly file: string;
}

const examplesOf = (page: string): Example[] =>
  [...readFileSync(join(docs, page), "utf8").matchAll(/^```ts\n(\/\/ example: (.*)\n[\s\S]*?)^```$/gm)].map(
    ([, source = "", name = ""]) => ({
      page,
      name,
      source,
      file: `${page.slice(0, -".md".length)}.${name}`.replace(/[^\w-]/g, "_").concat(".ts"),
    }),
  );

export const guideExamples = (): Example[] =>
  globSync("{guides,contributing}/**/*.md", { cwd: docs }).flatMap(examplesOf);

/** Examples of CDK apps, which take long to run: `test/infra/kintoun.test.ts` does what they do. */
export const infraExamples = (): Example[] => examplesOf("operations/your-own-project.md");

export const pluginPages = (): string[] => readdirSync(join(docs, "plugins")).filter((page) => page.endsWith(".md"));

export const pluginExamples = (): Example[] => pluginPages().flatMap((page) => examplesOf(`plugins/${page}`));

/** The plugin of docs/plugins/README.md, which the example of that page imports as `./index.ts`. */
export const firstPlugin = (): string =>
  /^```ts\n(\/\/ plugins\/hello\/index\.ts\n[\s\S]*?)^```$/m.exec(
    readFileSync(join(docs, "plugins/README.md"), "utf8"),
  )?.[1] ?? "";

/** Creates a folder within the checkout, so that imports of examples resolve. It is removed after the test file. */
export const createExampleFolder = (): string => {
  mkdirSync(dataFolder, { recursive: true });
  const folder = mkdtempSync(join(dataFolder, "examples-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Writes modules to a folder. */
export const writeModules = (folder: string, modules: readonly Pick<Example, "file" | "source">[]): void => {
  for (const { file, source } of modules) writeFileSync(join(folder, file), source);
};
