import { readdirSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { npm } from "../cli/run-npm.ts";
import { findClients } from "../pages-build/clients.mjs";
import { compileScripts } from "./compile-scripts.ts";
import { compileTypes } from "./compile-types.ts";
import { type CompiledPackage, PACKAGE_NAMES, PROGRAMS, packageOf, TYPED_ENTRIES } from "./layout.ts";
import { describePackage, readManifest, toExport } from "./manifest.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Builds and packs all npm packages. @returns the packed files */
export const packPackages = async (to: string): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), "kintoun-packages-"));
  try {
    await mkdir(to, { recursive: true });
    const folders = await buildPackages(folder);
    await Promise.all(folders.map((one) => npm(["pack", "--silent", "--pack-destination", to], one)));
    const manifests = await Promise.all(folders.map(readManifest));
    return manifests.map(({ name, version }) => join(to, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`));
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Writes the packages into folders of their own. @returns the folders: the kit, the store, the testing kit, the generator */
const buildPackages = async (to: string): Promise<readonly string[]> => {
  const plugins = readdirSync(join(ROOT, "plugins")).map((name) => `plugins/${name}/index.ts`);
  const [scripts, types] = await Promise.all([
    compileScripts(ROOT, [...PROGRAMS, ...TYPED_ENTRIES, ...plugins]),
    compileTypes(ROOT, [...TYPED_ENTRIES, ...plugins]),
  ]);
  const [root, kit, testing, create] = await Promise.all(
    [ROOT, ...["kit", "testing", "create"].map((folder) => join(ROOT, folder))].map(readManifest),
  );
  if (root === undefined || kit === undefined || testing === undefined || create === undefined)
    throw new TypeError("A package.json is missing.");
  const own = { [kit.name]: kit.version, [root.name]: root.version };
  const importsOf = (name: CompiledPackage) => ({ run: scripts.imports[name], types: types.imports[name] });
  const folders = Object.fromEntries(
    [...Object.keys(PACKAGE_NAMES), "create"].map((name) => [name, join(to, name)]),
  ) as Record<keyof typeof PACKAGE_NAMES | "create", string>;

  for (const name of ["kit", "kintoun"] as const)
    await writeFiles(
      folders[name],
      [...scripts.files, ...types.files].filter(([path]) => packageOf(path) === name),
    );
  await writePackage(folders.kit, "kit", {
    ...describePackage(kit, root, importsOf("kit"), own),
    sideEffects: ["./lib/json.js"],
    exports: { ".": toExport("kit/index"), "./internal/*.js": toExport("*"), "./package.json": "./package.json" },
  });

  await writeFiles(folders.kintoun, reExport("index", PACKAGE_NAMES.kit));
  for (const { files } of findClients(ROOT))
    await cp(files, join(folders.kintoun, relative(ROOT, files)), { recursive: true });
  await writePackage(folders.kintoun, ".", {
    ...describePackage(root, root, importsOf("kintoun"), own),
    sideEffects: false,
    bin: { kintoun: "cli/project.js" },
    exports: {
      ".": toExport("index"),
      "./plugins/*": toExport("plugins/*/index"),
      "./testing": toExport("testing/index"),
      "./infra": toExport("infra/index"),
      "./package.json": "./package.json",
    },
    optionalDependencies: root.optionalDependencies,
  });

  await writeFiles(folders.testing, reExport("index", `${root.name}/testing`));
  await writePackage(folders.testing, "testing", {
    ...describePackage(testing, root, { run: new Set([root.name]), types: new Set() }, own),
    sideEffects: false,
    exports: { ".": toExport("index"), "./package.json": "./package.json" },
  });

  await cp(join(ROOT, "create"), folders.create, { recursive: true });
  await copyFile(join(ROOT, "LICENSE"), join(folders.create, "LICENSE"));
  return Object.values(folders);
};

/** A module that exports what another one exports. */
const reExport = (file: string, from: string): readonly (readonly [string, string])[] =>
  ["js", "d.ts"].map((ending) => [`${file}.${ending}`, `export * from "${from}";\n`] as const);

const writeFiles = async (folder: string, files: Iterable<readonly [path: string, text: string]>): Promise<void> => {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

/** Writes what a package has beside its code. @param source the folder of the repository with its README */
const writePackage = async (folder: string, source: string, manifest: object): Promise<void> => {
  await writeFiles(folder, [["package.json", `${JSON.stringify(manifest, null, 2)}\n`]]);
  await copyFile(join(ROOT, source, "README.md"), join(folder, "README.md"));
  await copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
};
