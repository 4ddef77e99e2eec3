import { FUNCTIONS } from "../config/functions.ts";

/** The npm packages, by the names of their folders in the build. */
export const PACKAGE_NAMES = { kit: "@kintoun/kit", kintoun: "kintoun", testing: "@kintoun/testing" } as const;

/** A package that contains compiled sources. */
export type CompiledPackage = "kit" | "kintoun";

/** The folders of `@kintoun/kit`. Everything else belongs to `kintoun`. */
const KIT_FOLDERS = ["core", "kit", "lib"];

/** The package that a source belongs to. @param path relative to the root of the repository */
export const packageOf = (path: string): CompiledPackage =>
  KIT_FOLDERS.includes(path.split("/")[0] ?? "") ? "kit" : "kintoun";

/** Where `kintoun` reaches files of the kit that the kit does not export to plugins. */
const INTERNAL = `${PACKAGE_NAMES.kit}/internal/`;

/**
 * The specifier by which a compiled file imports another source.
 * @param from the source that imports
 * @param to the source that is imported
 * @param relative the specifier as it is written
 */
export const toSpecifier = (from: string, to: string, relative: string): string => {
  const compiled = (path: string): string => path.replace(/\.ts$/, ".js");
  return packageOf(from) === packageOf(to) ? compiled(relative) : INTERNAL + compiled(to);
};

/** The programs and constructs of `kintoun`, from which all of its files are reached, beside its plugins. */
export const PROGRAMS = [
  "cli/project.ts",
  "cli/main.ts",
  "testing/index.ts",
  "infra/index.ts",
  "infra/bundle-main.ts",
  ...Object.keys(FUNCTIONS).map((name) => `functions/${name}/main.ts`),
  "adapters/search/sqlite/search-thread.ts",
];

/** What packages export with types, beside the plugins. */
export const TYPED_ENTRIES = ["kit/index.ts", "testing/index.ts", "infra/index.ts"];

/** Packages that only deployments and the example need. Users install them if they use these. */
export const OPTIONAL_PEERS = ["aws-cdk-lib", "constructs", "esbuild", "world-countries"];
