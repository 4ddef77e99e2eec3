import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../config/user-error.ts";
import { OPTIONAL_PEERS } from "./layout.ts";

/** The oldest Node that runs TypeScript sources, such as `kintoun.config.ts` and the tests of plugins. */
const NODE_VERSION = ">=22.18";

type Versions = Readonly<Record<string, string>>;

/** The fields of a package.json of the repository that are used here. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
}

export const readManifest = async (folder: string): Promise<SourceManifest> =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8"));

/** What a package imports. */
export interface PackageImports {
  /** Packages, at run time. */
  readonly run: ReadonlySet<string>;
  /** Packages, for type checks. `node:` stands for Node's own modules. */
  readonly types: ReadonlySet<string>;
}

/**
 * A package.json that depends on the packages that the files import, at the versions that the repository is tested with.
 * @param own the packages of this repository that it may import, with their versions
 */
export const describePackage = (
  { name, version, description, license }: SourceManifest,
  root: SourceManifest,
  { run, types }: PackageImports,
  own: Versions,
) => {
  const pinned: Versions = { ...root.devDependencies, ...root.dependencies, ...own };
  const isPinned = (dependency: string): boolean => Object.hasOwn(pinned, dependency);
  const withTypes = (dependency: string): string[] => {
    const found = [dependency, `@types/${dependency.replace(/^@(.+)\//, "$1__")}`].filter(isPinned);
    return found.length === 0 ? [dependency] : found;
  };
  const names = [...new Set([...run, ...[...types].filter((one) => one !== "node:").flatMap(withTypes)])].toSorted();
  const missing = names.filter((dependency) => !isPinned(dependency));
  if (missing.length > 0)
    throw new UserError(missing.map((one) => `${name} imports ${one}, which package.json does not list.`));
  const versions = (chosen: readonly string[]): Versions =>
    Object.fromEntries(chosen.map((dependency) => [dependency, pinned[dependency] as string]));
  const peers = names.filter((one) => OPTIONAL_PEERS.includes(one));
  return {
    name,
    version,
    description,
    license,
    type: "module",
    engines: { node: NODE_VERSION },
    dependencies: {
      ...versions(names.filter((one) => !peers.includes(one))),
      // A program has one version of Node's types, which the user chooses.
      ...(types.has("node:") && { "@types/node": "*" }),
    },
    ...(peers.length > 0 && {
      peerDependencies: Object.fromEntries(Object.entries(versions(peers)).map(([one, at]) => [one, `^${at}`])),
      peerDependenciesMeta: Object.fromEntries(peers.map((one) => [one, { optional: true }])),
    }),
  };
};

/** An entry of `exports`. @param file without its ending */
export const toExport = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
