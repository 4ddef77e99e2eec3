import { UserError } from "../config/user-error.ts";
import type { CompiledImports } from "./kit-compile.ts";

/** The parts of a package.json that are read or written here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
}

type Versions = Readonly<Record<string, string>>;

/** The oldest Node that runs sources as they are, which is how a plugin's tests are run. */
const NODE = ">=22.18";

/** The package.json of the published kit: it depends on what its files import, at the versions that the checkout is tested with. */
export const kitManifest = (kit: Manifest, root: Manifest, { run, types }: CompiledImports) => {
  const pinned: Versions = { ...root.devDependencies, ...root.dependencies };
  const isPinned = (name: string): boolean => Object.hasOwn(pinned, name);
  const withTypes = (name: string): string[] => {
    const found = [name, `@types/${name.replace(/^@(.+)\//, "$1__")}`].filter(isPinned);
    return found.length === 0 ? [name] : found;
  };
  const names = [...new Set([...packages(run), ...packages(types).flatMap(withTypes)])];
  const missing = names.filter((name) => !isPinned(name));
  if (missing.length > 0)
    throw new UserError(missing.map((name) => `The kit imports ${name}, which package.json does not name.`));
  const dependencies = names.map((name) => [name, pinned[name] as string] as const);
  // Node's types are one for a whole program: whoever uses the kit chooses them.
  const node = [...types].some((name) => name.startsWith("node:")) ? [["@types/node", "*"] as const] : [];
  return {
    name: kit.name,
    version: kit.version,
    description: kit.description,
    license: kit.license,
    type: "module",
    engines: { node: NODE },
    exports: Object.fromEntries(Object.entries(kit.exports ?? {}).map(([name, entry]) => [name, compiled(entry)])),
    files: ["dist"],
    dependencies: Object.fromEntries([...dependencies, ...node].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    optionalDependencies: root.optionalDependencies,
  };
};

const compiled = (entry: string) => {
  const file = `./dist/kit/${entry.replace(/^\.\//, "").replace(/\.ts$/, "")}`;
  return { types: `${file}.d.ts`, default: `${file}.js` };
};

/** `@scope/name` or `name`, of what is imported from it; Node's own modules are none. */
const packages = (imports: Iterable<string>): string[] =>
  [...imports]
    .filter((name) => !name.startsWith("node:"))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
