import { posix } from "node:path";
import { build, type Plugin } from "esbuild";
import { PACKAGE_NAMES, packageOf, toSpecifier } from "./layout.ts";

/** Compiled files by their paths, and the packages that each package imports at run time. */
export interface Compiled {
  readonly files: ReadonlyMap<string, string>;
  readonly imports: Readonly<Record<"kit" | "kintoun", ReadonlySet<string>>>;
}

/** JSON that the sources read about themselves is in each package. */
const MANIFEST = "package.json";

/**
 * Compiles sources, and all that they import, to JavaScript: each file to one of its own, so that packages can share files.
 * @param entries relative to the root
 */
export const compileScripts = async (root: string, entries: readonly string[]): Promise<Compiled> => {
  const files = new Map<string, string>();
  const imports = { kit: new Set<string>(), kintoun: new Set<string>() };
  let pending = [...entries];
  while (pending.length > 0) {
    const found = new Set<string>();
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: pending,
      outbase: root,
      outdir: root,
      write: false,
      bundle: true,
      treeShaking: false,
      format: "esm",
      platform: "node",
      target: "node22.18",
      logLevel: "warning",
      plugins: [leaveImports(root, imports, found)],
    });
    for (const { path, text } of outputFiles) files.set(posix.relative(root, path), text);
    pending = [...found].filter((path) => !files.has(path.replace(/\.ts$/, ".js")));
  }
  return { files, imports };
};

/** Leaves imports to Node, at the places where the files are in their packages. */
const leaveImports = (root: string, imports: Compiled["imports"] & object, found: Set<string>): Plugin => ({
  name: "leave-imports",
  setup: ({ onResolve }) => {
    onResolve({ filter: /./ }, ({ kind, path, importer }) => {
      if (kind === "entry-point") return undefined;
      const from = posix.relative(root, importer);
      if (!path.startsWith(".")) {
        if (!path.startsWith("node:")) (imports[packageOf(from)] as Set<string>).add(toPackageName(path));
        return { path, external: true };
      }
      const to = posix.join(posix.dirname(from), path);
      if (to === MANIFEST) return { path, external: true };
      found.add(to);
      if (packageOf(from) !== packageOf(to))
        (imports[packageOf(from)] as Set<string>).add(PACKAGE_NAMES[packageOf(to)]);
      return { path: toSpecifier(from, to, path), external: true };
    });
  },
});

/** `@scope/name` or `name` of a specifier. */
export const toPackageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
