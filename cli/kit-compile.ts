import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { UserError } from "../config/user-error.ts";

/** What compiled files import from npm: package or Node's own modules, as they are written. */
export interface CompiledImports {
  /** When they run. */
  readonly run: ReadonlySet<string>;
  /** When they are type-checked. */
  readonly types: ReadonlySet<string>;
}

/** Compiles what the entries lead to into JavaScript and its types. @param entries from the root on */
export const compileKit = (root: string, entries: readonly string[], to: string): CompiledImports => {
  const file = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: entries }, ts.sys, root);
  const program = ts.createProgram(
    entries.map((entry) => resolve(root, entry)),
    { ...options, noEmit: false, declaration: true, rewriteRelativeImportExtensions: true, rootDir: root, outDir: to },
  );
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (diagnostics.length > 0)
    throw new UserError(["The kit does not compile:", ...diagnostics.map((diagnostic) => told(diagnostic, root))]);

  const files = readdirSync(to, { recursive: true, encoding: "utf8" });
  const importsOf = (ending: string): ReadonlySet<string> =>
    new Set(
      files
        .filter((name) => name.endsWith(ending))
        .flatMap((name) =>
          ts
            .preProcessFile(readFileSync(join(to, name), "utf8"), true, true)
            .importedFiles.map(({ fileName }) => fileName),
        )
        .filter((name) => !name.startsWith(".")),
    );
  return { run: importsOf(".js"), types: importsOf(".d.ts") };
};

const told = (diagnostic: ts.Diagnostic, root: string): string =>
  ts
    .formatDiagnostic(diagnostic, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => "\n",
    })
    .trim();
