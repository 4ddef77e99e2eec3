import { join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "../..");
const packages = { "@kintoun/kit": "kit/index.ts", "@kintoun/testing": "testing/index.ts" };

/** What examples in docstrings may use without declaring it. */
const AMBIENT: Readonly<Record<string, string>> = {
  hello: "() => Plugin",
  store: "TestStore",
  event: "ChangeEvent",
  log: "Log",
  data: "Data",
  engine: "SearchEngine",
  index: "string",
  response: "Response",
};

export interface ExportedSymbol {
  readonly from: string;
  readonly name: string;
  readonly documentation: string;
  readonly examples: readonly string[];
}

/** Reads the exported symbols of both packages with their docstrings. */
export const readExports = (): readonly ExportedSymbol[] => {
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

/** Converts each example to a module that imports all that it does not declare. */
export const docstringModules = (symbols: readonly ExportedSymbol[]): { file: string; source: string }[] =>
  symbols.flatMap(({ from, name, examples }, position) =>
    examples.map((example, index) => ({
      file: `${from.split("/")[1]}.${position}.${name}.${index}.ts`,
      source: toModule(example, symbols),
    })),
  );

const toModule = (example: string, symbols: readonly ExportedSymbol[]): string => {
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
