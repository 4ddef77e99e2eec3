import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";
import ts from "typescript";

const root = join(import.meta.dirname, "../..");
const packages = { "@kintoun/kit": "kit/index.ts", "@kintoun/testing": "testing/index.ts" };

/** What examples may use without declaring it. */
const AMBIENT: Readonly<Record<string, string>> = {
  hello: "() => Plugin",
  store: "TestStore",
  event: "ChangeEvent",
  log: "Log",
  data: "Data",
  engine: "SearchEngine",
  index: "string",
  request: "ReturnType<typeof parseSearch>",
  response: "Response",
};

interface ExportedSymbol {
  readonly from: string;
  readonly name: string;
  readonly documentation: string;
  readonly examples: readonly string[];
}

/** The exported symbols of both packages with their docstrings. */
const readExports = (): readonly ExportedSymbol[] => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const files = Object.values(packages).map((file) => join(root, file));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return Object.entries(packages).flatMap(([from, file]) => {
    const source = program.getSourceFile(join(root, file));
    const symbol = source && checker.getSymbolAtLocation(source);
    return (symbol === undefined ? [] : checker.getExportsOfModule(symbol)).map((exported) => {
      const target = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return {
        from,
        name: exported.name,
        documentation: ts.displayPartsToString(target.getDocumentationComment(checker)),
        examples: target
          .getJsDocTags(checker)
          .filter(({ name }) => name === "example")
          .map(({ text }) => ts.displayPartsToString(text).replaceAll(/^```\w*$/gm, "")),
      };
    });
  });
};

const symbols = readExports();

const data = join(root, ".kintoun");
mkdirSync(data, { recursive: true });
const folder = mkdtempSync(join(data, "kit-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An example as a module that imports all that it does not declare. */
const toModule = (example: string): string => {
  const declared = new Set([
    ...[...example.matchAll(/\b(?:const|let|using|class|type|interface|function)\s+(\w+)/g)].map(
      ([, name]) => name ?? "",
    ),
    ...[...example.matchAll(/\bconst\s+[[{]([^=]*?)[\]}]\s*=/g)].flatMap(([, names = ""]) => names.split(/\W+/)),
  ]);
  const imports = Object.keys(packages).map((from) => {
    const names = symbols.filter((one) => one.from === from && !declared.has(one.name)).map(({ name }) => name);
    return `import { ${names.join(", ")} } from "${from}";`;
  });
  const ambient = Object.entries(AMBIENT)
    .filter(([name]) => !declared.has(name))
    .map(([name, type]) => `declare const ${name}: ${type};`);
  return [
    ...imports,
    'import { expect } from "@jest/globals";',
    'import * as z from "zod";',
    ...ambient,
    example,
    "export {};",
  ].join("\n");
};

describe("the exports of @kintoun/kit and @kintoun/testing", () => {
  it.each(symbols.map(({ from, name }) => [from, name]))("%s: %s has a docstring with an example", (from, name) => {
    const { documentation, examples } = symbols.find((one) => one.from === from && one.name === name) as ExportedSymbol;

    expect(documentation.length).toBeGreaterThan(0);
    expect(examples.length).toBeGreaterThan(0);
  });

  it("have examples that compile", async () => {
    for (const [position, { from, name, examples }] of symbols.entries())
      for (const [index, example] of examples.entries())
        writeFileSync(join(folder, `${from.split("/")[1]}.${position}.${name}.${index}.ts`), toModule(example));
    const settings = {
      extends: "../../tsconfig.json",
      compilerOptions: { verbatimModuleSyntax: false, isolatedModules: false },
      include: ["*.ts"],
      exclude: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const compiler = join(root, "node_modules/typescript/bin/tsc");

    const errors = await promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder }).then(
      () => "",
      ({ stdout }) => stdout,
    );

    expect(errors).toBe("");
  }, 120_000);

  it("have an API reference that typedoc generates without warnings", async () => {
    const typedoc = join(root, "node_modules/typedoc/bin/typedoc");

    const { stdout } = await promisify(execFile)(process.execPath, [typedoc, "--emit", "none"], { cwd: root });

    expect(stdout).not.toContain("warning");
  }, 120_000);
});
