import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import ts from "typescript";
import { UserError } from "../config/user-error.ts";

/** The folders that belong to @kintoun/kit. Everything else that the entries import belongs to @kintoun/testing. */
const KIT_FOLDERS = ["core", "kit", "lib"];

/** The modules that compiled files import by name: npm packages, or Node's own modules. */
export interface CompiledImports {
  /** At run time. */
  readonly run: ReadonlySet<string>;
  /** For type checks. */
  readonly types: ReadonlySet<string>;
}

/**
 * Compiles the entries and their imports to JavaScript with types. Types are checked as far as declarations need, since
 * `npm run types` checks them all.
 * @param entries relative to the root
 */
export const compileSources = (root: string, entries: readonly string[], to: string): void => {
  const file = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: entries }, ts.sys, root);
  const program = ts.createProgram(
    entries.map((entry) => resolve(root, entry)),
    {
      ...options,
      noCheck: true,
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: root,
      outDir: to,
    },
  );
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (diagnostics.length > 0)
    throw new UserError(["The kit does not compile:", ...diagnostics.map((one) => formatDiagnostic(one, root))]);
};

/**
 * Copies compiled files to the `dist` folders of two packages. Files of @kintoun/testing import the kit's files by
 * `@kintoun/kit/internal/…`, so that both packages share the same classes.
 * @returns the imports of each package
 */
export const splitPackages = (
  compiled: string,
  to: { readonly kit: string; readonly testing: string },
): { readonly kit: CompiledImports; readonly testing: CompiledImports } => {
  const imports = { kit: createImports(), testing: createImports() };
  const files = readdirSync(compiled, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(js|json|d\.ts)$/.test(name),
  );
  for (const name of files) {
    const owner = isKitFile(name) ? "kit" : "testing";
    let text = readFileSync(join(compiled, name), "utf8");
    if (!name.endsWith(".json")) {
      const found = ts.preProcessFile(text, true, true).importedFiles;
      for (const { fileName, pos } of found.toReversed()) {
        const target = posix.join(posix.dirname(name), fileName);
        if (!fileName.startsWith(".")) imports[owner][name.endsWith(".js") ? "run" : "types"].add(fileName);
        else if (owner === "testing" && isKitFile(target)) {
          imports.testing.run.add("@kintoun/kit");
          // `pos` is that of the opening quote. Types keep the sources' endings.
          const start = pos + 1;
          const specifier = `@kintoun/kit/internal/${target.replace(/\.ts$/, ".js")}`;
          text = text.slice(0, start) + specifier + text.slice(start + fileName.length);
        }
      }
    }
    const file = join(to[owner], "dist", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return imports;
};

const createImports = () => ({ run: new Set<string>(), types: new Set<string>() });

const isKitFile = (path: string): boolean => KIT_FOLDERS.includes(path.split("/")[0] ?? "");

const formatDiagnostic = (diagnostic: ts.Diagnostic, root: string): string =>
  ts
    .formatDiagnostic(diagnostic, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => "\n",
    })
    .trim();
