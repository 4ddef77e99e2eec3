import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../config/user-error.ts";
import { type CompiledImports, compileSources, splitPackages } from "./kit-compile.ts";
import { npm } from "./run-npm.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** The oldest Node that runs TypeScript sources, as plugins' tests do. */
const NODE_VERSION = ">=22.18";

type Versions = Readonly<Record<string, string>>;

/** The fields of a package.json that are used here. */
interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
}

/** Builds the npm packages @kintoun/kit and @kintoun/testing. @returns the packages' files */
export const packPackages = async (to: string): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), "kintoun-pack-"));
  try {
    const folders = { kit: join(folder, "kit"), testing: join(folder, "testing") };
    compileSources(ROOT, ["kit/index.ts", "testing/index.ts"], join(folder, "compiled"));
    const imports = splitPackages(join(folder, "compiled"), folders);
    const [root, kit, testing] = await Promise.all([readManifest("."), readManifest("kit"), readManifest("testing")]);
    await mkdir(to, { recursive: true });
    await writePackage("kit", folders.kit, {
      ...describePackage(kit, root, imports.kit),
      exports: { ".": toExport("kit/index"), "./internal/*.js": toExport("*") },
    });
    await writePackage("testing", folders.testing, {
      ...describePackage(testing, root, imports.testing, { [kit.name]: kit.version }),
      exports: { ".": toExport("testing/index") },
      optionalDependencies: root.optionalDependencies,
    });
    for (const source of Object.values(folders)) await npm(["pack", "--silent", "--pack-destination", to], source);
    return [kit, testing].map(({ name, version }) => join(to, `${name.slice(1).replace("/", "-")}-${version}.tgz`));
  } finally {
    await rm(folder, { recursive: true });
  }
};

const readManifest = async (folder: string): Promise<PackageManifest> =>
  JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));

const writePackage = async (source: string, folder: string, manifest: object): Promise<void> => {
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(ROOT, source, "README.md"), join(folder, "README.md"));
  await copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
};

const toExport = (file: string) => ({ types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` });

/**
 * A package.json that depends on the packages that the files import, at the versions that the checkout is tested
 * with.
 */
const describePackage = (
  { name, version, description, license }: PackageManifest,
  root: PackageManifest,
  { run, types }: CompiledImports,
  own: Versions = {},
) => {
  const pinned: Versions = { ...root.devDependencies, ...root.dependencies, ...own };
  const isPinned = (dependency: string): boolean => Object.hasOwn(pinned, dependency);
  const withTypes = (dependency: string): string[] => {
    const found = [dependency, `@types/${dependency.replace(/^@(.+)\//, "$1__")}`].filter(isPinned);
    return found.length === 0 ? [dependency] : found;
  };
  const names = [...new Set([...packagesOf(run), ...packagesOf(types).flatMap(withTypes)])].filter(
    (one) => one !== name,
  );
  const missing = names.filter((dependency) => !isPinned(dependency));
  if (missing.length > 0)
    throw new UserError(missing.map((one) => `${name} imports ${one}, which package.json does not list.`));
  const dependencies = names.map((dependency) => [dependency, pinned[dependency] as string] as const);
  // A program has one version of Node's types, which the plugin chooses.
  const node = [...types].some((one) => one.startsWith("node:")) ? [["@types/node", "*"] as const] : [];
  return {
    name,
    version,
    description,
    license,
    type: "module",
    engines: { node: NODE_VERSION },
    files: ["dist"],
    dependencies: Object.fromEntries([...dependencies, ...node].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
};

/** The packages of imports: `@scope/name` or `name`. Node's own modules are not packages. */
const packagesOf = (imports: Iterable<string>): string[] =>
  [...imports]
    .filter((name) => !name.startsWith("node:"))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
