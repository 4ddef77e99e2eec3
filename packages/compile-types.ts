import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../config/user-error.ts";
import { type Compiled, toPackageName } from "./compile-scripts.ts";
import { PACKAGE_NAMES, packageOf, toSpecifier } from "./layout.ts";

/** TypeScript 7, which needs a third of the time of the version that the API reference and new plugins use. */
const COMPILER = "node_modules/typescript-7/bin/tsc";

/** Where declarations name another module. */
const SPECIFIER = /(\bfrom |\bimport\()"([^"]+)"/g;

/**
 * Makes the declarations of entries, and of all that these name. Types are checked as far as declarations need, since
 * `npm run types` checks them all.
 * @param entries relative to the root
 */
export const compileTypes = async (root: string, entries: readonly string[]): Promise<Compiled> => {
  const folder = await mkdtemp(join(tmpdir(), "kintoun-types-"));
  try {
    await runCompiler(root, entries, folder);
    return await collectDeclarations(folder, entries);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const runCompiler = async (root: string, entries: readonly string[], to: string): Promise<void> => {
  const config = join(to, "tsconfig.json");
  const compilerOptions = {
    noCheck: true,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: to,
    typeRoots: [join(root, "node_modules/@types")],
    // The compiler emits nothing of what it finds in node_modules first, where workspaces are linked.
    paths: {
      [PACKAGE_NAMES.kit]: [join(root, "kit/index.ts")],
      [PACKAGE_NAMES.testing]: [join(root, "testing/index.ts")],
    },
  };
  const files = entries.map((entry) => join(root, entry));
  await writeFile(
    config,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }),
  );
  try {
    await promisify(execFile)(process.execPath, [join(root, COMPILER), "-p", config]);
  } catch (error) {
    throw new UserError(["The packages do not compile:", String((error as { stdout?: string }).stdout ?? error)]);
  }
};

/** Reads the declarations that are reached, with specifiers that are right in their packages. */
const collectDeclarations = async (folder: string, entries: readonly string[]): Promise<Compiled> => {
  const files = new Map<string, string>();
  const imports = { kit: new Set<string>(), kintoun: new Set<string>() };
  const pending = [...entries];
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    const name = source.replace(/\.ts$/, ".d.ts");
    if (files.has(name)) continue;
    const from = source;
    const owner = packageOf(from);
    const written = await readFile(join(folder, name), "utf8");
    const text = written.replaceAll(SPECIFIER, (_, keyword: string, specifier: string) => {
      if (!specifier.startsWith(".")) {
        imports[owner].add(specifier.startsWith("node:") ? "node:" : toPackageName(specifier));
        return `${keyword}"${specifier}"`;
      }
      const to = posix.join(posix.dirname(from), specifier);
      pending.push(to);
      if (owner !== packageOf(to)) imports[owner].add(PACKAGE_NAMES[packageOf(to)]);
      return `${keyword}"${toSpecifier(from, to, specifier)}"`;
    });
    files.set(name, text);
  }
  return { files, imports };
};
